//! The six weeks within which a result reaches the parents.

use chrono::NaiveDate;
use rstest::rstest;
use stature::access::Role;

use super::{SCHOOL, child, measure, prepared, sent};
use crate::support::TestApp;

fn go_to(test: &TestApp, year: i32, month: u32, day: u32) {
    let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
    test.app.clock.set_to_noon(date);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_that_is_weeks_overdue_is_shown_on_home_and_in_the_list(#[case] test: TestApp) {
    let unreachable = child(&test, "Zara", None);
    measure(&test, unreachable, 1120);
    prepared(&test);
    for other in [900_107, 900_108, 900_109] {
        test.school(other, "999");
    }
    // Measured on 2 November: due by 14 December.
    go_to(&test, 2026, 12, 6);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    assert!(
        !nurse.get("/").says("due within"),
        "{}",
        nurse.get("/").text()
    );
    nurse.get("/letters").shows("14 December 2026");
    go_to(&test, 2026, 12, 14);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL, 900_109], &[]);
    assert_eq!(
        nurse.get("/").link("1 letter due within 7 days"),
        "/letters?due=soon"
    );
    nurse
        .get("/letters?due=soon")
        .shows("Showing 1 letter")
        .shows("Zara Okonkwo");
    go_to(&test, 2027, 1, 11);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL, 900_108], &[]);
    assert_eq!(
        nurse.get("/").link("1 letter overdue"),
        "/letters?due=overdue"
    );
    nurse
        .get("/")
        .follow("1 letter overdue")
        .shows("Overdue letters")
        .shows("Showing 1 letter")
        .shows("4 weeks overdue")
        .follow("Zara Okonkwo")
        .shows("Due by 14 December 2026 4 weeks overdue");
    nurse.get("/letters").shows("1 letter is overdue");
    let told = test.run(&["letters", "status"]).done();
    assert!(
        told.stdout
            .contains("1 not sent six weeks after the measurement: overdue"),
        "{}",
        told.stdout
    );
    // Of another school it is nobody's letter.
    let other = test.signed_in(Role::Nurse, &[900_107], &[]);
    assert!(!other.get("/").says("overdue"));
    other
        .get("/letters?due=overdue")
        .shows("There are no letters yet");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_that_went_is_not_overdue(#[case] test: TestApp) {
    let zara = child(&test, "Zara", Some("ada@example.org"));
    measure(&test, zara, 1120);
    prepared(&test);
    go_to(&test, 2027, 1, 11);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse.get("/").shows("1 letter overdue");
    assert_eq!(sent(&test).sent, 1);
    assert!(!nurse.get("/").says("overdue"));
    let page = nurse
        .get("/letters?due=overdue")
        .shows("No letters to show");
    assert!(!page.says("Zara"), "{}", page.text());
}
