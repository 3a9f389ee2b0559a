//! Every route with every role, and with none.

use std::fmt::Write as _;

use actix_web::http::Method;
use chrono::NaiveDate;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::{Permission, Role};
use stature::audit::Actor;
use stature::db::schema::letter;
use stature::{db, routes, settings};

use crate::support::{Browser, ChildSpec, Page, TestApp};

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
        let ask = |browser: &Browser| match route.method {
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

/// A school, with a child, the child's letter and a roster that the school sent.
struct Place {
    urn: i32,
    family_name: &'static str,
    child: i64,
    letter: i64,
    roster: String,
}

impl Place {
    fn new(test: &TestApp, urn: i32, authority: &str, family_name: &'static str) -> Self {
        test.school(urn, authority);
        let child = test.child(ChildSpec {
            family_name,
            school: urn,
            ..ChildSpec::default()
        });
        let measured_on = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
        test.measure(child, 1412, 34_500, measured_on);
        test.run(&["letters", "prepare"]).done();
        let letter = test
            .db()
            .read_now(|tx| -> Result<i64, db::Error> {
                let of_child = letter::table.filter(letter::pupil_id.eq(child));
                Ok(of_child.select(letter::id).first(tx)?)
            })
            .unwrap();
        let list = format!(
            "URN,Given name,Family name,Date of birth,Sex,Year group\n\
             {urn},Ada,{family_name},2016-03-15,F,6\n"
        );
        let sent = test
            .signed_in(Role::School, &[urn], &[])
            .get("/school/rosters/new")
            .fill("Academic year", "2026-27")
            .attach("The list", "list.csv", list.as_bytes())
            .press("Send")
            .status(200);
        Self {
            urn,
            family_name,
            child,
            letter,
            roster: sent.url.rsplit('/').next().unwrap().to_owned(),
        }
    }

    /// The route's path for what is this school's; `None` if nothing of one school stands in it.
    fn path(&self, pattern: &str) -> Option<String> {
        let path = pattern
            .replace("/children/{id}", &format!("/children/{}", self.child))
            .replace("/record/{id}", &format!("/record/{}", self.child))
            .replace("/letters/{id}", &format!("/letters/{}", self.letter))
            .replace("/rosters/{id}", &format!("/rosters/{}", self.roster))
            .replace("{urn}", &self.urn.to_string());
        (path != pattern).then_some(path)
    }

    /// Whether a page names the school or its child.
    fn is_on(&self, page: &Page) -> bool {
        page.says(&format!("School {}", self.urn)) || page.says(self.family_name)
    }
}

/// What somebody limited to one school or authority gets of their own, of another school in the
/// same authority, and of another authority: a status, or whether a page without a school in its
/// path names it.
#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_is_of_another_school_or_authority_is_not_found(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.db()
        .write_now(|tx| {
            let now = test.app.clock.now();
            settings::put(tx, &Actor::command("test"), now, "letters.delay", "none")
        })
        .unwrap();
    let places = [
        Place::new(&test, 900_101, "999", "Ownson"),
        Place::new(&test, 900_102, "999", "Nearby"),
        Place::new(&test, 900_201, "998", "Faraway"),
    ];
    let mut matrix = format!(
        "{:<4} {:<34} {:<10} {:<6} {:<13} other authority\n",
        "", "", "role", "own", "other school"
    );
    for role in Role::ALL
        .into_iter()
        .filter(|role| !role.sees_every_school())
    {
        let browser = match role {
            Role::Authority => test.signed_in(role, &[], &["999"]),
            Role::School => test.browser_of_account(&format!("{role}.900101@example.org")),
            _ => test.signed_in(role, &[900_101], &[]),
        };
        let reachable = if role == Role::Authority { 2 } else { 1 };
        for route in routes::table() {
            if !role.may(route.permission) || route.permission == Permission::Public {
                continue;
            }
            let cells: Vec<String> = places
                .iter()
                .filter_map(|place| {
                    let method = route.method.as_str();
                    cell(&browser, method, route.path, &places[0], place)
                })
                .collect();
            let [own, school, authority] = cells.as_slice() else {
                continue;
            };
            for refused in &cells[reachable..] {
                assert!(
                    matches!(refused.as_str(), "404" | "-"),
                    "{} {} for {role}: {refused}",
                    route.method,
                    route.path
                );
            }
            writeln!(
                matrix,
                "{:<4} {:<34} {:<10} {own:<6} {school:<13} {authority}",
                route.method.as_str(),
                route.path,
                role.code()
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!("what_is_of_another_school", matrix);
}

/// What a browser gets by a route of a place; `None` for a form that is of no school, and for
/// letters sent together, whose numbers say nothing of a school (see `letters::runs`).
fn cell(
    browser: &Browser,
    method: &str,
    pattern: &str,
    own: &Place,
    place: &Place,
) -> Option<String> {
    match (method, place.path(pattern)) {
        ("GET", Some(path)) => Some(browser.get(&path).status.to_string()),
        (_, Some(path)) => {
            let fields = fields_of(browser, &own.path(pattern)?);
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .chain([("decision", "hold")])
                .collect();
            let answer = browser.get("/account").send_to(&path, &fields);
            Some(answer.status.to_string())
        }
        ("GET", None) if !pattern.contains('{') => {
            let page = browser.get(pattern);
            Some(if place.is_on(&page) { "shown" } else { "-" }.to_owned())
        }
        _ => None,
    }
}

/// What stands in the form that is sent to `path`, on the page there or on the one above it.
fn fields_of(browser: &Browser, path: &str) -> Vec<(String, String)> {
    let above = path.rsplit_once('/').map_or("/", |(above, _)| above);
    [path, above]
        .into_iter()
        .map(|address| browser.get(address))
        .filter(|page| page.status == 200)
        .flat_map(|page| page.forms())
        .find(|(to, _)| to == path)
        .map(|(_, fields)| fields)
        .unwrap_or_default()
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
