//! Recording a class: rows that save by themselves, unusual values, two recorders, undoing.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::schema::{access, measurement, not_measured};

use crate::support::{Browser, ChildSpec, PASSWORD, Page, TestApp};

/// Saves a row as a browser without a script does.
fn save(page: &Page, pupil: i64, height: &str, weight: &str) -> Page {
    page.clone()
        .fill_named(&format!("height-{pupil}"), height)
        .fill_named(&format!("weight-{pupil}"), weight)
        .press_css(&format!("#f{pupil} button"))
}

fn row(page: &Page, pupil: i64) -> String {
    page.all(&format!("#row-{pupil}")).concat()
}

fn open(browser: &Browser) -> Page {
    browser.get("/schools/900101/record").status(200)
}

/// The token that the forms of a page carry.
fn csrf(page: &Page) -> String {
    let token = page.html.split("name=\"csrf\" value=\"").nth(1).unwrap();
    token.split('"').next().unwrap().to_owned()
}

/// Signs an account in again, whose session has ended.
fn sign_in(test: &TestApp, email: &str) -> Browser {
    let browser = test.browser();
    browser
        .get("/sign-in")
        .fill("Email address", email)
        .fill("Password", PASSWORD)
        .press("Sign in")
        .status(200);
    browser
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_recorder_measures_a_class_without_a_script(#[case] test: TestApp) {
    let ava = test.child(ChildSpec {
        given_name: "Ava",
        family_name: "Ólafsdóttir",
        ..ChildSpec::default()
    });
    let ben = test.child(ChildSpec {
        given_name: "Ben",
        family_name: "Ofori",
        ..ChildSpec::default()
    });
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = open(&browser).shows("0 of 2 children have an outcome");
    let text = page.text();
    assert!(
        text.find("Ofori, Ben") < text.find("Ólafsdóttir, Ava"),
        "not in the order of names: {text}"
    );
    let page = save(&page, ava, "141,2", "34.5")
        .status(200)
        .shows("1 of 2 children have an outcome");
    assert!(
        row(&page, ava).contains("Saved midday by A Recorder"),
        "{}",
        row(&page, ava)
    );
    let page = page
        .fill_named(&format!("reason-{ben}"), "absent")
        .press_css(&format!("#f{ben} button"));
    assert!(
        row(&page, ben).contains("Not measured absent"),
        "{}",
        row(&page, ben)
    );
    page.shows("2 of 2 children have an outcome");
    let events: i64 = test
        .db()
        .read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(access::table
                .filter(access::purpose.eq("recording"))
                .count()
                .get_result(tx)?)
        })
        .unwrap();
    assert!(events > 0, "names were shown and nothing says so");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_cannot_be_right_is_refused_and_kept_in_the_row(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Nurse, &[900_101], &[]);
    let page = save(&open(&browser), child, "tall", "34.5")
        .status(422)
        .shows("The height “tall” cannot be read");
    assert!(
        page.html.contains("value=\"34.5\""),
        "what was typed is gone"
    );
    save(&page, child, "30", "34.5")
        .status(422)
        .shows("You typed “30” as the height. Enter a height between 60 and 220");
    save(&page, child, "141.2", "")
        .status(422)
        .shows("The weight is missing");
    save(&page, child, "", "")
        .status(422)
        .shows("or choose why the child was not measured");
    page.clone()
        .fill_named(&format!("height-{child}"), "141.2")
        .fill_named(&format!("weight-{child}"), "34.5")
        .fill_named(&format!("reason-{child}"), "absent")
        .press_css(&format!("#f{child} button"))
        .status(422)
        .shows("Keep one of the two");
    open(&browser).shows("0 of 1 children");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_reason_has_a_day_of_the_year_that_is_not_in_the_future(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Nurse, &[900_101], &[]);
    for day in ["2026-12-01", "2026-08-31", "1999-01-01"] {
        browser
            .get(&format!("/schools/900101/record?on={day}"))
            .fill_named(&format!("reason-{child}"), "absent")
            .press_css(&format!("#f{child} button"))
            .status(422)
            .shows("The date of the measurement");
    }
    let page = browser
        .get("/schools/900101/record?on=2026-09-01")
        .fill_named(&format!("reason-{child}"), "absent")
        .press_css(&format!("#f{child} button"))
        .status(200);
    assert!(
        row(&page, child).contains("Not measured absent"),
        "{}",
        row(&page, child)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_slip_is_offered_as_it_was_meant_with_what_was_typed_quoted(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Nurse, &[900_101], &[]);
    let (accept, undo) = (
        format!("#m{child} button"),
        format!("#s{child} button[value=undo]"),
    );
    for (typed, asked, wrong) in [
        (
            ("1412", "345"),
            "You typed “1412” as the height and “345” as the weight. Did you mean 141.2 cm and \
            34.5 kg?",
            [true, true],
        ),
        (
            ("1.412", "34.5"),
            "You typed “1.412” as the height. Did you mean 141.2 cm?",
            [true, false],
        ),
        (
            ("34.5", "141.2"),
            "Are height and weight swapped?",
            [true, true],
        ),
        (
            ("141.2", "34.512"),
            "You typed “34.512” as the weight. Figures are kept to one decimal. Did you mean 34.5 \
            kg?",
            [false, true],
        ),
    ] {
        let page = save(&open(&browser), child, typed.0, typed.1)
            .status(422)
            .shows(asked);
        assert!(
            page.html.contains(&format!("value=\"{}\"", typed.0)),
            "what was typed is gone"
        );
        let red = ["h", "w"].map(|field| {
            !page
                .all(&format!("#{field}{child}.nhsuk-input--error"))
                .is_empty()
        });
        assert_eq!(red, wrong, "{typed:?}");
        let page = page.press_css(&accept).status(200).shows("1 of 1 children");
        assert!(
            page.html.contains("value=\"141.2\"") && page.html.contains("value=\"34.5\""),
            "{typed:?}"
        );
        page.press_css(&undo).status(200).shows("0 of 1 children");
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_unusual_measurement_is_saved_and_confirmed_by_a_named_person(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(&open(&browser), child, "141.2", "95").status(200);
    assert!(
        row(&page, child).contains("Check this"),
        "{}",
        row(&page, child)
    );
    let page = page
        .press_css(&format!("#s{child} button[value=confirm]"))
        .status(200);
    assert!(
        row(&page, child).contains("Confirmed by A Recorder"),
        "{}",
        row(&page, child)
    );
    assert!(!row(&page, child).contains("Figures are correct"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn two_recorders_do_not_overwrite_each_other_silently(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let first = test.signed_in(Role::Recorder, &[900_101], &[]);
    let second = test.signed_in(Role::Nurse, &[900_101], &[]);
    let (page_one, page_two) = (open(&first), open(&second));
    save(&page_one, child, "141.2", "34.5").status(200);
    let page = save(&page_two, child, "142.0", "35.0")
        .status(422)
        .shows("A Recorder recorded 141.2 cm and 34.5 kg at 12:00")
        .shows("Yours was not saved");
    let page = save(&page, child, "142.0", "35.0").status(200);
    assert!(
        row(&page, child).contains("by A Nurse"),
        "{}",
        row(&page, child)
    );
    let versions: Vec<i32> = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(measurement::table
                .order(measurement::version)
                .select(measurement::version)
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(versions, [1, 2], "a version was lost");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn of_many_who_save_one_row_at_the_same_moment_one_is_saved(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let pages: Vec<Page> = (0..4)
        .map(|number| {
            test.school(900_110 + number, "999");
            open(&test.signed_in(Role::Recorder, &[900_101, 900_110 + number], &[]))
        })
        .collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let saving: Vec<_> = pages
            .iter()
            .enumerate()
            .map(|(number, page)| {
                scope.spawn(move || save(page, child, &format!("14{number}.2"), "34.5").status)
            })
            .collect();
        saving
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 422).count(),
        3,
        "{statuses:?}"
    );
    let rows: i64 = test
        .db()
        .read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(measurement::table.count().get_result(tx)?)
        })
        .unwrap();
    assert_eq!(rows, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_same_row_posted_twice_is_saved_once(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let page = open(&test.signed_in(Role::Recorder, &[900_101], &[]));
    save(&page, child, "141.2", "34.5").status(200);
    save(&page, child, "141.2", "34.5").status(200);
    let rows: i64 = test
        .db()
        .read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(measurement::table.count().get_result(tx)?)
        })
        .unwrap();
    assert_eq!(rows, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_was_recorded_is_undone_and_put_back_and_the_history_stays(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(&open(&browser), child, "141.2", "34.5");
    let page = save(&page, child, "141.3", "34.5");
    let (undo, put_back) = (
        format!("#s{child} button[value=undo]"),
        format!("#s{child} button[value=put_back]"),
    );
    let page = page.press_css(&undo);
    assert!(
        page.html.contains("value=\"141.2\""),
        "{}",
        row(&page, child)
    );
    let page = page.press_css(&put_back);
    assert!(
        page.html.contains("value=\"141.3\""),
        "{}",
        row(&page, child)
    );
    let page = page.press_css(&undo);
    let reason = page
        .fill_named(&format!("reason-{child}"), "child_opt_out")
        .press_css(&format!("#f{child} button"));
    assert!(
        row(&reason, child).contains("child opt-out"),
        "{}",
        row(&reason, child)
    );
    let page = reason.press_css(&undo);
    assert!(
        page.html.contains("value=\"141.2\""),
        "{}",
        row(&page, child)
    );
    let page = page.press_css(&undo);
    assert!(
        row(&page, child).contains("what was recorded has been undone"),
        "{}",
        row(&page, child)
    );
    let page = page.press_css(&put_back);
    assert!(
        page.html.contains("value=\"141.2\""),
        "{}",
        row(&page, child)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn undo_asks_when_the_letter_has_gone_and_when_the_row_is_somebody_elses(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let recorder = test.signed_in(Role::Recorder, &[900_101], &[]);
    save(&open(&recorder), child, "141.2", "34.5").status(200);
    let (undo, anyway) = (
        format!("#s{child} button[value=undo]"),
        format!("#s{child} button[value=undo_anyway]"),
    );
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let asked = open(&nurse)
        .press_css(&undo)
        .status(200)
        .shows("A Recorder recorded this. Undo it anyway?");
    assert!(
        open(&nurse).html.contains("value=\"141.2\""),
        "undone without an answer"
    );
    asked
        .press_css(&anyway)
        .status(200)
        .shows("0 of 1 children");
    let page = open(&nurse)
        .press_css(&format!("#s{child} button[value=put_back]"))
        .shows("1 of 1 children");
    assert!(
        row(&page, child).contains("by A Recorder"),
        "who recorded it is lost: {}",
        row(&page, child)
    );

    test.app.clock.advance(chrono::Duration::days(2));
    test.run(&["letters", "prepare"]).done();
    test.app.clock.advance(chrono::Duration::days(1));
    test.run(&["letters", "send"]).done();
    let recorder = sign_in(&test, "recorder.900101@example.org");
    let asked = open(&recorder)
        .press_css(&undo)
        .status(200)
        .shows("A letter about this went to the parents on 3 December 2026. Undo it anyway?");
    assert!(
        !asked.says("A Recorder recorded this"),
        "the recorder is asked about their own row"
    );
    asked
        .press_css(&anyway)
        .status(200)
        .shows("0 of 1 children");
    let nurse = sign_in(&test, "nurse.900101@example.org");
    let page = nurse.get(&format!("/children/{child}")).shows("Undone");
    assert!(
        !page.says("Replaced"),
        "an undone measurement is called replaced"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_outcome_that_is_put_back_is_assessed_from_the_corrected_date_of_birth(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let page = save(&open(&nurse), child, "141.2", "34.5");
    save(&page, child, "141.3", "34.5").status(200);
    nurse
        .get(&format!("/children/{child}"))
        .follow("Correct details")
        .fill_named("born-year", "2015")
        .fill_named("born-month", "10")
        .press("Correct the details")
        .status(200);
    open(&nurse)
        .press_css(&format!("#s{child} button[value=undo]"))
        .status(200);
    let ages: Vec<(i32, i32, i32)> = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(measurement::table
                .order(measurement::version)
                .select((
                    measurement::version,
                    measurement::height_mm,
                    measurement::age_months,
                ))
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(
        ages,
        [
            (1, 1412, 128),
            (2, 1413, 128),
            (3, 1413, 133),
            (4, 1412, 133)
        ]
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_row_without_a_readable_version_is_refused(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(&open(&browser), child, "141.2", "34.5").status(200);
    for action in ["save", "undo", "undo_anyway", "put_back", "confirm"] {
        for version in ["", "one", "1.0", "99999999999"] {
            page.clone()
                .fill_named(&format!("height-{child}"), "150.0")
                .fill_named(&format!("version-{child}"), version)
                .fill_named(&format!("action-{child}"), action)
                .press_css("#settings button")
                .status(400)
                .shows("without the version");
        }
    }
    let page = open(&browser);
    assert!(
        page.html.contains("value=\"141.2\""),
        "{}",
        row(&page, child)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn correcting_an_older_row_keeps_its_date_device_and_measurer(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let recorder = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = recorder.get("/schools/900101/record?on=2026-11-03&device=Stadiometer+4");
    save(&page, child, "141.2", "34.5").status(200);
    test.app.clock.advance(chrono::Duration::days(10));
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let kept = |version: i32| -> (String, Option<String>, Option<String>) {
        test.db()
            .read_now(|tx| -> Result<_, stature::db::Error> {
                let (on, device, by): (chrono::NaiveDate, _, _) = measurement::table
                    .filter(measurement::version.eq(version))
                    .select((
                        measurement::measured_on,
                        measurement::device,
                        measurement::measured_by,
                    ))
                    .first(tx)?;
                Ok((on.to_string(), device, by))
            })
            .unwrap()
    };
    let of = |on: &str, device: &str, by: &str| {
        (on.to_owned(), Some(device.to_owned()), Some(by.to_owned()))
    };
    let other_page = nurse.get("/schools/900101/record?device=Stadiometer+9");
    let page = save(&other_page, child, "141.3", "34.5").status(200);
    assert_eq!(kept(2), of("2026-11-03", "Stadiometer 4", "A Recorder"));
    assert!(
        row(&page, child).contains("dated 3 November 2026"),
        "{}",
        row(&page, child)
    );
    let page = page
        .fill_named(&format!("kept_on-{child}"), "2026-11-04")
        .fill_named(&format!("kept_by-{child}"), "B Helper")
        .press_css(&format!("#f{child} button"));
    assert_eq!(kept(3), of("2026-11-04", "Stadiometer 4", "B Helper"));
    page.fill_named(&format!("reason-{child}"), "absent")
        .press_css(&format!("#f{child} button"))
        .status(200);
    let noted: chrono::NaiveDate = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(not_measured::table
                .select(not_measured::noted_on)
                .first(tx)?)
        })
        .unwrap();
    assert_eq!(noted.to_string(), "2026-11-04");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_measured_again_gets_a_measurement_of_the_new_day(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    test.measure(
        child,
        1412,
        34_500,
        chrono::NaiveDate::from_ymd_opt(2026, 11, 3).unwrap(),
    );
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = open(&browser).press("Measure again").status(200);
    assert!(
        !page.html.contains("value=\"141.2\""),
        "the old figures stand in the row"
    );
    let page = save(&page, child, "141.6", "34.6").status(200);
    assert!(
        page.html.contains(&format!(
            "name=\"kept_on-{child}\" type=\"date\" value=\"2026-11-30\""
        )),
        "{}",
        row(&page, child)
    );
    assert!(
        page.html.contains("value=\"141.6\""),
        "the row is still to be measured again"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_slip_that_was_undone_is_not_what_a_height_is_compared_with(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = save(
        &browser.get("/schools/900101/record?on=2026-11-03"),
        child,
        "149.0",
        "34.5",
    )
    .status(200);
    page.press_css(&format!("#s{child} button[value=undo]"))
        .status(200);
    let page = save(&open(&browser), child, "141.2", "34.5").status(200);
    assert!(
        !row(&page, child).contains("lower than"),
        "{}",
        row(&page, child)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_row_of_a_withdrawn_child_takes_no_figures_and_counts_as_done(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    test.child(ChildSpec {
        given_name: "Kim",
        ..ChildSpec::default()
    });
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    nurse
        .get(&format!("/children/{child}"))
        .fill_named("flags", "opted_out")
        .press("Set flags")
        .status(200);
    let page = open(&nurse)
        .shows("1 of 2 children have an outcome")
        .shows("do not measure");
    for field in ["height", "weight", "reason"] {
        assert!(
            page.all(&format!("#row-{child} [name={field}-{child}]"))
                .is_empty(),
            "the row has a field for {field}"
        );
    }
    assert!(
        page.all(&format!("#row-{child} button")).is_empty(),
        "the row has a button"
    );
    let fields = [
        ("csrf", csrf(&page)),
        ("version", "0".to_owned()),
        ("height", "141.2".to_owned()),
        ("weight", "34.5".to_owned()),
        ("action", "save".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    nurse
        .post(&format!("/schools/900101/record/{child}"), &fields)
        .status(409)
        .shows("do not measure");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_row_that_another_person_typed_is_not_saved_under_the_name_of_the_one_signed_in(
    #[case] test: TestApp,
) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = open(&browser);
    let token = csrf(&page);
    let person = page
        .html
        .split("data-person=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let post = |person: &str| {
        let fields = [
            ("csrf", token.as_str()),
            ("person", person),
            ("version", "0"),
            ("height", "141.2"),
            ("weight", "34.5"),
            ("action", "save"),
        ];
        browser.post(&format!("/schools/900101/record/{child}"), &fields)
    };
    post("999999")
        .status(409)
        .shows("Another person typed this row");
    open(&browser).shows("0 of 1 children");
    post(&person).status(200);
    open(&browser).shows("1 of 1 children");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn other_schools_and_other_roles_are_kept_out(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    test.school(900_102, "999");
    let elsewhere = test.signed_in(Role::Recorder, &[900_102], &[]);
    elsewhere.get("/schools/900101/record").status(404);
    elsewhere.get("/schools/900101/record/rows").status(404);
    let here = open(&test.signed_in(Role::Nurse, &[900_101, 900_102], &[]));
    assert!(here.says("Example, Robin"));
    // The child's number under a school that the recorder does have.
    let token = csrf(&elsewhere.get("/account"));
    let fields = [
        ("csrf", token.as_str()),
        ("version", "0"),
        ("height", "141"),
        ("weight", "34"),
        ("action", "save"),
    ];
    elsewhere
        .post(&format!("/schools/900101/record/{child}"), &fields)
        .status(404);
    elsewhere
        .post(&format!("/schools/900102/record/{child}"), &fields)
        .status(404);
    test.signed_in(Role::Monitor, &[], &[])
        .get("/schools/900101/record")
        .status(403);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_script_gets_rows_without_names(#[case] test: TestApp) {
    let child = test.child(ChildSpec {
        family_name: "Quennell",
        ..ChildSpec::default()
    });
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    save(&open(&browser), child, "141.2", "34.5");
    let rows = browser.get("/schools/900101/record/rows").status(200);
    assert!(
        rows.html.contains("\"height\":\"141.2\"") && rows.html.contains("\"version\":1"),
        "{}",
        rows.html
    );
    assert!(!rows.html.contains("Quennell"));
    // A page that outlived its session takes the token of the new one, if the same person has
    // signed in.
    let page = open(&browser);
    let token = csrf(&page);
    assert!(
        rows.html.contains(&format!("\"csrf\":\"{token}\"")),
        "{}",
        rows.html
    );
    let person = page
        .html
        .split("data-person=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        rows.html.contains(&format!("\"person\":{person}")),
        "{}",
        rows.html
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_page_of_thirty_children_is_small(#[case] test: TestApp) {
    for _ in 0..30 {
        test.child(ChildSpec::default());
    }
    let page = open(&test.signed_in(Role::Recorder, &[900_101], &[]));
    assert!(page.html.len() < 150_000, "{} bytes", page.html.len());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn progress_counts_without_showing_a_child(#[case] test: TestApp) {
    let child = test.child(ChildSpec {
        family_name: "Quennell",
        ..ChildSpec::default()
    });
    test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    save(&open(&browser), child, "141.0", "34.5");
    let page = test
        .signed_in(Role::Monitor, &[], &[])
        .get("/progress")
        .status(200);
    assert!(page.says("50%") || page.says("50.0%"), "{}", page.text());
    assert!(
        page.says("School 900101") && !page.says("Quennell"),
        "{}",
        page.text()
    );
}
