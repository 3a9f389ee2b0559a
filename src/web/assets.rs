//! Styles, scripts and pictures, embedded in the binary and served from it.
//!
//! The one thing to know: the address of a file holds the hash of all of them
//! (`/assets/HASH/NAME`), so browsers may keep what they fetched for a year
//! and a new build is fetched at once. Files refer to each other relatively.

use actix_web::http::header;
use actix_web::{HttpResponse, guard, web};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// What `build.rs` gathered from npm and from `assets/`: names and contents,
/// in the order of the names.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The first 16 hexadecimal digits of the hash over every file's name and content.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for (name, content) in FILES {
        hasher.update(name.as_bytes());
        hasher.update([0]);
        hasher.update(Sha256::digest(content));
    }
    let mut version = String::with_capacity(16);
    for byte in &hasher.finalize()[..8] {
        // Writing to a String cannot fail.
        let _ = write!(version, "{byte:02x}");
    }
    version
});

/// The address of an embedded file, or `None` when no such file is embedded.
pub fn address(name: &str) -> Option<String> {
    content(name).map(|_| format!("/assets/{}/{name}", *VERSION))
}

/// An embedded file's bytes.
fn content(name: &str) -> Option<&'static [u8]> {
    FILES
        .iter()
        .find_map(|(known, content)| (*known == name).then_some(*content))
}

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
