//! Single children: finding one, its page, flags, corrections.

use chrono::NaiveDate;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::schema::{access, audit_event, identity, letter, pupil};

use crate::support::{ChildSpec, TestApp};

fn accesses(test: &TestApp, purpose: &str) -> i64 {
    test.db()
        .read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(access::table
                .filter(access::purpose.eq(purpose))
                .count()
                .get_result(tx)?)
        })
        .unwrap()
}

/// The number of a centile as a letter tells it ("87th", "Below the 0.4th"), as a table would show
/// it.
fn as_in_a_table(told: &str) -> String {
    let number = told.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    number
        .replace("Below the ", "<")
        .replace("Above the ", ">")
        .replace("below the ", "<")
        .replace("above the ", ">")
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_is_found_by_parts_of_its_names_in_any_order(#[case] test: TestApp) {
    test.child(ChildSpec {
        given_name: "Siân Mai",
        family_name: "O’Brien-Łuczak",
        ..ChildSpec::default()
    });
    test.child(ChildSpec {
        given_name: "Brienne",
        family_name: "Other",
        nhs_number: "9990100284",
        ..ChildSpec::default()
    });
    test.child(ChildSpec {
        given_name: "Sian",
        family_name: "Elsewhere",
        school: 900_102,
        ..ChildSpec::default()
    });
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let find = |typed: &str| {
        nurse
            .get("/children")
            .fill("Name or NHS number", typed)
            .press("Find")
    };
    let page = find("lucz sian")
        .shows("Showing 1 child")
        .shows("O’Brien-Łuczak, Siân Mai");
    assert!(
        !page.url.contains("sian"),
        "a name stands in the address: {}",
        page.url
    );
    find("BRIEN").shows("Showing 2 children");
    find("999 010 0284")
        .shows("Other, Brienne")
        .shows("Showing 1 child");
    let page = find("elsewhere").shows("No child fits");
    assert!(
        !page.says("Elsewhere, Sian"),
        "a child of another school is shown"
    );
    find("x").status(422).shows("at least two letters");
    assert!(accesses(&test, "finding_child") > 0);
    find("lucz")
        .follow("O’Brien-Łuczak, Siân Mai")
        .status(200)
        .shows("14 March 2016");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_childs_page_shows_its_record_and_who_saw_it(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    test.measure(
        child,
        1412,
        34_500,
        NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
    );
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let page = nurse
        .get(&format!("/children/{child}"))
        .status(200)
        .shows("Robin Example")
        .shows("27 November 2026")
        .shows("141.2")
        .shows("sam@example.org")
        .shows("healthy weight")
        .shows("No letter has been prepared")
        .shows("Measurement recorded");
    assert!(
        page.html.contains("<svg class=\"app-chart\""),
        "there is no chart"
    );
    nurse.get(&format!("/children/{child}")).shows("A Nurse");
    assert_eq!(accesses(&test, "viewing_record"), 2);
    test.school(900_102, "999");
    test.signed_in(Role::Nurse, &[900_102], &[])
        .get(&format!("/children/{child}"))
        .status(404);
    test.signed_in(Role::Recorder, &[900_101], &[])
        .get(&format!("/children/{child}"))
        .status(403);
    nurse.get("/children/999999").status(404);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_flag_is_set_and_a_withdrawn_child_is_not_measured(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    nurse
        .get(&format!("/children/{child}"))
        .fill_named("flags", "opted_out")
        .press("Set flags")
        .shows("The flags were set")
        .shows("Opted out");
    nurse
        .get("/schools/900101/record")
        .shows("A parent has withdrawn this child: do not measure");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn details_are_corrected_and_the_child_is_assessed_again(#[case] test: TestApp) {
    let child = test.child(ChildSpec {
        contacts: vec![
            ("Sam Example", "sam@example.org"),
            ("Kim Example", "kim@example.org"),
        ],
        ..ChildSpec::default()
    });
    test.measure(
        child,
        1412,
        34_500,
        NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(),
    );
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let form = nurse
        .get(&format!("/children/{child}"))
        .follow("Correct details")
        .status(200);
    let page = form
        .clone()
        .fill("NHS number", "9990100285")
        .fill("Given name", "")
        .press("Correct the details")
        .status(422)
        .shows("Enter the given name")
        .shows("Enter the ten digits");
    assert!(page.html.contains("9990100285"), "what was typed is gone");
    form.fill("Given name", "Róisín")
        .fill_named("born-year", "2015")
        .fill_named("born-month", "10")
        .fill("Email address of parent or carer 1", "new@example.org")
        .press("Correct the details")
        .shows("The details were corrected")
        .shows("Róisín Example")
        .shows("14 October 2015")
        .shows("new@example.org")
        .shows("kim@example.org")
        .shows("11 years and 1 month");
    let (version, details): (i32, Vec<String>) = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok((
                pupil::table
                    .find(child)
                    .select(pupil::outcome_version)
                    .first(tx)?,
                audit_event::table
                    .filter(audit_event::action.eq("child.corrected"))
                    .select(audit_event::detail)
                    .load(tx)?,
            ))
        })
        .unwrap();
    assert_eq!(version, 2, "the child was not assessed again");
    assert_eq!(
        details,
        [r#"{"fields":["given_name","date_of_birth","contacts"]}"#]
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn two_who_correct_one_child_do_not_overwrite_each_other_silently(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let path = format!("/children/{child}/details");
    let (first, second) = (
        test.signed_in(Role::Nurse, &[900_101], &[]),
        test.signed_in(Role::Administrator, &[], &[]),
    );
    let (one, two) = (first.get(&path), second.get(&path));
    one.fill("Town", "Northbridge")
        .press("Correct the details")
        .shows("The details were corrected");
    let two = two
        .fill("Class", "6B")
        .press("Correct the details")
        .status(422)
        .shows("Somebody else has corrected this child’s details");
    assert!(two.html.contains("value=\"6B\""), "what was typed is gone");
    first
        .get(&format!("/children/{child}"))
        .shows("Northbridge");
    // Shown beside what is held now, it is a decision of whoever saves once more.
    two.press("Correct the details")
        .shows("The details were corrected")
        .shows("6B");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_whose_name_is_gone_says_so_and_since_when(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    test.measure(
        child,
        1412,
        34_500,
        NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
    );
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::delete(identity::table.find(child)).execute(tx)?;
            diesel::update(pupil::table.find(child))
                .set(pupil::name_removed_on.eq(NaiveDate::from_ymd_opt(2027, 3, 12).unwrap()))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let page = nurse
        .get(&format!("/children/{child}"))
        .status(200)
        .shows("Name removed by the end of March 2027")
        .shows("141.2");
    assert!(!page.says("Correct details") && !page.says("sam@example.org"));
    nurse
        .get(&format!("/children/{child}/details"))
        .status(409)
        .shows("nothing left to correct");
    let page = nurse
        .get("/schools/900101/record")
        .status(200)
        .shows("Name removed");
    page.fill_named(&format!("height-{child}"), "")
        .fill_named(&format!("weight-{child}"), "")
        .fill_named(&format!("reason-{child}"), "absent")
        .press_css(&format!("#f{child} button"))
        .status(422)
        .shows("nothing more can be recorded");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_childs_page_shows_the_centile_of_its_letter_for_a_whole_demonstration_year(
    #[case] test: TestApp,
) {
    test.run(&[
        "synth",
        "--schools",
        "2",
        "--seed",
        "7",
        "--years",
        "1",
        "--out",
        "area",
    ])
    .done();
    test.run(&["import", "schools", "area/schools.csv"]).done();
    test.set_year("2026-27", 900);
    test.run(&[
        "import",
        "roster",
        "area/roster-2026-27.csv",
        "--year",
        "2026-27",
    ])
    .done();
    test.run(&[
        "import",
        "measurements",
        "area/measurements-2026-27.csv",
        "--year",
        "2026-27",
    ])
    .done();
    test.run(&["letters", "prepare"]).done();
    let letters: Vec<(i64, i64)> = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(letter::table
                .filter(letter::kind.eq("result"))
                .order(letter::id)
                .select((letter::id, letter::pupil_id))
                .load(tx)?)
        })
        .unwrap();
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let mut compared = 0;
    for (letter, child) in letters {
        let rows = administrator
            .get(&format!("/letters/{letter}"))
            .all(".nhsuk-summary-list__row");
        // A letter without an address or without an assessment has no content yet.
        let Some(told) = rows.iter().find_map(|row| row.strip_prefix("Centile ")) else {
            continue;
        };
        let page = administrator.get(&format!("/children/{child}"));
        let shown = page.all("table tbody tr:first-child td:nth-child(6)");
        assert_eq!(shown.first(), Some(&as_in_a_table(told)), "letter {letter}");
        compared += 1;
    }
    assert!(compared > 80, "only {compared} letters were compared");
}
