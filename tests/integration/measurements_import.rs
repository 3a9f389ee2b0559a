//! Measurements from elsewhere, by the command line.

use std::path::Path;

use chrono::NaiveDate;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use rstest::rstest;
use serde_json::Value;
use stature::access::Role;
use stature::audit::Actor;
use stature::db::Conn;
use stature::db::schema::{audit_event, measurement, not_measured, pupil, warning};
use stature::measurement::warning_queries::warnings_of;
use stature::measurement::{Batch, Entry, Stamp, load, record_measurement};
use stature::records::outcome::measurements_of;
use stature::records::pupil::pupil as pupil_row;

use crate::support::{ChildSpec, TestApp};

fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/rosters")
        .join(name)
        .display()
        .to_string()
}

fn with_canonical_roster(test: &TestApp) {
    test.set_year("2026-27", 365);
    test.run(&["import", "schools", &sample("schools.csv")])
        .done();
    test.run(&[
        "import",
        "roster",
        &sample("canonical.csv"),
        "--year",
        "2026-27",
    ])
    .done();
}

fn import(test: &TestApp, file: &str, more: &[&str]) -> crate::support::Finished {
    let report = test.path("report.json").display().to_string();
    let mut arguments = vec![
        "import",
        "measurements",
        file,
        "--year",
        "2026-27",
        "--report",
        &report,
    ];
    arguments.extend(more);
    test.run(&arguments)
}

fn report(test: &TestApp) -> Value {
    serde_json::from_slice(&std::fs::read(test.path("report.json")).unwrap()).unwrap()
}

fn rows(test: &TestApp) -> (i64, i64, i64) {
    test.db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok((
                measurement::table.count().get_result(tx)?,
                not_measured::table.count().get_result(tx)?,
                warning::table.count().get_result(tx)?,
            ))
        })
        .unwrap()
}

/// Counts the statements of a connection.
#[derive(Clone, Default)]
struct Counter(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Counter {
    fn count(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn stamp<'a>(test: &TestApp, actor: &'a Actor) -> Stamp<'a> {
    Stamp {
        actor,
        now: test.app.clock.now(),
        today: test.app.clock.today(),
    }
}

fn born() -> NaiveDate {
    NaiveDate::from_ymd_opt(2016, 3, 14).unwrap()
}

fn entry(height_mm: u32) -> Entry {
    Entry {
        expected_version: None,
        height: growth::Height::from_millimetres(height_mm),
        weight: growth::Weight::from_grams(34_500),
        measured_on: NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(),
        device: None,
        measured_by: None,
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_row_of_the_sample_comes_to_what_it_should(#[case] test: TestApp) {
    with_canonical_roster(&test);
    let file = sample("measurements.csv");
    let errors = test.path("errors.csv").display().to_string();
    import(&test, &file, &["--partial", "--errors", &errors]).code(3);
    let told = report(&test);
    let expected: Value =
        serde_json::from_slice(&std::fs::read(sample("expected.json")).unwrap()).unwrap();
    let wanted = &expected["files"]["measurements.csv"];
    assert_eq!(told["rows"], wanted["rows"]);
    for (outcome, count) in wanted["counts"].as_object().unwrap() {
        assert_eq!(
            &told["counts"][outcome], count,
            "{outcome}: {}",
            told["counts"]
        );
    }
    let outcome_of = |row: &Value| {
        told["row_outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|told| told["row"] == *row)
            .cloned()
    };
    for row in wanted["notable_rows"].as_array().unwrap() {
        let told = outcome_of(&row["row"]);
        let outcome = told
            .as_ref()
            .map_or("new", |told| told["outcome"].as_str().unwrap());
        assert_eq!(outcome, row["outcome"], "row {}", row["row"]);
        let mut codes: Vec<Value> = row["warnings"].as_array().cloned().unwrap_or_default();
        codes.extend(row.get("reason").cloned());
        for code in codes {
            let found = told
                .as_ref()
                .is_some_and(|told| told["codes"].as_array().unwrap().contains(&code));
            assert!(found, "row {}: {code} is not in {told:?}", row["row"]);
        }
    }
    let swapped = outcome_of(&serde_json::json!(17)).unwrap();
    assert!(
        swapped["message"]
            .as_str()
            .unwrap()
            .contains("look swapped")
    );
    let back = std::fs::read_to_string(&errors).unwrap();
    assert!(
        back.lines().nth(7).unwrap().contains("It looks like grams"),
        "{}",
        back.lines().nth(7).unwrap()
    );
    let page = test
        .signed_in(Role::Monitor, &[], &[])
        .get("/progress")
        .text();
    assert!(
        page.contains("117 eligible") && page.contains("92 measured"),
        "{page}"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn many_measurements_are_recorded_with_as_many_statements_as_few(#[case] test: TestApp) {
    let children: Vec<i64> = (0..40).map(|_| test.child(ChildSpec::default())).collect();
    let statements = |children: &[i64]| -> usize {
        let counter = Counter::default();
        let (count, for_reading) = (counter.clone(), counter.clone());
        let actor = Actor::command("test");
        let mut batch = test
            .db()
            .read_now(|tx| {
                tx.set_instrumentation(for_reading);
                let batch = Batch::read(tx, "2026-27", stamp(&test, &actor));
                tx.set_instrumentation(None::<Counter>);
                batch
            })
            .unwrap();
        for child in children {
            batch.measure(*child, born(), &entry(1410)).unwrap();
        }
        test.db()
            .write_now(|tx| {
                // SQLite has no socket between: it takes a prepared statement for each row.
                if matches!(tx, Conn::Postgres(_)) {
                    tx.set_instrumentation(count.clone());
                }
                let written = batch.write(tx);
                tx.set_instrumentation(None::<Counter>);
                written
            })
            .unwrap();
        counter.count()
    };
    let few = statements(&children[..2]);
    assert!((3..13).contains(&few), "{few}");
    assert_eq!(statements(&children[2..]), few);
    assert_eq!(rows(&test).0, 40);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn measurements_taken_in_together_are_what_they_are_one_by_one(#[case] test: TestApp) {
    let both: Vec<(i64, i64)> = (0..2)
        .map(|_| (900_101, 900_102))
        .map(|(one, other)| {
            let child = |school| {
                test.child(ChildSpec {
                    school,
                    ..ChildSpec::default()
                })
            };
            (child(one), child(other))
        })
        .collect();
    let figures = [(0, 1410), (1, 1410), (0, 1300), (1, 1301)];
    let actor = Actor::command("test");
    for (number, height) in figures {
        let entry = entry(height);
        test.app
            .write_now(&actor, |work| {
                let row = pupil_row(work.tx, both[number].0)?.unwrap();
                let subject = load(work.tx, row)?;
                record_measurement(work, &subject, &entry)
            })
            .unwrap();
    }
    // A child comes once in a batch of the import; here each figure is one of its own.
    for (number, height) in figures {
        let mut batch = test
            .db()
            .read_now(|tx| Batch::read(tx, "2026-27", stamp(&test, &actor)))
            .unwrap();
        batch
            .measure(both[number].1, born(), &entry(height))
            .unwrap();
        test.db().write_now(|tx| batch.write(tx)).unwrap();
    }
    let recorded = |children: Vec<i64>| -> Vec<(i32, i32, Option<i32>, Vec<String>)> {
        test.db()
            .read_now(|tx| -> Result<_, stature::db::Error> {
                let mut all = Vec::new();
                for child in children {
                    for row in measurements_of(tx, child)? {
                        let warnings = warnings_of(tx, child)?;
                        let codes = warnings
                            .into_iter()
                            .filter(|one| one.version == row.version)
                            .map(|one| one.code);
                        all.push((
                            row.version,
                            row.height_mm,
                            row.bmi_z_tenths,
                            codes.collect(),
                        ));
                    }
                }
                Ok(all)
            })
            .unwrap()
    };
    let one_by_one = recorded(both.iter().map(|(child, _)| *child).collect());
    assert_eq!(
        one_by_one,
        recorded(both.iter().map(|(_, child)| *child).collect())
    );
    assert!(
        one_by_one
            .iter()
            .any(|(_, _, _, codes)| codes.contains(&"repeated_values".to_owned())),
        "{one_by_one:?}"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_recorded_while_a_file_is_read_is_left_to_that_recording(#[case] test: TestApp) {
    let (first, second) = (
        test.child(ChildSpec::default()),
        test.child(ChildSpec::default()),
    );
    let withdrawn = test.child(ChildSpec::default());
    let actor = Actor::command("test");
    let mut batch = test
        .db()
        .read_now(|tx| Batch::read(tx, "2026-27", stamp(&test, &actor)))
        .unwrap();
    for child in [first, second, withdrawn] {
        batch.measure(child, born(), &entry(1410)).unwrap();
    }
    test.measure(first, 1420, 35_000, test.app.clock.today());
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(pupil::table.find(withdrawn))
                .set(pupil::opted_out.eq(true))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let overtaken = test.db().write_now(|tx| batch.write(tx)).unwrap();
    assert_eq!(overtaken, [first, withdrawn].into());
    let heights: Vec<(i64, i32)> = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(measurement::table
                .order(measurement::pupil_id)
                .select((measurement::pupil_id, measurement::height_mm))
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(heights, [(first, 1420), (second, 1410)]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_same_file_twice_changes_nothing(#[case] test: TestApp) {
    with_canonical_roster(&test);
    let file = sample("measurements.csv");
    import(&test, &file, &["--partial"]).code(3);
    let before = rows(&test);
    import(&test, &file, &["--partial"]).code(3);
    assert_eq!(rows(&test), before);
    assert_eq!(
        (
            &report(&test)["counts"]["new"],
            &report(&test)["counts"]["matched"]
        ),
        (&0.into(), &105.into())
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn without_partial_one_bad_row_keeps_all_out_and_says_so(#[case] test: TestApp) {
    with_canonical_roster(&test);
    let refused = import(&test, &sample("measurements.csv"), &[]).code(1);
    assert!(
        refused.stderr.contains("15 of 123 rows cannot go in")
            && refused.stderr.contains("--partial"),
        "{}",
        refused.stderr
    );
    assert!(
        refused
            .stderr
            .contains("row 58 (rejected): The weight cannot be read"),
        "{}",
        refused.stderr
    );
    assert_eq!(rows(&test), (0, 0, 0));
    import(&test, &sample("measurements.csv"), &["--dry-run"]).code(3);
    assert_eq!(rows(&test), (0, 0, 0));
    let events: i64 = test
        .db()
        .read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(audit_event::table
                .filter(audit_event::action.eq("measurements.imported"))
                .count()
                .get_result(tx)?)
        })
        .unwrap();
    assert_eq!(events, 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn files_that_are_not_measurements_are_refused_in_words(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    let refused = |text: &str| {
        std::fs::write(test.path("file.csv"), text).unwrap();
        import(&test, "file.csv", &["--partial"]).code(1).stderr
    };
    assert!(refused("a,b\n1,2\n").contains("No row of headings was found"));
    assert!(refused("NHS number,Height (cm),Device\n1,2,3\n").contains("no column for the weight"));
    assert!(refused("Height,Weight,Device\n1,2,3\n").contains("no column for the child"));
    assert!(
        refused("UPN,Height,Height (cm),Weight\n1,2,3,4\n").contains("stand for the same thing")
    );
    assert!(
        import(&test, "missing.csv", &[])
            .code(1)
            .stderr
            .contains("missing.csv cannot be read")
    );
    let other = test
        .run(&["import", "measurements", "file.csv", "--year", "2031-32"])
        .code(1);
    assert!(!other.stderr.is_empty());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_is_told_by_any_particulars_that_fit_it_alone(#[case] test: TestApp) {
    let ava = test.child(ChildSpec {
        given_name: "Ava Rose",
        family_name: "O’Neill",
        nhs_number: "9990100284",
        ..ChildSpec::default()
    });
    test.child(ChildSpec {
        given_name: "Mia",
        family_name: "O’Neill",
        ..ChildSpec::default()
    });
    test.measure(
        ava,
        1400,
        33_000,
        NaiveDate::from_ymd_opt(2026, 11, 3).unwrap(),
    );
    let file = "Given name,Family name,Date of birth,NHS number,Date measured,Height (cm),\
            Weight (kg)\n\
            Ava,O'NEILL,14/03/2016,,2026-11-30,141.2,34.5\n\
            ,O'Neill,2016-03-14,,2026-11-30,140,33\n\
            Zoe,O'Neill,2016-03-14,,2026-11-30,140,33\n\
            Mia,,,999 010 0284,2026-11-30,140,33\n\
            ,,2016-03-14,,2026-11-30,140,33\n\
            Ava,O'Neill,2016-03-14,,2026-11-30,150,33\n";
    std::fs::write(test.path("file.csv"), file).unwrap();
    import(&test, "file.csv", &["--partial"]).code(3);
    let told = report(&test);
    let code = |row: u64| {
        told["row_outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|told| told["row"] == row)
            .map_or_else(String::new, |told| {
                told["codes"][0].as_str().unwrap_or_default().to_owned()
            })
    };
    assert_eq!(told["counts"]["new"], 1, "{told}");
    assert_eq!(
        [code(3), code(4), code(5), code(6), code(7)],
        [
            "child_ambiguous",
            "child_not_found",
            "child_differs",
            "child_not_told",
            "child_twice"
        ]
    );
}
