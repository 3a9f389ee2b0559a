//! Every route with every role, and with none.

use std::fmt::Write as _;

use actix_web::http::Method;
use rstest::rstest;
use stature::access::{Permission, Role};
use stature::routes;

use crate::support::TestApp;

/// The matrix as it is meant to be, to be read by people: `tests/integration/snapshots/`.
#[test]
fn the_matrix_of_routes_and_roles_is_the_one_that_was_agreed() {
    let mut matrix = String::new();
    for route in routes::table() {
        let who = if route.permission == Permission::Public {
            "everybody".to_owned()
        } else {
            let roles: Vec<&str> = Role::ALL
                .into_iter()
                .filter(|role| role.may(route.permission))
                .map(Role::code)
                .collect();
            roles.join(" ")
        };
        writeln!(
            matrix,
            "{:<4} {:<50} {:<16} {who}",
            route.method.as_str(),
            route.path,
            format!("{:?}", route.permission)
        )
        .unwrap();
    }
    insta::assert_snapshot!(matrix);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_route_answers_those_who_may_and_nobody_else(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    let anonymous = test.browser();
    let browsers: Vec<_> = Role::ALL
        .into_iter()
        .map(|role| (role, test.signed_in_anywhere(role)))
        .collect();
    for route in routes::table() {
        // What ends the session would end the test's.
        if route.path == "/sign-out" {
            continue;
        }
        let path = sample_path(route.path);
        let ask = |browser: &crate::support::Browser| match route.method {
            Method::GET => browser.get(&path),
            _ => browser.post(&path, &[]),
        };
        let page = ask(&anonymous);
        if route.permission == Permission::Public {
            assert_ne!(page.status, 403, "{} {path} is public", route.method);
        } else {
            assert!(
                page.url.starts_with("/sign-in"),
                "{} {path} answers a stranger: {}",
                route.method,
                page.status
            );
        }
        for (role, browser) in &browsers {
            let page = ask(browser);
            let refused = page.status == 403;
            assert_eq!(
                refused,
                !role.may(route.permission),
                "{} {path} for {role}: {} {}",
                route.method.as_str(),
                page.status,
                page.text()
            );
            assert!(
                page.status < 500,
                "{} {path} for {role}: {}",
                route.method,
                page.text()
            );
            if route.method == Method::POST && !refused {
                assert!(
                    matches!(page.status, 400 | 404 | 409),
                    "{path} takes a form without the session's token: {}",
                    page.status
                );
            }
        }
    }
    assert!(test.mail().is_empty(), "a refusal sent mail");
}

/// A path with something in its variable parts.
pub(crate) fn sample_path(pattern: &str) -> String {
    let mut path = String::new();
    for part in pattern.split_inclusive('}') {
        match part.split_once('{') {
            None => path.push_str(part),
            Some((before, name)) => {
                path.push_str(before);
                path.push_str(match name.trim_end_matches('}') {
                    "urn" => "900101",
                    "label" | "year" => "2026-27",
                    "code" => "999",
                    _ => "1",
                });
            }
        }
    }
    path
}
