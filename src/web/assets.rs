//! Serves the embedded styles, scripts and pictures.

use actix_web::http::header;
use actix_web::{HttpResponse, guard, web};

use crate::templates::assets::{VERSION, content};

/// Adds the one route that serves all files; it needs no permission.
pub fn configure(config: &mut web::ServiceConfig) {
    let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    config.route("/assets/{version}/{name}", route.to(serve));
}

/// Serves one embedded file.
///
/// A version that is not this build's is answered too, because a page loaded
/// before an upgrade still asks for it, but may then not be kept.
async fn serve(path: web::Path<(String, String)>) -> HttpResponse {
    let (version, name) = path.into_inner();
    let Some(content) = content(&name) else {
        return HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("There is no such file.");
    };
    let caching = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    HttpResponse::Ok()
        .content_type(content_type(&name))
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(content)
}

/// The media type by the name's ending; only endings that are embedded occur.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::assets::{FILES, address};

    #[test]
    fn the_files_that_pages_name_are_embedded() {
        for name in [
            "nhsuk-frontend.css",
            "nhsuk-frontend.js",
            "stature.css",
            "page.js",
            "icon.svg",
        ] {
            assert!(address(name).is_some(), "{name}");
        }
        assert_eq!(address("secret.txt"), None);
    }

    #[test]
    fn every_embedded_file_has_a_media_type_of_its_own() {
        for (name, _) in FILES {
            assert_ne!(content_type(name), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn nothing_embedded_is_fetched_from_another_server() {
        for (name, content) in FILES {
            let text = String::from_utf8_lossy(content);
            assert!(!text.contains("url(http"), "{name}");
            assert!(!text.contains("sourceMappingURL"), "{name}");
        }
    }

    /// How long an answer may be kept.
    fn caching(answer: &HttpResponse) -> Option<&str> {
        answer.headers().get(header::CACHE_CONTROL)?.to_str().ok()
    }

    #[actix_web::test]
    async fn this_builds_files_may_be_kept_for_a_year_and_others_may_not() {
        let current = serve(web::Path::from((VERSION.clone(), "stature.css".into()))).await;
        assert_eq!(current.status(), 200);
        assert_eq!(
            caching(&current),
            Some("public, max-age=31536000, immutable")
        );
        let old = serve(web::Path::from(("0".into(), "stature.css".into()))).await;
        assert_eq!(caching(&old), Some("no-cache"));
        let missing = serve(web::Path::from((VERSION.clone(), "missing.css".into()))).await;
        assert_eq!(missing.status(), 404);
    }
}
