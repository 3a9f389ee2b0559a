//! When letters go: the delay, the page that asks, the run and its texts, and several processes at
//! once.

use std::thread;

use chrono::Duration;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::app::App;
use stature::db::schema::letter;
use stature::jobs::Runner;
use stature::letters::deliver::{Report, send};
use stature::letters::jobs::send_letters;
use stature::timetable::TABLE;

use super::{
    SCHOOL, actor, child, ledger, measure, parcel_states, prepared, press, ready, ready_letters,
    run, sent, set_delay, states,
};
use crate::support::TestApp;

/// What the process that serves does within a second: takes up what requests want, and runs what is
/// due.
fn runner_looks(test: &TestApp) -> Vec<&'static str> {
    let runner = Runner::new(test.app.clone(), TABLE).unwrap();
    runner.prepare().unwrap();
    let held = runner.look().unwrap();
    for job in &held {
        runner.run_held(job).unwrap().unwrap();
    }
    held.iter().map(stature::jobs::Held::name).collect()
}

/// The text of a message as its readers see it.
fn words_of(message: &lettre::Message) -> String {
    let raw = message.formatted();
    let parsed = mail_parser::MessageParser::default().parse(&raw).unwrap();
    parsed.body_text(0).unwrap().into_owned()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_waits_until_the_next_working_day_so_that_a_slip_can_be_undone(#[case] test: TestApp) {
    let zara = child(&test, "Zara", Some("ada@example.org"));
    // A programme that has never chosen; it is noon of a Monday.
    run(test.db(), |tx| {
        diesel::delete(stature::db::schema::setting::table).execute(tx)?;
        Ok(())
    });
    measure(&test, zara, 1130);
    assert_eq!(prepared(&test).ready, 1);
    assert_eq!(sent(&test), Report::default());
    assert_eq!(
        send_letters(&test.app, &actor(), false).unwrap(),
        "nothing to send"
    );
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse.get("/letters").shows("from 1 December 2026");
    nurse
        .get("/letters/send")
        .shows("No letter can be sent now")
        .shows(
            "1 letter is ready but waits so that a slip can still be corrected; the first \
                can be sent from 1 December 2026",
        );
    // The slip is corrected in the afternoon: the parents never hear of it.
    test.app.clock.advance(Duration::hours(3));
    measure(&test, zara, 1120);
    prepared(&test);
    test.app.clock.advance(Duration::hours(18));
    assert_eq!(send_letters(&test.app, &actor(), false).unwrap(), "1 sent");
    assert_eq!(states(&test), ["cancelled", "sent"]);
    assert_eq!(test.mail().len(), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_paused_job_and_stopped_letters_are_told_where_letters_are_sent(#[case] test: TestApp) {
    ready_letters(&test, 2);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let system = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let run = nurse
        .get("/letters/send")
        .press("Send 2 letters")
        .shows("0 of 2 done");
    assert!(!run.says("paused"), "{}", run.text());
    system.get("/jobs").press("Pause send-letters").status(200);
    for browser in [&nurse, &administrator] {
        browser
            .get("/")
            .shows("The job that sends letters and other messages is paused");
        for path in [run.url.as_str(), "/letters/send", "/letters"] {
            browser
                .get(path)
                .shows("The job that sends letters is paused")
                .shows("Ask your system administrator to let it go on");
        }
    }
    system.get("/").shows("is paused: nothing is sent");
    administrator
        .get("/letters/stop")
        .press("Stop all letters")
        .status(200);
    let page = administrator
        .get(&run.url)
        .shows("All letters are stopped")
        .shows("A Programme administrator stopped them");
    assert_eq!(page.link("Let letters go again"), "/letters/stop");
    let page = nurse
        .get(&run.url)
        .shows("until a programme administrator lets letters go again");
    assert!(
        !page.html.contains("/letters/stop"),
        "a nurse may let letters go"
    );
    administrator
        .get("/letters/stop")
        .press("Let letters go again")
        .status(200);
    system.get("/jobs").press("Go on send-letters").status(200);
    assert!(!nurse.get(&run.url).says("paused") && !nurse.get(&run.url).says("stopped"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_shorter_delay_counts_for_letters_that_are_waiting(#[case] test: TestApp) {
    let zara = child(&test, "Zara", Some("ada@example.org"));
    set_delay(&test, "3");
    measure(&test, zara, 1120);
    prepared(&test);
    assert_eq!(sent(&test), Report::default());
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/letters")
        .follow("When letters are sent")
        .choose("As soon as they are ready")
        .press("Save")
        .shows("When letters are sent has been changed");
    assert_eq!(sent(&test).sent, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn letters_that_go_by_hand_do_not_go_by_themselves(#[case] test: TestApp) {
    ready(&test);
    set_delay(&test, "by_hand");
    assert_eq!(
        send_letters(&test.app, &actor(), false).unwrap(),
        "nothing to send"
    );
    assert_eq!(states(&test), ["ready"]);
    set_delay(&test, "none");
    test.app.clock.advance(Duration::hours(10));
    assert_eq!(
        send_letters(&test.app, &actor(), false).unwrap(),
        "nothing to send",
        "it is night"
    );
    test.app.clock.advance(Duration::hours(12));
    assert_eq!(send_letters(&test.app, &actor(), false).unwrap(), "1 sent");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn send_says_how_many_letters_go_asks_and_leaves_the_sending_to_the_job(#[case] test: TestApp) {
    ready_letters(&test, 3);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let asks = nurse
        .get("/letters")
        .follow("Send letters")
        .shows("3 letters will be sent by email to parents");
    assert_eq!(states(&test), ["ready"; 3]);
    let page = asks
        .press("Send 3 letters")
        .shows("3 letters are queued")
        .shows("0 of 3 done");
    assert!(page.url.starts_with("/letters/runs/"), "{}", page.url);
    assert!(test.mail().is_empty(), "the request does the sending");
    assert_eq!(states(&test), ["queued"; 3]);
    // Pressed twice, or by two people.
    let again = asks
        .press("Send 3 letters")
        .shows("have been queued already");
    assert_eq!(
        (again.url, parcel_states(&test)),
        (page.url.clone(), vec!["queued".to_owned(); 3])
    );
    assert!(runner_looks(&test).contains(&"send-letters"));
    assert_eq!(test.mail().len(), 3);
    let page = nurse.get(&page.url);
    let page = page.shows("Letters sent").shows("Sent 3");
    assert!(!page.says("done"), "{}", page.text());
    asks.press("Send 3 letters")
        .shows("No letter is ready to be sent now");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_number_that_has_changed_is_asked_about_again(#[case] test: TestApp) {
    ready_letters(&test, 2);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let asks = nurse.get("/letters/send");
    ready_letters(&test, 1);
    let page = asks
        .press("Send 2 letters")
        .status(409)
        .shows("has changed since you looked");
    assert_eq!(states(&test), ["ready"; 3]);
    page.press("Send 3 letters").shows("3 letters are queued");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_nurse_sends_the_letters_of_their_schools_and_sees_no_other_run(#[case] test: TestApp) {
    ready_letters(&test, 2);
    test.school(900_102, "999");
    let other = test.signed_in(Role::Nurse, &[900_102], &[]);
    other
        .get("/letters/send")
        .shows("No letter can be sent now");
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let run = nurse.get("/letters/send").press("Send 2 letters");
    other.get(&run.url).status(404);
    other.get(&format!("{}/progress", run.url)).status(404);
    nurse
        .get(&format!("{}/progress", run.url))
        .shows("0 of 2 done");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_texts_of_a_run_are_those_of_its_start(#[case] test: TestApp) {
    ready_letters(&test, 1);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/letters/send")
        .press("Send 1 letter")
        .shows("1 letter is queued");
    administrator
        .get("/letters/texts")
        .fill("One way to get in touch", "01632 960 123")
        .fill("One way to get in touch", "01632 960 123")
        .fill("Invitation to talk", "Ring the new number about {child}.")
        .press_css("form[action='/letters/texts'] button");
    ready_letters(&test, 1);
    assert_eq!(sent(&test).sent, 2);
    let words: Vec<String> = test.mail().iter().map(words_of).collect();
    assert!(!words[0].contains("Ring the new number"), "{}", words[0]);
    assert!(words[1].contains("Ring the new number"), "{}", words[1]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn preparing_at_the_same_time_makes_each_letter_once(#[case] test: TestApp) {
    for number in 0..20 {
        let one = child(&test, "Zara", Some(&format!("parent{number}@example.org")));
        measure(&test, one, 1120);
    }
    let ready: usize = thread::scope(|scope| {
        let started: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| prepared(&test).ready))
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!((ready, states(&test).len()), (20, 20));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn sending_at_the_same_time_sends_each_letter_once_and_fails_nobody(#[case] test: TestApp) {
    ready_letters(&test, 30);
    let send_one = |app: App| send(&app, &press(), &actor(), 2, usize::MAX).unwrap().sent;
    let sent: usize = thread::scope(|scope| {
        let started: Vec<_> = (0..4)
            .map(|_| {
                let app = test.app.clone();
                scope.spawn(move || send_one(app))
            })
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!((sent, ledger(&test), test.mail().len()), (30, 30, 30));
    assert_eq!(states(&test), vec!["sent".to_owned(); 30]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn erasing_a_name_takes_its_letter_back_by_the_letters_own_steps(#[case] test: TestApp) {
    let zara = ready(&test);
    let now = test.app.clock.now();
    let press = press();
    let post = stature::letters::deliver::Post::new(&test.app, &press, actor()).unwrap();
    post.queue_ready(&stature::access::Scope::Everything)
        .unwrap();
    let erased = test
        .db()
        .write_now(|tx| stature::letters::erase::erase_for(tx, &[zara], now))
        .unwrap();
    assert_eq!((erased.letters, erased.sealed.len()), (1, 0));
    assert_eq!(
        (states(&test), parcel_states(&test)),
        (vec!["cancelled".into()], vec!["cancelled".into()])
    );
    // What went stays sent, and its content is gone.
    let ben = ready(&test);
    assert_eq!(sent(&test).sent, 1);
    let erased = test
        .db()
        .write_now(|tx| stature::letters::erase::erase_for(tx, &[ben], now))
        .unwrap();
    assert_eq!((erased.letters, erased.sealed.len()), (0, 1));
    assert_eq!(states(&test), ["cancelled", "sent"]);
    let dated: i64 = run(test.db(), |tx| {
        Ok(letter::table
            .filter(letter::send_after.is_not_null())
            .count()
            .get_result(tx)?)
    });
    assert_eq!(dated, 0);
}
