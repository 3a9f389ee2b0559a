//! Signing in and out, locks, passwords, accounts.

use chrono::Duration;
use rstest::rstest;
use stature::access::Role;

use crate::support::{Browser, Page, TestApp};

const PASSWORD: &str = "three grey herons";

fn sign_in(browser: &Browser, email: &str, password: &str) -> Page {
    browser
        .get("/sign-in")
        .fill("Email address", email)
        .fill("Password", password)
        .press("Sign in")
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_wrong_password_and_an_unknown_address_are_told_in_the_same_words(#[case] test: TestApp) {
    let email = test.account(Role::Nurse, &[], &[]);
    let wrong = sign_in(&test.browser(), &email, "not the password").status(422);
    let unknown = sign_in(&test.browser(), "nobody@example.org", "not the password").status(422);
    assert!(wrong.says("Email address or password is not right"));
    assert_eq!(
        wrong.all(".nhsuk-error-summary"),
        unknown.all(".nhsuk-error-summary")
    );
    assert!(
        !wrong.html.contains("not the password"),
        "a password was sent back"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn wrong_passwords_slow_down_whoever_types_them_and_keep_nobody_else_out(#[case] test: TestApp) {
    let email = test.account(Role::Nurse, &[], &[]);
    let guesser = test.browser_at("192.0.2.7");
    for address in [email.as_str(), "nobody@example.org"] {
        for _ in 0..5 {
            sign_in(&guesser, address, "not the password")
                .status(422)
                .shows("is not right");
        }
    }
    let waits = sign_in(&guesser, &email, "not the password")
        .status(429)
        .shows("Wait 30 seconds");
    let unknown = sign_in(&guesser, "nobody@example.org", "not the password").status(429);
    assert_eq!(
        waits.all(".nhsuk-error-summary"),
        unknown.all(".nhsuk-error-summary"),
        "waiting tells that there is an account"
    );
    // Whoever has the right password is told why it is not taken here, and is let in from
    // elsewhere.
    sign_in(&guesser, &email, PASSWORD)
        .status(429)
        .shows("even with the right password");
    sign_in(&test.browser_at("192.0.2.8"), &email, PASSWORD).status(200);
    test.app.clock.advance(Duration::seconds(31));
    sign_in(&guesser, &email, "not the password").status(422);
    sign_in(&guesser, &email, PASSWORD)
        .status(429)
        .shows("Wait 1 minute");
    test.app.clock.advance(Duration::seconds(61));
    sign_in(&guesser, &email, PASSWORD).status(200);
    // The right password begins the count anew.
    let guesser = test.browser_at("192.0.2.7");
    sign_in(&guesser, &email, "not the password").status(422);
    sign_in(&guesser, &email, PASSWORD).status(200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_failed_sign_in_is_recorded_with_the_clients_address(#[case] test: TestApp) {
    let email = test.account(Role::Nurse, &[], &[]);
    sign_in(&test.browser_at("192.0.2.7"), &email, "not the password").status(422);
    sign_in(
        &test.browser_at("2001:db8::9"),
        "nobody@example.org",
        "not the password",
    )
    .status(422);
    // What a client writes into the header itself stands before what the trusted server wrote.
    sign_in(
        &test.browser_at("203.0.113.1, 192.0.2.9"),
        "nobody@example.org",
        "not the password",
    )
    .status(422);
    let events = events(&test, "account.sign_in_refused");
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(
        events[0].0.starts_with("account:") && events[0].1.contains("192.0.2.7"),
        "{events:?}"
    );
    assert!(
        events[1].0 == "account:unknown" && events[1].1.contains("2001:db8::9"),
        "{events:?}"
    );
    assert!(events[2].1.contains("\"192.0.2.9\""), "{events:?}");
    assert!(
        !format!("{events:?}").contains("nobody@example.org"),
        "an address that was typed is in the record"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_operator_takes_the_wait_away(#[case] test: TestApp) {
    let email = test.account(Role::Nurse, &[], &[]);
    let browser = test.browser();
    for _ in 0..5 {
        sign_in(&browser, &email, "not the password");
    }
    sign_in(&browser, &email, PASSWORD).status(429);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    admin
        .get("/accounts?state=slowed")
        .shows("Slowed after wrong passwords")
        .shows("Showing 1 account");
    test.run(&["user", "unlock", &email]).done();
    sign_in(&browser, &email, PASSWORD).status(200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn guessable_passwords_are_refused(#[case] test: TestApp) {
    let email = test.account(Role::Monitor, &[], &[]);
    let browser = test.browser();
    sign_in(&browser, &email, PASSWORD);
    let change = |password: &str| {
        browser
            .get("/account")
            .fill("Current password", PASSWORD)
            .fill("New password", password)
            .press("Change password")
    };
    for guessable in [
        "aaaaaaaaaaaa",
        "password1234",
        email.as_str(),
        "A Monitor 2026",
        "stature-stature",
    ] {
        change(guessable).status(422).shows("easy to guess");
    }
    change("four blue herons fly").shows("Your password was changed");
    let added = test.run_with_input(
        &[
            "user",
            "add",
            "n@example.org",
            "--role",
            "monitor",
            "--password-stdin",
        ],
        b"password1234\n",
    );
    assert!(added.code(1).stderr.contains("easy to guess"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn after_being_signed_out_for_idleness_one_signs_in_again(#[case] test: TestApp) {
    let email = test.account(Role::SystemAdministrator, &[], &[]);
    let browser = test.browser();
    sign_in(&browser, &email, PASSWORD);
    test.app.clock.advance(Duration::minutes(21));
    let page = browser
        .get("/accounts")
        .fill("Email address", &email)
        .fill("Password", PASSWORD)
        .press("Sign in");
    assert_eq!(
        (page.status, page.url.as_str()),
        (200, "/accounts"),
        "{}",
        page.text()
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_link_does_not_open_an_account_that_was_disabled_after_it_was_given_out(#[case] test: TestApp) {
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let email = test.account(Role::Monitor, &[], &[]);
    let account = admin.get("/accounts").follow("A Monitor");
    let open_before = admin.get("/accounts").follow("A Monitor");
    account
        .press("Email a link to set a new password")
        .shows("The person gets an email");
    let path = test.link_emailed_to(&email);
    account
        .press("Disable this account")
        .shows("The account was changed");
    let monitor = test.browser();
    monitor
        .get(&path)
        .status(410)
        .shows("has been used or is too old");
    open_before
        .press("Email a link to set a new password")
        .status(422)
        .shows("Enable the account first");
    let account = admin.get("/accounts").follow("A Monitor");
    account
        .press("Enable this account")
        .shows("The account was changed");
    monitor.get(&path).shows("has been used or is too old");
    assert_eq!(sign_in(&monitor, &email, PASSWORD).status, 200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_new_link_takes_the_place_of_the_one_before(#[case] test: TestApp) {
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let email = test.account(Role::Nurse, &[], &[]);
    let link = || {
        admin
            .get("/accounts")
            .follow("A Nurse")
            .press("Email a link to set a new password");
        test.link_emailed_to(&email)
    };
    let (first, second) = (link(), link());
    let nurse = test.browser();
    nurse.get(&first).shows("has been used or is too old");
    assert!(!nurse.get(&second).says("has been used"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_session_that_is_open_guesses_no_password(#[case] test: TestApp) {
    let email = test.account(Role::Nurse, &[], &[]);
    let browser = test.browser();
    sign_in(&browser, &email, PASSWORD);
    let change = |current: &str| {
        browser
            .get("/account")
            .fill("Current password", current)
            .fill("New password", "four blue herons fly")
            .press("Change password")
    };
    for _ in 0..4 {
        change("not the password")
            .status(422)
            .shows("This is not your current password");
    }
    change("not the password");
    assert!(
        browser.get("/account").url.starts_with("/sign-in"),
        "the session went on"
    );
    sign_in(&browser, &email, PASSWORD).status(429);
    test.app.clock.advance(Duration::minutes(16));
    assert_eq!(sign_in(&browser, &email, PASSWORD).status, 200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn after_signing_out_the_old_cookie_opens_nothing(#[case] test: TestApp) {
    let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let page = browser.get("/accounts").status(200);
    page.press("Sign out").shows("You are signed out");
    assert!(browser.get("/accounts").url.starts_with("/sign-in"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_browser_left_alone_is_signed_out(#[case] test: TestApp) {
    let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
    test.app.clock.advance(Duration::minutes(19));
    browser.get("/accounts").status(200);
    test.app.clock.advance(Duration::minutes(19));
    assert_eq!(
        browser.get("/accounts").url,
        "/accounts",
        "the clock did not start anew with a request"
    );
    test.app.clock.advance(Duration::minutes(21));
    assert!(browser.get("/accounts").url.starts_with("/sign-in"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_session_ends_after_half_a_day_however_busy(#[case] test: TestApp) {
    let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
    for _ in 0..47 {
        test.app.clock.advance(Duration::minutes(15));
        browser.get("/accounts").status(200);
    }
    test.app.clock.advance(Duration::minutes(16));
    assert!(browser.get("/accounts").url.starts_with("/sign-in"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_form_from_another_site_is_refused(#[case] test: TestApp) {
    let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let fields = [
        ("email", "new@example.org"),
        ("name", "New"),
        ("role", "nurse"),
    ];
    let refused =
        browser.post_with_header("/accounts/add", &fields, ("origin", "https://evil.example"));
    assert_eq!(refused.status, 403);
    let refused = refused.shows("This form came from another website");
    assert!(refused.html.contains("<main"), "the refusal is no page");
    let refused = browser.post("/accounts/add", &fields);
    assert_eq!(
        refused.status, 409,
        "a form without the session's token was taken"
    );
    assert!(!browser.get("/accounts").says("new@example.org"));
    assert!(test.mail().is_empty());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_invitation_is_emailed_works_once_and_is_never_shown(#[case] test: TestApp) {
    let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let page = browser
        .get("/accounts/add")
        .fill("Email address", "New.Monitor@example.org")
        .fill("Name", "New Monitor")
        .choose("Monitor")
        .press("Add account")
        .shows("The person gets an email");
    assert!(
        !page.html.contains("set-password"),
        "the link is shown to the system administrator"
    );
    let path = test.link_emailed_to("new.monitor@example.org");
    let newcomer = test.browser();
    newcomer
        .get(&path)
        .fill("New password", "short")
        .press("Set password")
        .status(422);
    newcomer
        .get(&path)
        .fill("New password", "new.monitor@example.org")
        .press("Set password")
        .status(422)
        .shows("easy to guess");
    let set = newcomer
        .get(&path)
        .fill("New password", "four blue herons fly")
        .press("Set password");
    assert!(set.says("Your password is set"), "{}", set.text());
    newcomer.get(&path).shows("has been used or is too old");
    assert_eq!(
        sign_in(&newcomer, "new.monitor@example.org", "four blue herons fly").status,
        200
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_disabled_account_is_signed_out_at_once(#[case] test: TestApp) {
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let nurse = test.signed_in(Role::Nurse, &[], &[]);
    nurse.get("/account").status(200);
    admin
        .get("/accounts")
        .follow("A Nurse")
        .press("Disable this account");
    assert!(nurse.get("/account").url.starts_with("/sign-in"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_changed_password_ends_the_other_sessions(#[case] test: TestApp) {
    let email = test.account(Role::Nurse, &[], &[]);
    let (here, there) = (test.browser(), test.browser());
    sign_in(&here, &email, PASSWORD);
    sign_in(&there, &email, PASSWORD);
    here.get("/account")
        .fill("Current password", PASSWORD)
        .fill("New password", "four blue herons fly")
        .press("Change password")
        .shows("Your password was changed");
    assert!(there.get("/account").url.starts_with("/sign-in"));
    here.get("/account").status(200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_user_is_added_from_the_command_line(#[case] test: TestApp) {
    let added = test
        .run(&["user", "add", "ig@example.org", "--role", "governance"])
        .done();
    assert!(
        !added.stdout.contains("set-password") && added.stdout.contains("email"),
        "{}",
        added.stdout
    );
    let again = test
        .run(&["user", "add", "ig@example.org", "--role", "nurse"])
        .code(1);
    assert!(
        again.stderr.contains("already an account"),
        "{}",
        again.stderr
    );
    let unknown = test
        .run(&[
            "user",
            "add",
            "head@example.org",
            "--role",
            "school",
            "--school",
            "123456",
        ])
        .code(1);
    assert!(
        unknown.stderr.contains("no school with URN 123456"),
        "{}",
        unknown.stderr
    );
    test.run(&["user", "add", "x@example.org", "--role", "king"])
        .code(2);
    let elsewhere = [
        "user",
        "add",
        "y@example.org",
        "--role",
        "nurse",
        "--public-url",
        "https://measuring.example.org/",
    ];
    test.run(&elsewhere).done();
    let text = test.emails_to("y@example.org").pop().unwrap();
    assert!(
        text.contains("\nhttps://measuring.example.org/set-password/"),
        "{text}"
    );
    let with_password = [
        "user",
        "add",
        "n@example.org",
        "--role",
        "nurse",
        "--password-stdin",
    ];
    test.run_with_input(&with_password, b"four blue herons fly\n")
        .done();
    assert_eq!(
        sign_in(&test.browser(), "n@example.org", "four blue herons fly").status,
        200
    );
    test.run(&["user", "reset", "n@example.org"]).done();
    let path = test.link_emailed_to("n@example.org");
    test.browser()
        .get(&path)
        .fill("New password", "five red robins sing")
        .press("Set password")
        .shows("Your password is set");
    test.run(&["user", "disable", "n@example.org"]).done();
    sign_in(&test.browser(), "n@example.org", "five red robins sing").status(422);
    let unknown = test.run(&["user", "reset", "nobody@example.org"]).code(1);
    assert!(
        unknown.stderr.contains("nobody@example.org"),
        "{}",
        unknown.stderr
    );
}

/// Subject and details of the events with an action, the oldest first.
pub(crate) fn events(test: &crate::support::TestApp, action: &str) -> Vec<(String, String)> {
    use diesel::prelude::*;
    use stature::db::schema::audit_event;
    test.db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(audit_event::table
                .filter(audit_event::action.eq(action))
                .order(audit_event::id)
                .select((audit_event::subject, audit_event::detail))
                .load(tx)?)
        })
        .unwrap()
}
