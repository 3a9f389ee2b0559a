//! A letter whose result no longer stands says so: on its page, in the lists, whether it went or
//! waits.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::audit::Actor;
use stature::db::schema::{audit_subject, pupil};
use stature::measurement::{Back, go_back, load};
use stature::records::pupil::pupil as pupil_row;

use super::{SCHOOL, actor, child, prepared, run, sent, states};
use crate::support::TestApp;

/// A child whose result was recorded as the pages do, with a letter that is ready.
fn recorded(test: &TestApp) -> i64 {
    let zara = child(test, "Zara", Some("ada@example.org"));
    test.measure(zara, 1120, 20_000, test.app.clock.today());
    assert_eq!(prepared(test).ready, 1);
    zara
}

/// Takes a step back through the versions, as the class page does.
fn step(test: &TestApp, child: i64, back: Back) {
    let nia = Actor::person(77, "Nia Nurse");
    test.app
        .write_now(&nia, |work| {
            let row = pupil_row(work.tx, child)?.unwrap();
            let subject = load(work.tx, row)?;
            go_back(work, &subject, subject.version(), back)
        })
        .unwrap();
}

const UNDONE: &str =
    "The measurement this letter reports was undone on 30 November 2026 by Nia Nurse.";

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_page_of_a_letter_says_that_its_result_was_undone_after_it_went(#[case] test: TestApp) {
    let zara = recorded(&test);
    assert_eq!(sent(&test).sent, 1);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    assert!(!nurse.get("/letters/1").says("no longer stands"));
    step(&test, zara, Back::Undo);
    let page = nurse.get("/letters/1").shows(UNDONE).shows(
        "The parents have a letter with a result that no longer stands. Record the \
                child’s outcome again",
    );
    assert_eq!(
        page.link("Open the child’s record"),
        format!("/children/{zara}")
    );
    nurse.get("/letters?state=sent").shows(UNDONE);
    nurse.get(&format!("/children/{zara}")).shows(UNDONE);
    // Put back: it stands again.
    step(&test, zara, Back::PutBack);
    assert!(!nurse.get("/letters/1").says("no longer stands"));
    assert!(!nurse.get("/letters?state=sent").says("was undone"));
    // Undone again, and recorded anew: the letter about that one replaces this one.
    step(&test, zara, Back::Undo);
    test.measure(zara, 1130, 20_000, test.app.clock.today());
    nurse.get("/letters/1").shows("is made within the hour");
    prepared(&test);
    let page = nurse
        .get("/letters/1")
        .shows("says that it replaces this one");
    page.follow("See the letter about the outcome that stands now")
        .shows("Replaces the letter of 30 November 2026");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_that_waits_says_that_its_result_was_undone_and_is_not_sent(#[case] test: TestApp) {
    let zara = recorded(&test);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    step(&test, zara, Back::Undo);
    let page = nurse
        .get("/letters/1")
        .shows(UNDONE)
        .shows("This letter is not sent.");
    assert!(!page.says("A newer outcome"), "{}", page.text());
    assert!(
        !page.html.contains("Hold it"),
        "a letter that does not go can be held"
    );
    nurse.get("/letters?state=ready").shows(UNDONE);
    assert_eq!(sent(&test).sent, 0);
    // A letter in the outbox.
    step(&test, zara, Back::PutBack);
    prepared(&test);
    let queued = nurse.get("/letters?state=ready").follow("Zara Okonkwo");
    stature::letters::deliver::queue(&test.app, &actor(), &stature::access::Scope::Everything)
        .unwrap();
    step(&test, zara, Back::Undo);
    nurse
        .get(&queued.url)
        .shows(UNDONE)
        .shows("waits in the outbox and is taken back");
    assert_eq!(sent(&test).sent, 0);
    assert!(test.mail().is_empty());
    assert!(
        states(&test).iter().all(|state| state == "cancelled"),
        "{:?}",
        states(&test)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_says_that_its_result_was_corrected_and_by_whom(#[case] test: TestApp) {
    let zara = recorded(&test);
    assert_eq!(sent(&test).sent, 1);
    test.measure(zara, 1130, 20_000, test.app.clock.today());
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters/1")
        .shows("The measurement this letter reports was replaced on 30 November 2026 by");
    nurse
        .get("/letters?state=sent")
        .shows("was replaced on 30 November 2026");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_that_went_says_that_the_child_was_withdrawn_since(#[case] test: TestApp) {
    let zara = recorded(&test);
    assert_eq!(sent(&test).sent, 1);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get(&format!("/children/{zara}"))
        .choose("A parent has withdrawn the child")
        .press("Set flags");
    nurse
        .get("/letters/1")
        .shows(
            "A parent has withdrawn the child. The child’s flags were last set on 30 \
                November 2026 by A Nurse.",
        )
        .shows("no further letter is sent unless a nurse decides so");
    nurse
        .get("/letters?state=sent")
        .shows("A parent has withdrawn the child.");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_took_a_result_away_is_told_without_its_event_too(#[case] test: TestApp) {
    let zara = recorded(&test);
    assert_eq!(sent(&test).sent, 1);
    step(&test, zara, Back::Undo);
    // As after the name has gone.
    run(test.db(), |tx| {
        diesel::delete(audit_subject::table.find(zara)).execute(tx)?;
        diesel::update(pupil::table.find(zara))
            .set(pupil::updated_at.eq(test.app.clock.now()))
            .execute(tx)?;
        Ok(())
    });
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters/1")
        .shows("The measurement this letter reports was undone. The parents");
}
