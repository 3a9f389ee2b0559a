//! Why a letter waits: as of now, not as of the last run of a job.

use rstest::rstest;
use stature::access::{Role, Scope};
use stature::letters::deliver::Post;

use super::{SCHOOL, actor, child, measure, prepared, press, sent, states, warn};
use crate::support::{ChildSpec, TestApp};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_missing_address_is_not_shown_as_missing_once_it_has_been_entered(#[case] test: TestApp) {
    let zara = child(&test, "Zara", None);
    measure(&test, zara, 1120);
    assert_eq!(prepared(&test).no_contact, 1);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters/1")
        .shows("No parent or carer has an email address");
    nurse
        .get(&format!("/children/{zara}/details"))
        .fill("Email address of parent or carer 1", "ada@example.org")
        .press("Correct the details")
        .shows("The details were corrected");
    let page = nurse
        .get("/letters/1")
        .shows("Ready")
        .shows("ada@example.org");
    assert!(
        !page.says("No parent or carer has an email address"),
        "{}",
        page.text()
    );
    assert_eq!(states(&test), ["ready"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_confirmed_warning_is_not_shown_as_unconfirmed(#[case] test: TestApp) {
    let heavy = test.child(ChildSpec::default());
    test.measure(heavy, 1412, 95_000, test.app.clock.today());
    assert_eq!(prepared(&test).held, 1);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let waiting = "A warning about the measurement is not confirmed.";
    nurse.get("/letters?state=held").shows(waiting);
    nurse
        .get("/warnings")
        .press_css("main form button")
        .status(200);
    let page = nurse.get("/letters?state=held");
    assert!(!page.says(waiting), "{}", page.text());
    // The tallies are those of the same moment as the list.
    assert_eq!(states(&test), ["ready"]);
    assert!(!page.says("letter is held"), "{}", page.text());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_damaged_record_holds_its_own_letter_and_no_other(#[case] test: TestApp) {
    let (whole, damaged) = (
        child(&test, "Zara", Some("ada@example.org")),
        child(&test, "Amelia", Some("amy@example.org")),
    );
    measure(&test, whole, 1120);
    measure(&test, damaged, 1130);
    test.damage(damaged);
    let count = prepared(&test);
    assert_eq!((count.ready, count.held), (1, 1));
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let name = format!("Child {damaged}: record damaged");
    let reason = "The child’s record is damaged, so no letter can be written.";
    nurse
        .get("/letters?state=held")
        .status(200)
        .shows(reason)
        .shows(&format!("The record of child {damaged} is damaged"))
        .follow(&name)
        .status(200)
        .shows(reason);
    nurse
        .get("/letters?state=ready")
        .status(200)
        .shows("Zara Okonkwo");
    // Restored, the letter is ready at the next look; damaged once more after it was queued, it is
    // held again.
    test.damage(damaged);
    assert_eq!(prepared(&test).ready, 1);
    Post::new(&test.app, &press(), actor())
        .unwrap()
        .queue_ready(&Scope::Everything)
        .unwrap();
    test.damage(damaged);
    let report = sent(&test);
    assert_eq!((report.sent, report.held), (1, 1), "{report:?}");
    assert_eq!(test.mail().len(), 1);
    assert_eq!(states(&test), ["sent", "held"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_warning_that_came_later_is_shown_before_any_job_has_run(#[case] test: TestApp) {
    let zara = child(&test, "Zara", Some("ada@example.org"));
    measure(&test, zara, 1120);
    assert_eq!(prepared(&test).ready, 1);
    warn(&test, zara);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters")
        .follow("Zara Okonkwo")
        .shows("A warning about the measurement is not confirmed.");
    assert_eq!(states(&test), ["held"]);
}
