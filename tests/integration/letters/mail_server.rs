//! Mail servers that refuse, break off and say nothing: what each does to the letters, and what is
//! said about it.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use stature::access::Role;
use stature::app::App;
use stature::config::{Config, MailConfig};
use stature::letters::deliver::{Report, send};
use stature::letters::jobs::send_letters;
use stature::mail::Mailer;
use stature::outbox;

use super::{actor, ledger, parcel_states, press, ready_letters, run, sent, states, stop};
use crate::support::{At, Does, FakeMailServer, TestApp};

/// The same parts with mail going to a server, which is waited for only briefly.
fn with_server(test: &TestApp, url: &str) -> App {
    App {
        mailer: Mailer::smtp(url, Duration::from_millis(300)).unwrap(),
        ..test.app.clone()
    }
}

fn sent_through(app: &App) -> Report {
    send(app, &press(), &actor(), 1, usize::MAX).unwrap()
}

/// Makes the settings of a noted fault those of the test's own server.
fn adopt(test: &TestApp, settings: &str) {
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        let fault = outbox::fault(tx)?.unwrap();
        let noted = outbox::Fault {
            settings: settings.to_owned(),
            ..fault
        };
        let json = serde_json::to_string(&noted).unwrap();
        stature::settings::keep(tx, &actor(), now, "outbox.fault", &json)
    });
}

fn all(state: &str, count: usize) -> Vec<String> {
    vec![state.to_owned(); count]
}

/// Asserts that a run ended with the first letter and left every letter as it was.
#[track_caller]
fn ends_after_the_first(test: &TestApp, app: &App, server: &FakeMailServer, fault: &str) {
    let before = server.connections();
    let report = sent_through(app);
    let told = report.fault.clone().unwrap_or_default();
    assert!(told.contains(fault), "{fault}: {told}");
    assert_eq!(
        report.deferred + report.failed + report.in_doubt + report.sent,
        0,
        "{fault}"
    );
    assert_eq!(server.connections() - before, 1, "{fault}");
    assert_eq!(states(test), all("queued", 3), "{fault}");
    assert_eq!(parcel_states(test), all("queued", 3), "{fault}");
    assert_eq!(ledger(test), 0, "{fault}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_mail_fault_before_any_data_puts_no_letter_in_doubt(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let untrusted = FakeMailServer::start_untrusted();
    let app = with_server(&test, &untrusted.url());
    ends_after_the_first(&test, &app, &untrusted, "its certificate is not trusted");
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    for (step, does, fault) in [
        (At::Greeting, Does::Closes, "could not be reached"),
        (At::Greeting, Does::IsSilent, "did not answer in time"),
        (At::Greeting, Does::Answers("421 busy"), "answer 421"),
        (At::Hello, Does::Closes, "could not be reached"),
        (
            At::Sender,
            Does::Closes,
            "refused the address that mail comes from",
        ),
        (
            At::Sender,
            Does::IsSilent,
            "refused the address that mail comes from",
        ),
        (
            At::Sender,
            Does::Answers("451 4.3.0 try later"),
            "answer 451 4.3.0",
        ),
    ] {
        server.at(step, does);
        ends_after_the_first(&test, &app, &server, fault);
        server.recover();
    }
    assert_eq!(sent_through(&app).sent, 3);
    assert_eq!((server.accepted().len(), ledger(&test)), (3, 3));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_break_at_the_recipient_or_before_the_message_is_tried_again(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    for (step, does) in [
        (At::Recipient, Does::Closes),
        (At::Data, Does::Closes),
        (At::Recipient, Does::Answers("451 4.7.1 later")),
        (At::Message, Does::Answers("452 4.3.1 full")),
    ] {
        server.at(step, does);
        let report = sent_through(&app);
        assert_eq!(
            (report.deferred, report.in_doubt, report.sent),
            (3, 0, 0),
            "{step:?}"
        );
        assert_eq!(
            (states(&test), ledger(&test)),
            (all("queued", 3), 0),
            "{step:?}"
        );
        server.recover();
        test.app.clock.advance(chrono::Duration::hours(3));
    }
    assert_eq!(sent_through(&app).sent, 3);
    assert_eq!(server.accepted().len(), 3);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn only_a_break_after_the_message_is_a_doubt_and_no_doubt_is_in_the_ledger(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    server.at(At::Message, Does::Closes);
    assert_eq!(sent_through(&app).in_doubt, 3);
    assert_eq!((states(&test), ledger(&test)), (all("in_doubt", 3), 0));
    server.recover();
    assert_eq!(sent_through(&app), Report::default(), "not by itself");
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/letters")
        .follow("all together")
        .shows("3 letters were being handed over")
        .press("Save and continue")
        .status(422)
        .choose("They arrived: record them as sent")
        .press("Save and continue")
        .shows("3 letters are recorded as sent");
    assert_eq!((states(&test), ledger(&test)), (all("sent", 3), 3));
    assert_eq!(parcel_states(&test), all("sent", 3));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn doubts_and_failures_are_sent_again_together(#[case] test: TestApp) {
    ready_letters(&test, 4);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    server.at(At::Message, Does::Closes);
    server.recipient(
        "parent0@example.org",
        Does::Answers("550 5.1.1 <parent0@example.org> unknown"),
    );
    server.recipient("parent1@example.org", Does::Answers("553 no"));
    let report = sent_through(&app);
    assert_eq!((report.failed, report.in_doubt), (2, 2));
    server.recover();
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/letters/settle?state=in_doubt")
        .choose("They did not arrive: send them again")
        .press("Save and continue")
        .shows("2 letters are ready again");
    administrator
        .get("/letters/settle?state=failed")
        .press("Make 2 letters ready again")
        .shows("2 letters are ready again");
    administrator
        .get("/letters/settle?state=failed")
        .shows("There are none");
    administrator.get("/letters/settle?state=sent").status(404);
    assert_eq!(sent_through(&app).sent, 4);
    assert_eq!((states(&test), ledger(&test)), (all("sent", 4), 4));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_configuration_fault_ends_the_run_after_the_first_letter_and_the_rest_stay_queued(
    #[case] test: TestApp,
) {
    ready_letters(&test, 3);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url_with_password());
    for (step, answer, fault) in [
        (
            At::SignIn,
            "535 5.7.8 no",
            "refused the user name or the password (answer 535 5.7.8)",
        ),
        (
            At::Greeting,
            "554 go away",
            "refused the connection (answer 554)",
        ),
        (
            At::Sender,
            "550 5.7.1 not yours",
            "refused the address that mail comes from (answer 550 5.7.1)",
        ),
        (At::Recipient, "530 5.7.0 sign in first", "answer 530 5.7.0"),
    ] {
        server.at(step, Does::Answers(answer));
        ends_after_the_first(&test, &app, &server, fault);
        let failed = send_letters(&app, &actor(), false).unwrap_err().to_string();
        assert!(failed.contains(fault), "the job succeeded: {failed}");
        server.recover();
    }
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/")
        .shows("Mail cannot be sent: the mail server refused")
        .shows("3 messages are waiting");
    administrator
        .get("/letters")
        .shows("Mail cannot be sent at present");
    test.signed_in(Role::SystemAdministrator, &[], &[])
        .get("/")
        .shows("Mail cannot be sent");
    assert_eq!(sent_through(&app).sent, 3);
    assert!(!administrator.get("/").says("Mail cannot be sent"));
    assert!(!administrator.get("/letters").says("Mail cannot be sent"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_refused_password_is_tried_less_and_less_often(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url_with_password());
    server.at(At::SignIn, Does::Answers("535 5.7.8 no"));
    // The job's runs of two days, every ten minutes by day.
    let mut tried_at = Vec::new();
    let start = test.app.clock.now();
    while test.app.clock.now() < start + chrono::Duration::hours(44) {
        let before = server.connections();
        let failed = send_letters(&app, &actor(), false).unwrap_err().to_string();
        assert!(failed.contains("535"), "{failed}");
        let connections = server.connections() - before;
        // The first run has two workers, each of which is refused once.
        assert!(connections <= if tried_at.is_empty() { 2 } else { 1 });
        if connections > 0 {
            tried_at.push((test.app.clock.now() - start).num_minutes());
        }
        test.app.clock.advance(chrono::Duration::minutes(10));
    }
    assert_eq!(
        tried_at,
        [0, 10, 30, 70, 150, 310, 630, 990, 1350, 1710, 2070, 2430]
    );
    assert_eq!(states(&test), all("queued", 3));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_next_try_is_told_and_an_administrator_can_try_at_once(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url_with_password());
    server.at(At::SignIn, Does::Answers("535 5.7.8 no"));
    send_letters(&app, &actor(), false).unwrap_err();
    test.app.clock.advance(chrono::Duration::minutes(10));
    send_letters(&app, &actor(), false).unwrap_err();
    // The pages of this test's server know no other settings: those of the fault are made theirs.
    let settings = test.app.mail_settings_hash();
    adopt(&test, &settings);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let nurse = test.signed_in(Role::Nurse, &[super::SCHOOL], &[]);
    administrator
        .get("/")
        .shows("3 messages are waiting. The next try is on 30 November 2026 at 12:35pm");
    let run = nurse
        .get("/letters/runs/1")
        .shows("Mail cannot be sent at present")
        .shows("Next try: 30 November 2026 at 12:35pm");
    assert!(!run.html.contains("Try now"), "a nurse may try");
    nurse
        .get("/letters/send")
        .shows("Next try: 30 November 2026 at 12:35pm");
    let refused = send_letters(&test.app, &actor(), false)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("not tried") && refused.contains("12:29"),
        "{refused}"
    );
    administrator
        .get("/letters/runs/1")
        .press("Try now")
        .shows("The mail server is tried within a few seconds");
    assert_eq!(send_letters(&test.app, &actor(), false).unwrap(), "3 sent");
    assert!(!administrator.get("/letters").says("Mail cannot be sent"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_run_by_hand_and_other_settings_are_tried_at_once(#[case] test: TestApp) {
    ready_letters(&test, 2);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url_with_password());
    server.at(At::SignIn, Does::Answers("535 no"));
    send_letters(&app, &actor(), false).unwrap_err();
    let before = server.connections();
    send_letters(&app, &actor(), false).unwrap_err();
    assert_eq!(
        server.connections(),
        before,
        "tried although it was refused a moment ago"
    );
    // By hand, on the page of jobs and on the command line.
    stature::jobs::run_now(&app, stature::timetable::TABLE, "send-letters", false).unwrap_err();
    assert_eq!(server.connections(), before + 1);
    test.signed_in(Role::SystemAdministrator, &[], &[])
        .get("/jobs")
        .press("Run now send-letters")
        .status(200);
    send_letters(&app, &actor(), false).unwrap_err();
    assert_eq!(server.connections(), before + 2);
    // A restart with another password.
    let corrected = with_server(&test, &server.url().replace("://", "://clinic:another@"));
    server.recover();
    assert_eq!(send_letters(&corrected, &actor(), false).unwrap(), "2 sent");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_sender_address_that_is_none_fails_no_letter(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let from = |from: &str| App {
        config: Arc::new(Config {
            mail: MailConfig {
                from: from.to_owned(),
                ..test.app.config.mail.clone()
            },
            ..(*test.app.config).clone()
        }),
        ..test.app.clone()
    };
    let report = sent_through(&from("nurses at example"));
    assert!(report.fault.unwrap().contains("nurses at example"));
    assert_eq!(
        (states(&test), parcel_states(&test)),
        (all("queued", 3), all("queued", 3))
    );
    assert!(test.mail().is_empty());
    assert_eq!(sent_through(&from("Nurses <nurses@example.org>")).sent, 3);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn letters_wait_as_long_as_their_six_weeks(#[case] test: TestApp) {
    ready_letters(&test, 1);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    server.at(At::Recipient, Does::Answers("451 later"));
    // Measured on 2 November: due by 14 December.
    while test.app.clock.today().to_string().as_str() < "2026-12-14" {
        sent_through(&app);
        assert_eq!(states(&test), ["queued"], "{}", test.app.clock.today());
        test.app.clock.advance(chrono::Duration::hours(9));
    }
    test.app.clock.advance(chrono::Duration::days(1));
    assert_eq!(sent_through(&app).failed, 1);
    assert_eq!(states(&test), ["failed"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_server_that_refuses_one_letter_after_another_ends_the_run(#[case] test: TestApp) {
    ready_letters(&test, 8);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    server.at(At::Recipient, Does::Answers("550 relaying denied"));
    let report = sent_through(&app);
    assert_eq!(report.failed, 5);
    assert!(report.fault.unwrap().contains("5 messages in a row"));
    let still_queued = states(&test)
        .iter()
        .filter(|state| *state == "queued")
        .count();
    assert_eq!(still_queued, 3);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_address_that_is_refused_stops_no_other_letter(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    server.recipient(
        "parent1@example.org",
        Does::Answers("550 5.1.1 <parent1@example.org> unknown"),
    );
    let report = sent_through(&app);
    assert_eq!((report.sent, report.failed, report.fault), (2, 1, None));
    let page = test
        .signed_in(Role::Administrator, &[], &[])
        .get("/letters?state=failed");
    let page = page.shows("the mail server refused the recipient’s address (answer 550 5.1.1)");
    assert!(!page.says("unknown"), "the server’s words are shown");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_job_that_delivered_nothing_has_failed(#[case] test: TestApp) {
    ready_letters(&test, 2);
    let server = FakeMailServer::start();
    let app = with_server(&test, &server.url());
    server.at(At::Recipient, Does::Answers("451 later"));
    let failed = send_letters(&app, &actor(), false).unwrap_err().to_string();
    assert_eq!(failed, "2 to be tried again");
    assert_eq!(
        send_letters(&app, &actor(), false).unwrap(),
        "nothing to send"
    );
    server.recover();
    server.recipient("parent0@example.org", Does::Answers("451 later"));
    test.app.clock.advance(chrono::Duration::hours(1));
    assert_eq!(
        send_letters(&app, &actor(), false).unwrap(),
        "1 sent, 1 to be tried again"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn stopping_all_letters_does_not_stop_other_messages(#[case] test: TestApp) {
    ready_letters(&test, 1);
    let notice = outbox::Notice {
        to: "office@example.org".to_owned(),
        subject: "New figures".to_owned(),
        text: "They are ready.".to_owned(),
        html: String::new(),
    };
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| {
            outbox::queue_notice(
                tx,
                test.app.identities.keyring(),
                &notice,
                "release:1",
                "example.org",
                now,
            )
        })
        .unwrap();
    stop(&test, "stopped");
    let report = sent(&test);
    assert!(report.stopped && report.sent == 1);
    assert_eq!(test.mail().len(), 1);
    assert_eq!(states(&test), ["ready"]);
    assert_eq!(
        send_letters(&test.app, &actor(), false).unwrap(),
        "all letters are stopped"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn check_config_opens_a_session_and_sends_nothing(#[case] test: TestApp) {
    let server = FakeMailServer::start();
    let url = server.url_with_password();
    let check = || {
        test.run(&[
            "--smtp",
            &url,
            "--mail-from",
            "nurses@example.org",
            "check-config",
        ])
    };
    assert!(check().done().stdout.contains("a session was opened"));
    for (step, answer, fault) in [
        (
            At::SignIn,
            "535 no",
            "refused the user name or the password (answer 535)",
        ),
        (
            At::Sender,
            "550 no",
            "refused the address that mail comes from (answer 550)",
        ),
        (
            At::Greeting,
            "554 no",
            "refused the connection (answer 554)",
        ),
    ] {
        server.at(step, Does::Answers(answer));
        let told = check().code(1);
        assert!(told.stdout.contains(fault), "{}", told.stdout);
        assert!(!told.stdout.contains("secret") && !told.stderr.contains("secret"));
        server.recover();
    }
    let wrong = test
        .run(&[
            "--smtp",
            &url,
            "--mail-from",
            "nurses at example",
            "check-config",
        ])
        .code(1);
    assert!(
        wrong.stderr.contains("is not an email address"),
        "{}",
        wrong.stderr
    );
    assert!(server.accepted().is_empty());
    ready_letters(&test, 1);
    server.at(At::SignIn, Does::Answers("535 no"));
    sent_through(&with_server(&test, &url));
    server.recover();
    assert!(
        check()
            .done()
            .stdout
            .contains("letters wait; when last tried")
    );
    let fault = run(test.db(), outbox::fault).unwrap();
    assert!(fault.needs_correcting && fault.words.contains("535"));
}
