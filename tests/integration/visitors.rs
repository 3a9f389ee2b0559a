//! What somebody who is not signed in can make the service do.

use rstest::rstest;
use stature::accounts::Hashing;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use stature::access::Role;

use crate::support::{PASSWORD, TestApp};

#[test]
fn a_flood_of_sign_ins_is_refused_with_a_time_to_come_back() {
    let test = start_or_skip!(Sqlite);
    let email = test.account(Role::Nurse, &[], &[]);
    let hashing = test.app.part::<Hashing>();
    let mut turns: Vec<Pin<Box<dyn Future<Output = bool> + '_>>> = Vec::new();
    // Twenty have a turn or wait for one.
    for _ in 0..20 {
        let turn = hashing.turn();
        turns.push(Box::pin(async move {
            let turn = turn.await;
            std::future::pending::<()>().await;
            turn.is_some()
        }));
    }
    let mut context = Context::from_waker(Waker::noop());
    for turn in &mut turns {
        assert!(turn.as_mut().poll(&mut context).is_pending());
    }
    let page = test.browser().get("/sign-in");
    let page = page
        .fill("Email address", &email)
        .fill("Password", PASSWORD);
    let refused = page
        .press("Sign in")
        .status(503)
        .shows("Very many people are signing in");
    assert!(refused.html.contains("<main"));
    // A link that does not work costs no turn.
    test.browser()
        .post(
            "/set-password/unknown",
            &[("password", "four blue herons fly")],
        )
        .status(410)
        .shows("has been used or is too old");
    drop(turns);
    page.press("Sign in").status(200);
}

#[test]
fn a_network_that_sends_too_many_forms_waits_and_others_do_not() {
    let test = TestApp::start_with(backend_or_skip!(Sqlite), |web| {
        web.anonymous_forms_a_minute = 3;
    });
    let email = test.account(Role::Nurse, &[], &[]);
    let flood = test.browser_at("192.0.2.7");
    let send = || flood.post("/set-password/unknown", &[("password", "x")]);
    for _ in 0..3 {
        send().status(410);
    }
    send().status(429).shows("Wait 20 seconds");
    test.browser_at("192.0.2.8")
        .get("/sign-in")
        .fill("Email address", &email)
        .fill("Password", PASSWORD)
        .press("Sign in")
        .status(200);
    test.app.clock.advance(chrono::Duration::seconds(20));
    send().status(410);
    send().status(429);
}

#[test]
fn a_form_that_trickles_in_is_ended() {
    let test = TestApp::start_with(backend_or_skip!(Sqlite), |web| {
        web.form_deadline = Duration::from_millis(200);
    });
    let address = test.address.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    connection
        .write_all(
            b"POST /sign-in HTTP/1.1\r\n\
            host: stature\r\n\
            content-type: application/x-www-form-urlencoded\r\n\
            content-length: 1000\r\n\r\n\
            email=",
        )
        .unwrap();
    // The rest never comes; the server answers and hangs up by itself.
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_question_about_a_page_is_answered_as_the_page_is(#[case] test: TestApp) {
    let browser = test.signed_in(Role::Monitor, &[], &[]);
    assert_eq!(browser.head("/progress"), (200, 0));
    assert_eq!(browser.head("/account"), (200, 0));
    assert_eq!(browser.head("/accounts"), (403, 0));
    assert_eq!(browser.head("/nothing"), (404, 0));
    assert_eq!(test.browser().head("/sign-in"), (200, 0));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_upload_of_more_parts_than_any_form_has_is_refused(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let mut page =
        administrator
            .get("/imports/new")
            .attach("The list", "list.csv", b"Name\nRobin\n");
    for number in 0..200 {
        page = page.fill_named(&format!("part{number}"), "x");
    }
    page.press("Continue")
        .status(400)
        .shows("more parts than any of ours");
}
