//! What search engines may list, what may be kept, and who learns an address: for every page of the
//! table.

use actix_web::http::Method;
use stature::access::Role;
use stature::routes;
use stature::web::exposure::Exposure;

use crate::support::TestApp;

/// Written for everybody.
const FINDABLE: [&str; 5] = [
    "/privacy",
    "/accessibility",
    "/figures",
    "/figures/{number}",
    "/figures/{number}/figures.{format}",
];

/// Their address is a secret.
const SECRET: [&str; 1] = ["/set-password/{token}"];

#[test]
fn only_what_is_written_for_everybody_may_be_found() {
    for route in routes::table() {
        let expected = if FINDABLE.contains(&route.path) {
            Exposure::Findable
        } else if SECRET.contains(&route.path) {
            Exposure::Secret
        } else {
            Exposure::Private
        };
        assert_eq!(route.exposure, expected, "{} {}", route.method, route.path);
    }
}

/// Publishes figures for everybody as release 1.
fn published(test: &TestApp) {
    crate::releases::two_forms(test, 900_101);
    let make = [
        "release",
        "make",
        "--audience",
        "public",
        "--years",
        "2026-27",
    ];
    test.run(&make).done();
    test.run(&["release", "publish", "1"]).done();
}

/// The headers of an answer that decide who comes across it: cache, referrer, robots, and the
/// `robots` of the page.
type Told = (String, String, String, bool);

fn told(test: &TestApp, cookie: Option<&str>, path: &str) -> (u16, Told) {
    let client = reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let mut request = client.get(format!("{}{path}", test.address));
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let response = request.send().unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (cache, referrer, robots) = (
        header("cache-control"),
        header("referrer-policy"),
        header("x-robots-tag"),
    );
    let status = response.status().as_u16();
    let html = response.text().unwrap_or_default();
    let meta = html.contains(r#"<meta name="robots" content="noindex">"#);
    (status, (cache, referrer, robots, meta))
}

/// The cookie of somebody who signs in.
fn signed_in(test: &TestApp, role: Role) -> String {
    let email = test.account(role, &[900_101], &[]);
    let client = reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let response = client
        .post(format!("{}/sign-in", test.address))
        .form(&[
            ("email", email.as_str()),
            ("password", crate::support::PASSWORD),
        ])
        .send()
        .unwrap();
    let cookies = response.headers().get_all("set-cookie");
    cookies
        .iter()
        .map(|cookie| {
            cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect::<Vec<_>>()
        .join("; ")
}

fn as_path(pattern: &str) -> String {
    pattern
        .replace("{format}", "csv")
        .replace("{sample}", "healthy_weight")
        .split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn public_figures_may_be_indexed_and_everything_else_says_noindex() {
    let test = start_or_skip!(Sqlite);
    published(&test);
    let school = signed_in(&test, Role::School);
    for route in routes::table() {
        if route.method != Method::GET {
            continue;
        }
        let path = as_path(route.path);
        let (status, (cache, referrer, robots, meta)) = told(&test, None, &path);
        let is_page = status == 200 && !route.path.contains("{format}");
        if FINDABLE.contains(&route.path) {
            assert_eq!(status, 200, "{path}");
            let found = (cache.as_str(), referrer.as_str(), robots.as_str(), meta);
            let expected = ("no-cache", "strict-origin-when-cross-origin", "", false);
            assert_eq!(found, expected, "{path}");
        } else {
            let origin = if SECRET.contains(&route.path) {
                "no-referrer"
            } else {
                "same-origin"
            };
            let found = (cache.as_str(), referrer.as_str(), robots.as_str());
            assert_eq!(found, ("no-store", origin, "noindex"), "{path}");
            assert!(meta || !is_page, "{path}");
        }
        // What somebody who is signed in sees is theirs, at whatever address.
        let (_, (cache, _, robots, _)) = told(&test, Some(&school), &path);
        assert_eq!(
            (cache.as_str(), robots.as_str()),
            ("no-store", "noindex"),
            "{path}"
        );
    }
    // An error at a public address is no page to be found.
    let (status, (cache, _, robots, meta)) = told(&test, None, "/figures/1/figures.exe");
    assert_eq!(
        (status, cache.as_str(), robots.as_str(), meta),
        (404, "no-store", "noindex", true)
    );
    // Nor is the way to the sign-in page of figures that are not for everybody.
    let (status, (cache, _, robots, _)) = told(&test, None, "/figures/99");
    assert_eq!(
        (status, cache.as_str(), robots.as_str()),
        (303, "no-store", "noindex")
    );
}

#[test]
fn the_invented_figures_of_a_demonstration_are_not_to_be_found() {
    let test = TestApp::start_with(backend_or_skip!(Sqlite), |web| web.demo = true);
    let (status, (cache, _, robots, meta)) = told(&test, None, "/privacy");
    assert_eq!(
        (status, cache.as_str(), robots.as_str(), meta),
        (200, "no-store", "noindex", true)
    );
}
