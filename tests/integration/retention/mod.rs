//! Names go when their date has come, and the evidence that they went.

mod links;
mod locks;
mod pauses;
mod runs;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Scope;
use stature::audit::Actor;
use stature::db::schema::{
    identity, import, import_pupil, import_row, letter, measurement, not_measured, outbox, pupil,
    warning,
};
use stature::db::{Conn, Error};
use stature::identity::{IdentityError, Purpose, Whose};
use stature::measurement::{self as measurement_slice, quality};
use stature::retention::{self, Night, Outcome, Run};

use crate::support::{ChildSpec, TestApp};

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Writes a measurement as recording does; a later one of the same child is a later version.
fn measured(test: &TestApp, child: i64, on: NaiveDate, height_mm: i32, category: &str) {
    let at = on.and_hms_opt(10, 42, 7).unwrap();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            let version = next_version(tx, child)?;
            diesel::insert_into(measurement::table)
                .values((
                    measurement::pupil_id.eq(child),
                    measurement::version.eq(version),
                    measurement::measured_on.eq(on),
                    measurement::age_months.eq(128),
                    measurement::height_mm.eq(height_mm),
                    measurement::weight_g.eq(34_100),
                    measurement::scheme.eq("zscore"),
                    measurement::bmi_z_tenths.eq(3),
                    measurement::population_category.eq(category),
                    measurement::clinical_category.eq(category),
                    measurement::recorded_by.eq("A nurse"),
                    measurement::recorded_at.eq(at),
                ))
                .execute(tx)?;
            diesel::insert_into(warning::table)
                .values((
                    warning::pupil_id.eq(child),
                    warning::version.eq(version),
                    warning::code.eq("weekend"),
                    warning::confirmed_by.eq("A nurse"),
                    warning::confirmed_at.eq(at),
                ))
                .execute(tx)?;
            outcome(tx, child, "measured", version)
        })
        .unwrap();
}

fn not_measured_because(test: &TestApp, child: i64, on: NaiveDate, reason: &str) {
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            let version = next_version(tx, child)?;
            diesel::insert_into(not_measured::table)
                .values((
                    not_measured::pupil_id.eq(child),
                    not_measured::version.eq(version),
                    not_measured::reason.eq(reason),
                    not_measured::noted_on.eq(on),
                    not_measured::recorded_by.eq("A nurse"),
                    not_measured::recorded_at.eq(on.and_hms_opt(9, 0, 0).unwrap()),
                ))
                .execute(tx)?;
            outcome(tx, child, "not_measured", version)
        })
        .unwrap();
}

fn next_version(tx: &mut Conn, child: i64) -> Result<i32, Error> {
    let version: i32 = pupil::table
        .find(child)
        .select(pupil::outcome_version)
        .first(tx)?;
    Ok(version + 1)
}

fn outcome(tx: &mut Conn, child: i64, outcome: &str, version: i32) -> Result<(), Error> {
    diesel::update(pupil::table.find(child))
        .set((
            pupil::outcome.eq(outcome),
            pupil::outcome_version.eq(version),
        ))
        .execute(tx)?;
    Ok(())
}

fn child(test: &TestApp, family_name: &'static str) -> i64 {
    test.child(ChildSpec {
        family_name,
        ..ChildSpec::default()
    })
}

/// Runs a night, after a person has confirmed the date: the tests' clock jumps by months.
fn run(test: &TestApp) -> Run {
    confirm_date(test);
    retention::run_night(&test.app, &Actor::job("retention")).unwrap()
}

fn confirm_date(test: &TestApp) {
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| retention::confirm_date(tx, &Actor::command("test"), now))
        .unwrap();
}

fn has_name(test: &TestApp, child: i64) -> bool {
    test.db()
        .read_now(|tx| -> Result<i64, Error> {
            Ok(identity::table.find(child).count().get_result(tx)?)
        })
        .unwrap()
        == 1
}

fn scan_of(run: &Run) -> &retention::Scan {
    run.scan.as_ref().unwrap()
}

/// School, year group, sex, category, deprivation quintile.
type CategoryRow = (i32, String, String, Option<String>, Option<i32>);

/// Everything the programme counts: categories, participation and data quality as their pages show
/// them, and the columns that they are counted from.
fn aggregates(test: &TestApp) -> Vec<String> {
    test.db()
        .read_now(|tx| -> Result<Vec<String>, Error> {
            let categories: Vec<CategoryRow> = pupil::table
                .inner_join(measurement::table)
                .filter(measurement::version.eq(pupil::outcome_version))
                .order((pupil::school_urn, pupil::id))
                .select((
                    pupil::school_urn,
                    pupil::year_group,
                    pupil::sex,
                    measurement::population_category,
                    pupil::deprivation_quintile,
                ))
                .load(tx)?;
            let participation: Vec<(String, bool, bool, Option<String>)> = pupil::table
                .order(pupil::id)
                .select((
                    pupil::outcome,
                    pupil::opted_out,
                    pupil::on_roll,
                    pupil::ethnic_group,
                ))
                .load(tx)?;
            let reasons: Vec<String> = not_measured::table
                .order(not_measured::pupil_id)
                .select(not_measured::reason)
                .load(tx)?;
            let quality: Vec<(i32, i32, Option<String>)> = measurement::table
                .order(measurement::pupil_id)
                .select((
                    measurement::height_mm,
                    measurement::weight_g,
                    measurement::measured_by,
                ))
                .load(tx)?;
            let warnings: Vec<(String, Option<String>)> = warning::table
                .order(warning::pupil_id)
                .select((warning::code, warning::confirmed_by))
                .load(tx)?;
            let tallies = measurement_slice::tallies(tx, &Scope::Everything, "2026-27")?;
            let quality_report = quality::report(&measurement_slice::looks(
                tx,
                &Scope::Everything,
                "2026-27",
            )?);
            assert!(
                quality_report.all.weekend > 0,
                "the test has no measurement at a weekend"
            );
            Ok(vec![
                format!("{tallies:?}"),
                format!("{quality_report:?}"),
                format!("{categories:?}"),
                format!("{participation:?}"),
                format!("{reasons:?}"),
                format!("{quality:?}"),
                format!("{warnings:?}"),
            ])
        })
        .unwrap()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_is_noted_about_a_child_after_its_name_went_is_coarsened_in_the_next_night(
    #[case] test: TestApp,
) {
    test.set_year("2026-27", 30);
    let (measured_one, absent_one) = (child(&test, "Archer"), child(&test, "Baker"));
    measured(
        &test,
        measured_one,
        date(2026, 11, 2),
        1412,
        "healthy_weight",
    );
    measured(&test, absent_one, date(2026, 11, 2), 1412, "healthy_weight");
    test.app.clock.set_to_noon(date(2026, 12, 9));
    assert_eq!(run(&test).names, 2);
    test.app.clock.set_to_noon(date(2027, 1, 20));
    let at = test.app.clock.now();
    not_measured_because(&test, absent_one, date(2027, 1, 19), "absent");
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(warning::table.filter(warning::pupil_id.eq(measured_one)))
                .set(warning::confirmed_at.eq(at))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    run(&test);
    let month = date(2027, 1, 1);
    let moment = month.and_hms_opt(0, 0, 0);
    test.db()
        .read_now(|tx| -> Result<(), Error> {
            let confirmed: Option<NaiveDateTime> = warning::table
                .filter(warning::pupil_id.eq(measured_one))
                .select(warning::confirmed_at)
                .first(tx)?;
            assert_eq!(confirmed, moment);
            let noted: (NaiveDate, NaiveDateTime) = not_measured::table
                .filter(not_measured::pupil_id.eq(absent_one))
                .select((not_measured::noted_on, not_measured::recorded_at))
                .first(tx)?;
            assert_eq!((noted.0, Some(noted.1)), (month, moment));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        run(&test).counts.not_measured,
        0,
        "what is coarse already was touched again"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_name_goes_on_its_date_and_not_a_day_before(#[case] test: TestApp) {
    test.set_year("2026-27", 90);
    let early = child(&test, "Early");
    let late = child(&test, "Later");
    measured(&test, early, date(2026, 11, 2), 1401, "healthy_weight");
    measured(&test, late, date(2026, 11, 3), 1402, "healthy_weight");
    test.app.clock.set_to_noon(date(2027, 1, 30));
    assert_eq!(run(&test).names, 0);
    assert!(has_name(&test, early));
    test.app.clock.set_to_noon(date(2027, 1, 31));
    let night = run(&test);
    assert_eq!(night.names, 1);
    assert!(!has_name(&test, early) && has_name(&test, late));
    assert_eq!(
        scan_of(&night).outcome,
        Outcome::Clean,
        "{:?}",
        scan_of(&night)
    );
    assert_eq!(scan_of(&night).children, 1);
    assert!(scan_of(&night).bytes > 10_000);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_measurement_that_stands_counts_and_a_child_never_measured_waits_for_the_years_end(
    #[case] test: TestApp,
) {
    test.set_year("2026-27", 30);
    let again = child(&test, "Again");
    measured(&test, again, date(2026, 10, 1), 1401, "healthy_weight");
    measured(&test, again, date(2026, 11, 20), 1401, "healthy_weight");
    let withdrawn = child(&test, "Withdrawn");
    measured(&test, withdrawn, date(2026, 10, 1), 1401, "healthy_weight");
    not_measured_because(&test, withdrawn, date(2026, 10, 2), "child_opt_out");
    let never = child(&test, "Never");
    assert_eq!(
        run(&test).names,
        0,
        "a name went by a measurement that does not stand"
    );
    test.app.clock.set_to_noon(date(2026, 12, 20));
    assert_eq!(run(&test).names, 1);
    assert!(!has_name(&test, again));
    test.app.clock.set_to_noon(date(2027, 9, 29));
    assert_eq!(run(&test).names, 0);
    test.app.clock.set_to_noon(date(2027, 9, 30));
    let last = run(&test);
    assert_eq!(last.names, 2);
    assert!(!has_name(&test, withdrawn) && !has_name(&test, never));
    assert_eq!(last.keys_destroyed, ["2026-27"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_could_identify_is_coarsened_and_what_is_counted_stays_to_the_last_digit(
    #[case] test: TestApp,
) {
    test.set_year("2026-27", 30);
    let names = ["Archer", "Baker", "Carter", "Dyer", "Fletcher", "Glover"];
    let children: Vec<i64> = names.into_iter().map(|name| child(&test, name)).collect();
    for (index, child) in children.iter().enumerate() {
        let on = date(2026, 11, 5 + index as u32);
        match index {
            0..=3 => measured(
                &test,
                *child,
                on,
                1401 + 3 * index as i32,
                [
                    "underweight",
                    "healthy_weight",
                    "overweight",
                    "very_overweight",
                ][index],
            ),
            4 => not_measured_because(&test, *child, on, "absent"),
            _ => {}
        }
    }
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(pupil::table)
                .set((
                    pupil::deprivation_quintile.eq(2),
                    pupil::ethnic_group.eq("white"),
                ))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let before = aggregates(&test);
    test.app.clock.set_to_noon(date(2027, 9, 30));
    let night = run(&test);
    assert_eq!(
        (
            night.names,
            night.counts.measurements,
            night.counts.not_measured
        ),
        (6, 4, 1)
    );
    assert_eq!(aggregates(&test), before);
    test.db()
        .read_now(|tx| -> Result<(), Error> {
            let removed: Vec<(Option<NaiveDate>, NaiveDateTime)> = pupil::table
                .select((pupil::name_removed_on, pupil::updated_at))
                .load(tx)?;
            let in_month = (
                Some(date(2027, 9, 1)),
                date(2027, 9, 1).and_hms_opt(0, 0, 0).unwrap(),
            );
            assert!(removed.iter().all(|row| *row == in_month), "{removed:?}");
            let figures: Vec<(i32, Option<i32>)> = measurement::table
                .select((measurement::age_months, measurement::bmi_z_tenths))
                .load(tx)?;
            assert!(
                figures.iter().all(|row| *row == (126, Some(5))),
                "{figures:?}"
            );
            let dates: Vec<(NaiveDate, bool, NaiveDateTime)> = measurement::table
                .select((
                    measurement::measured_on,
                    measurement::month_only,
                    measurement::recorded_at,
                ))
                .load(tx)?;
            let month = date(2026, 11, 1);
            let midnight = month.and_hms_opt(0, 0, 0).unwrap();
            assert!(
                dates.iter().all(|row| *row == (month, true, midnight)),
                "{dates:?}"
            );
            let noted: Vec<(NaiveDate, NaiveDateTime)> = not_measured::table
                .select((not_measured::noted_on, not_measured::recorded_at))
                .load(tx)?;
            assert_eq!(noted, [(month, midnight)]);
            let confirmed: Vec<Option<NaiveDateTime>> =
                warning::table.select(warning::confirmed_at).load(tx)?;
            assert!(confirmed.iter().all(|at| *at == Some(midnight)));
            Ok(())
        })
        .unwrap();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_closed_year_takes_no_name_and_no_new_rule_and_a_key_put_back_goes_again(
    #[case] test: TestApp,
) {
    test.set_year("2024-25", 30);
    let child = test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let key = std::fs::read(test.path("keyring/2024-25.key")).unwrap();
    let person = test
        .db()
        .write_now(|tx| {
            test.app.identities.open(
                tx,
                &Actor::command("test"),
                Purpose::Correcting,
                Whose::Pupils(&[child]),
            )
        })
        .unwrap()
        .one(child)
        .unwrap()
        .unwrap();
    run(&test);
    let put = test
        .db()
        .write_now(|tx| test.app.identities.put(tx, "2024-25", child, &person));
    assert!(matches!(put, Err(IdentityError::YearClosed(_))), "{put:?}");
    let set = test
        .run(&[
            "year",
            "set",
            "2024-25",
            "--retention-days",
            "900",
            "--instrument",
            "x",
        ])
        .code(1);
    assert!(set.stderr.contains("removed for good"), "{}", set.stderr);
    std::fs::write(test.path("keyring/2024-25.key"), key).unwrap();
    assert_eq!(run(&test).keys_destroyed, ["2024-25"]);
    assert!(!test.path("keyring/2024-25.key").exists());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_name_on_its_way_in_keeps_its_year_open(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    let child = test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let actor = Actor::command("test");
    let person = test
        .db()
        .write_now(|tx| -> Result<_, IdentityError> {
            let mut people = test.app.identities.open(
                tx,
                &actor,
                Purpose::Correcting,
                Whose::Pupils(&[child]),
            )?;
            diesel::delete(identity::table.find(child))
                .execute(tx)
                .map_err(stature::db::Error::from)?;
            Ok(people.one(child)?.unwrap())
        })
        .unwrap();
    let (app, keyring) = (&test.app, test.path("keyring/2024-25.key"));
    std::thread::scope(|scope| {
        app.db
            .write_now(|tx| -> Result<(), IdentityError> {
                // The key is in use from here on; only now does the night come to the year.
                app.identities.sealer(tx, "2024-25")?;
                let (send, begun) = std::sync::mpsc::channel();
                scope.spawn(move || {
                    send.send(()).unwrap();
                    let actor = Actor::job("retention");
                    let mut night = Night::begin(app, &actor).unwrap();
                    night.close_years().unwrap();
                    night.destroy_keys().unwrap();
                });
                begun.recv().unwrap();
                app.identities.put(tx, "2024-25", child, &person)
            })
            .unwrap();
    });
    assert!(keyring.exists(), "the key went while a name came in");
    let night = run(&test);
    assert_eq!((night.names, night.counts.unopened), (1, 0));
    assert_eq!(night.keys_destroyed, ["2024-25"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_removed_name_cannot_be_put_back_while_its_year_goes_on(#[case] test: TestApp) {
    test.set_year("2026-27", 10);
    let child = child(&test, "Example");
    let person = test
        .db()
        .write_now(|tx| {
            test.app.identities.open(
                tx,
                &Actor::command("test"),
                Purpose::Correcting,
                Whose::Pupils(&[child]),
            )
        })
        .unwrap()
        .one(child)
        .unwrap()
        .unwrap();
    measured(&test, child, date(2026, 11, 2), 1401, "healthy_weight");
    assert_eq!(run(&test).names, 1);
    let put = test
        .db()
        .write_now(|tx| test.app.identities.put(tx, "2026-27", child, &person));
    assert!(matches!(put, Err(IdentityError::NameRemoved(_))), "{put:?}");
    assert!(
        test.path("keyring/2026-27.key").exists(),
        "the key went before its year’s last date"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn letters_and_uploads_of_a_removed_name_go_with_it(#[case] test: TestApp) {
    test.set_year("2026-27", 10);
    let gone = child(&test, "Gone");
    let kept = child(&test, "Kept");
    measured(&test, gone, date(2026, 11, 2), 1401, "healthy_weight");
    let now = test.app.clock.now();
    let sealed = test
        .db()
        .write_now(|tx| -> Result<Vec<u8>, IdentityError> {
            Ok(test
                .app
                .identities
                .sealer(tx, "2026-27")?
                .seal("outbox", 1, b"Dear parent")?)
        })
        .unwrap();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            for (child, state) in [(gone, "queued"), (kept, "queued")] {
                let letter: i64 = diesel::insert_into(letter::table)
                    .values((
                        letter::pupil_id.eq(child),
                        letter::kind.eq("result"),
                        letter::version.eq(1),
                        letter::state.eq(state),
                        letter::created_at.eq(now),
                        letter::updated_at.eq(now),
                    ))
                    .returning(letter::id)
                    .get_result(tx)?;
                diesel::insert_into(outbox::table)
                    .values((
                        outbox::kind.eq("letter"),
                        outbox::letter_id.eq(letter),
                        outbox::year_label.eq("2026-27"),
                        outbox::sealed.eq(&sealed),
                        outbox::message_id.eq(format!("<{child}@example.org>")),
                        outbox::state.eq("queued"),
                        outbox::next_attempt_at.eq(now),
                        outbox::created_at.eq(now),
                    ))
                    .execute(tx)?;
            }
            let import: i64 = diesel::insert_into(import::table)
                .values((
                    import::kind.eq("roster"),
                    import::year_label.eq("2026-27"),
                    import::state.eq("applied"),
                    import::sealed_upload.eq(&sealed),
                    import::created_by.eq("A test"),
                    import::created_at.eq(now),
                    import::applied_at.eq(now),
                    import::expires_at.eq(now + chrono::Duration::days(30)),
                ))
                .returning(import::id)
                .get_result(tx)?;
            diesel::insert_into(import_row::table)
                .values((
                    import_row::import_id.eq(import),
                    import_row::row_number.eq(2),
                    import_row::outcome.eq("new"),
                    import_row::codes.eq(""),
                    import_row::pupil_id.eq(gone),
                    import_row::sealed.eq(&sealed),
                ))
                .execute(tx)?;
            for child in [gone, kept] {
                diesel::insert_into(import_pupil::table)
                    .values((
                        import_pupil::import_id.eq(import),
                        import_pupil::pupil_id.eq(child),
                        import_pupil::action.eq("added"),
                        import_pupil::sealed_before.eq(&sealed),
                    ))
                    .execute(tx)?;
            }
            Ok(())
        })
        .unwrap();
    let night = run(&test);
    assert_eq!(
        (
            night.counts.letters,
            night.counts.messages,
            night.counts.uploads
        ),
        (1, 1, 1)
    );
    assert_eq!(
        (night.counts.import_rows, night.counts.import_befores),
        (1, 1)
    );
    test.db()
        .read_now(|tx| -> Result<(), Error> {
            let letters: Vec<String> = letter::table
                .order(letter::id)
                .select(letter::state)
                .load(tx)?;
            assert_eq!(letters, ["cancelled", "queued"]);
            let messages: Vec<(String, bool)> = outbox::table
                .order(outbox::id)
                .select((outbox::state, outbox::sealed.is_not_null()))
                .load(tx)?;
            assert_eq!(
                messages,
                [("queued".to_owned(), true)],
                "a message that is done with leads to the child"
            );
            let rows: i64 = import_row::table
                .filter(import_row::sealed.is_not_null())
                .count()
                .get_result(tx)?;
            let uploads: i64 = import::table
                .filter(import::sealed_upload.is_not_null())
                .count()
                .get_result(tx)?;
            assert_eq!((rows, uploads), (0, 0));
            Ok(())
        })
        .unwrap();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_leap_day_is_a_day_like_any_other(#[case] test: TestApp) {
    test.app.clock.set_to_noon(date(2028, 2, 29));
    test.set_year("2027-28", 1);
    let child = test.child(ChildSpec {
        year: "2027-28",
        ..ChildSpec::default()
    });
    measured(&test, child, date(2028, 2, 28), 1401, "healthy_weight");
    assert_eq!(run(&test).names, 1);
    let month: Vec<NaiveDate> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(measurement::table
                .select(measurement::measured_on)
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(month, [date(2028, 2, 1)]);
}
