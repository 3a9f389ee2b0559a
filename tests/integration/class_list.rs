//! The class list without a script: one form, of which one button saves what was typed in every
//! row.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::schema::{measurement, not_measured, pupil};

use crate::support::{Browser, ChildSpec, Page, TestApp};

fn three_children(test: &TestApp) -> [i64; 3] {
    ["Ava", "Ben", "Cleo"].map(|given_name| {
        test.child(ChildSpec {
            given_name,
            ..ChildSpec::default()
        })
    })
}

fn open(browser: &Browser) -> Page {
    browser.get("/schools/900101/record").status(200)
}

fn typed(page: Page, pupil: i64, height: &str, weight: &str) -> Page {
    page.fill_named(&format!("height-{pupil}"), height)
        .fill_named(&format!("weight-{pupil}"), weight)
}

fn save(page: &Page, pupil: i64) -> Page {
    page.press_css(&format!("#f{pupil} button"))
}

/// What stands in the two figure fields of a row.
fn shown(page: &Page, pupil: i64) -> [String; 2] {
    ["height", "weight"].map(|name| {
        let field = format!("name=\"{name}-{pupil}\"");
        let rest = page.html.split(&field).nth(1).unwrap();
        let value = rest.split("value=\"").nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    })
}

/// Heights of every version, in the order of the children and their versions.
fn heights(test: &TestApp) -> Vec<i32> {
    test.db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(measurement::table
                .order((measurement::pupil_id, measurement::version))
                .select(measurement::height_mm)
                .load(tx)?)
        })
        .unwrap()
}

/// The device of the newest version.
fn device(test: &TestApp) -> Option<String> {
    test.db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(measurement::table
                .order(measurement::version.desc())
                .select(measurement::device)
                .first(tx)?)
        })
        .unwrap()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_button_saves_what_was_typed_in_every_row(#[case] test: TestApp) {
    let [ava, ben, cleo] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = typed(
        typed(open(&browser), ava, "141.2", "34.5"),
        cleo,
        "139.1",
        "33.0",
    );
    let page = save(&page, ava)
        .status(200)
        .shows("2 of 3 children have an outcome");
    assert_eq!(heights(&test), [1412, 1391]);
    // Enter in a field presses the form's first button.
    let page = page
        .fill_named(&format!("reason-{ben}"), "absent")
        .press_css("#rows button");
    page.status(200).shows("3 of 3 children have an outcome");
    assert_eq!(
        heights(&test),
        [1412, 1391],
        "rows that nobody touched were saved again"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_refused_row_comes_back_with_what_was_typed_and_the_others_are_saved(#[case] test: TestApp) {
    let [ava, ben, cleo] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = typed(open(&browser), ava, "30", "34.5");
    let page = typed(typed(page, ben, "140.3", "33.1"), cleo, "1391", "");
    let page = save(&page, ben)
        .status(422)
        .shows("2 rows were not saved")
        .shows("1 of 3 children have an outcome")
        .shows("Enter a height between 60 and 220")
        .shows("The weight is missing");
    assert_eq!(shown(&page, ava), ["30", "34.5"]);
    assert_eq!(shown(&page, cleo), ["1391", ""]);
    // Put right in one row, emptied in the other.
    let page = typed(typed(page, ava, "130.0", "34.5"), cleo, "", "");
    save(&page, ava)
        .status(200)
        .shows("2 of 3 children have an outcome");
    assert_eq!(heights(&test), [1300, 1403]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_is_typed_in_other_rows_is_saved_when_one_is_undone_or_another_class_is_opened(
    #[case] test: TestApp,
) {
    let [ava, ben, cleo] = three_children(&test);
    let elm = test.child(ChildSpec {
        given_name: "Dan",
        class: "Elm",
        ..ChildSpec::default()
    });
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(&typed(open(&browser), ava, "141.2", "34.5"), ava);
    let page = typed(page, ben, "140.3", "33.1").press_css(&format!("#s{ava} button[value=undo]"));
    let page = page.status(200).shows("1 of 4 children have an outcome");
    let page = typed(page, cleo, "139.1", "33.0")
        .fill_named("class", "Elm")
        .press("Update list");
    assert_eq!(page.url, "/schools/900101/record?class=Elm");
    let page = typed(page.status(200).shows("0 of 1 children"), elm, "14", "33")
        .fill_named("class", "Oak");
    // What cannot be saved keeps its list open.
    let page = page
        .press("Update list")
        .status(422)
        .shows("You typed “14” as the height");
    assert_eq!(shown(&page, elm), ["14", "33"]);
    open(&browser).shows("2 of 4 children have an outcome");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_date_and_device_that_are_shown_count_without_updating_the_list(#[case] test: TestApp) {
    let [ava, ..] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = typed(open(&browser), ava, "141.2", "34.5")
        .fill("Date measured", "2026-11-03")
        .fill_named("device", "Scale 7");
    let page = save(&page, ava).status(200).shows("dated 3 November 2026");
    assert_eq!(device(&test).as_deref(), Some("Scale 7"));
    assert!(
        page.url.contains("on=2026-11-03") && page.url.contains("device=Scale+7"),
        "{}",
        page.url
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_correction_that_empties_the_device_empties_it_and_one_that_does_not_keeps_it(
    #[case] test: TestApp,
) {
    let [ava, ..] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(
        &typed(
            browser.get("/schools/900101/record?device=Scale+7"),
            ava,
            "141.2",
            "34.5",
        ),
        ava,
    );
    let page = save(&typed(page, ava, "141.3", "34.5"), ava).status(200);
    assert_eq!(device(&test).as_deref(), Some("Scale 7"));
    let page = save(&page.fill_named(&format!("kept_device-{ava}"), ""), ava).status(200);
    assert_eq!(device(&test), None);
    // Sent once more, and saved with nothing changed: nothing new.
    save(&page, ava).status(200);
    assert_eq!(heights(&test), [1412, 1413, 1413]);
    save(
        &page.fill_named(&format!("kept_device-{ava}"), "Scale 8"),
        ava,
    )
    .status(200);
    assert_eq!(device(&test).as_deref(), Some("Scale 8"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn figures_typed_beside_the_reason_that_stands_take_its_place(#[case] test: TestApp) {
    let [ava, ..] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(
        &open(&browser).fill_named(&format!("reason-{ava}"), "absent"),
        ava,
    )
    .shows("absent");
    save(&typed(page, ava, "141.2", "34.5"), ava)
        .status(200)
        .shows("Measured");
    assert_eq!(heights(&test), [1412]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn figures_of_a_child_who_has_left_the_list_are_shown_and_the_others_are_saved(
    #[case] test: TestApp,
) {
    let [ava, ben, cleo] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = typed(
        typed(open(&browser), ava, "141.2", "34.5"),
        ben,
        "140.3",
        "33.1",
    );
    let page = page.fill_named(&format!("reason-{cleo}"), "absent");
    // An import was undone, and a child moved to another school.
    test.school(900_102, "999");
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            use stature::db::schema::identity;
            diesel::delete(identity::table.filter(identity::pupil_id.eq(ava))).execute(tx)?;
            diesel::delete(pupil::table.find(ava)).execute(tx)?;
            diesel::update(pupil::table.find(cleo))
                .set(pupil::school_urn.eq(900_102))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let page = save(&page, ben)
        .status(422)
        .shows("2 rows were not saved")
        .shows("This child is no longer on the list of this school. Not saved: 141.2 cm, 34.5 kg.")
        .shows("1 of 1 children have an outcome");
    assert_eq!(shown(&page, ben), ["140.3", "33.1"]);
    assert_eq!(heights(&test), [1403]);
    let reasons: i64 = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(not_measured::table.count().get_result(tx)?)
        })
        .unwrap();
    assert_eq!(reasons, 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_correction_made_while_the_date_of_birth_is_corrected_keeps_its_day_and_is_no_conflict(
    #[case] test: TestApp,
) {
    let [ava, ..] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(
        &typed(
            browser.get("/schools/900101/record?on=2026-11-03"),
            ava,
            "141.2",
            "34.5",
        ),
        ava,
    );
    let page = typed(page, ava, "141.3", "34.5");
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get(&format!("/children/{ava}/details"))
        .fill_named("born-year", "2015")
        .fill_named("born-month", "10")
        .press("Correct the details")
        .status(200);
    save(&page, ava).status(200).shows("dated 3 November 2026");
    assert_eq!(heights(&test), [1412, 1412, 1413]);
    let days: Vec<String> = test
        .db()
        .read_now(|tx| -> Result<Vec<String>, stature::db::Error> {
            let days: Vec<chrono::NaiveDate> = measurement::table
                .select(measurement::measured_on)
                .load(tx)?;
            Ok(days.iter().map(ToString::to_string).collect())
        })
        .unwrap();
    assert_eq!(days, ["2026-11-03"; 3]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_school_that_closes_while_its_class_is_open_says_so_and_loses_nothing_typed(
    #[case] test: TestApp,
) {
    use stature::db::schema::school;
    let [ava, ..] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = typed(open(&browser), ava, "141.2", "34.5");
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(school::table.find(900_101))
                .set(school::status.eq(2))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    save(&page, ava)
        .status(200)
        .shows("1 of 3 children")
        .shows("The register says that this school has closed");
    assert_eq!(heights(&test), [1412]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_list_sent_without_a_readable_version_saves_nothing(#[case] test: TestApp) {
    let [ava, ..] = three_children(&test);
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page =
        typed(open(&browser), ava, "141.2", "34.5").fill_named(&format!("version-{ava}"), "one");
    save(&page, ava).status(400).shows("without the version");
    assert!(heights(&test).is_empty());
    // Of another school, nothing at all.
    test.school(900_102, "999");
    let stranger = test.signed_in(Role::Recorder, &[900_102], &[]);
    let own = open(&browser);
    let (version, was) = (format!("version-{ava}"), format!("was-{ava}"));
    let height = format!("height-{ava}");
    let csrf = stranger
        .get("/schools")
        .html
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let fields = [
        ("csrf", csrf.as_str()),
        (&version, "0"),
        (&was, ""),
        (&height, "141.2"),
    ];
    stranger.post("/schools/900101/record", &fields).status(404);
    assert!(own.says("0 of 3 children") && heights(&test).is_empty());
}
