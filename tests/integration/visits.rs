//! Schools at work: progress, head-counts set by hand, visits.

use rstest::rstest;
use stature::access::Role;

use crate::support::{ChildSpec, TestApp};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_administrator_plans_a_visit_and_the_recorder_sees_it(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.school(900_101, "999");
    test.school(900_102, "999");
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let plan = |school: &str, day: &str, month: &str| {
        administrator
            .get("/visits")
            .fill("School", school)
            .fill_named("on-day", day)
            .fill_named("on-month", month)
            .fill_named("on-year", "2026")
            .fill("Team", "Team North")
            .press("Add the visit")
    };
    plan("900101", "3", "12")
        .shows("The visit was added")
        .shows("3 December 2026");
    plan("900101", "3", "12")
        .status(422)
        .shows("has a visit on that day already");
    plan("900102", "31", "2")
        .status(422)
        .shows("Enter the day of the visit");
    plan("900102", "4", "8")
        .status(422)
        .shows("is not within the academic year");
    plan("", "4", "12").status(422).shows("Choose a school");
    let recorder = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = recorder.get("/visits").status(200).shows("Team North");
    assert!(!page.says("Plan a visit"));
    recorder
        .get("/schools/900101")
        .status(200)
        .shows("3 December 2026, Team North");
    let other = test.signed_in(Role::Nurse, &[900_102], &[]);
    assert!(
        !other.get("/visits").says("Team North"),
        "another school's visit is shown"
    );
    other.get("/schools/900101").status(404);
    let page = administrator
        .get("/visits")
        .press_css("form[action$=cancel] button")
        .shows("The visit was cancelled");
    assert!(page.says("No visit is planned"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_headcount_set_by_hand_is_what_participation_is_reckoned_from(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    test.child(ChildSpec::default());
    test.measure(
        child,
        1412,
        34_500,
        chrono::NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(),
    );
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = administrator
        .get("/schools/900101")
        .shows("Class lists say 2")
        .shows("50");
    page.clone()
        .fill("Year 6", "many")
        .press("Set the numbers")
        .status(422)
        .shows("whole number from 0 to 2000");
    let page = page
        .fill("Year 6", "4")
        .press("Set the numbers")
        .shows("were set")
        .shows("4 (set by hand)");
    assert!(page.says("25%") || page.says("25.0%"), "{}", page.text());
    let page = page.fill("Year 6", "").press("Set the numbers");
    assert!(!page.says("set by hand"), "{}", page.text());
    test.signed_in(Role::Nurse, &[900_101], &[])
        .get("/schools")
        .shows("School 900101");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_class_with_any_name_has_its_own_page(#[case] test: TestApp) {
    test.child(ChildSpec {
        class: "6B & C/Étoile",
        given_name: "Zia",
        ..ChildSpec::default()
    });
    test.child(ChildSpec::default());
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let page = nurse
        .get("/schools/900101")
        .follow("6B & C/Étoile")
        .status(200);
    assert!(
        page.says("Example, Zia") && !page.says("Example, Robin"),
        "{}",
        page.text()
    );
    // Saving stays on the class.
    let child = page.links("th a")[0]
        .1
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let page = page
        .fill_named(&format!("height-{child}"), "141")
        .fill_named(&format!("weight-{child}"), "34")
        .press_css(".app-row__form button");
    assert!(
        page.says("1 of 1 children") && !page.says("Example, Robin"),
        "{}",
        page.text()
    );
}
