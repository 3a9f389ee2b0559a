//! A run: cut off and completed, alone, in batches, by hand, and in the evidence.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::app::App;
use stature::audit::Actor;
use stature::config::{Config, DatabaseUrl};
use stature::db::Error;
use stature::db::schema::{academic_year, access, identity, pupil};
use stature::retention::{self, Night, Outcome, RetentionError};

use crate::support::{ChildSpec, TestApp};

use super::{child, date, has_name, measured, run, scan_of};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_run_cut_off_after_any_step_is_completed_by_the_next(#[case] test: TestApp) {
    let actor = Actor::job("retention");
    let years = ["2021-22", "2022-23", "2023-24", "2024-25", "2025-26"];
    for year in years {
        test.set_year(year, 30);
        test.child(ChildSpec {
            year,
            family_name: "Example",
            ..ChildSpec::default()
        });
    }
    // Steps before the cut: none, one batch, all names, the sweep, the years' rows, the keys.
    for steps in 0..6 {
        let mut night = Night::begin(&test.app, &actor).unwrap();
        if steps == 1 {
            assert_eq!(night.erase_batch().unwrap(), 1);
        }
        if steps >= 2 {
            while night.erase_batch().unwrap() > 0 {}
        }
        if steps >= 3 {
            night.sweep().unwrap();
        }
        if steps >= 4 {
            night.close_years().unwrap();
            assert!(test.path("keyring/2025-26.key").exists());
        }
        if steps >= 5 {
            night.destroy_keys().unwrap();
        }
    }
    let last = run(&test);
    assert_eq!((last.names, last.counts.resumed), (5, 6));
    assert_eq!(last.keys_destroyed, years);
    assert!(
        scan_of(&last)
            .notes
            .iter()
            .any(|note| note.contains("cut off")),
        "{:?}",
        scan_of(&last).notes
    );
    assert_eq!(scan_of(&last).leftovers, 0);
    for year in years {
        assert!(!test.path(&format!("keyring/{year}.key")).exists());
    }
    let runs = test.db().read_now(|tx| retention::runs(tx, 10)).unwrap();
    assert_eq!(runs.len(), 1, "a run that was cut off was begun anew");
    assert_eq!(run(&test).names, 0);
    test.run(&["audit", "verify"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_run_cut_off_between_a_years_end_and_its_keys_end_is_completed(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    let actor = Actor::job("retention");
    let mut night = Night::begin(&test.app, &actor).unwrap();
    night.close_years().unwrap();
    drop(night);
    assert!(test.path("keyring/2024-25.key").exists());
    assert_eq!(run(&test).keys_destroyed, ["2024-25"]);
    assert!(!test.path("keyring/2024-25.key").exists());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_name_goes_though_its_key_is_missing_and_the_evidence_says_so(#[case] test: TestApp) {
    test.set_year("2026-27", 10);
    let child = child(&test, "Example");
    measured(&test, child, date(2026, 11, 2), 1401, "healthy_weight");
    std::fs::remove_file(test.path("keyring/2026-27.key")).unwrap();
    let night = run(&test);
    assert!(!has_name(&test, child));
    assert_eq!((night.names, night.counts.unopened), (1, 1));
    assert!(
        scan_of(&night)
            .notes
            .iter()
            .any(|note| note.contains("could not be opened"))
    );
    assert_eq!(scan_of(&night).outcome, Outcome::Clean);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_name_left_in_clear_is_found_and_told_without_repeating_it(#[case] test: TestApp) {
    test.set_year("2026-27", 10);
    let child = child(&test, "Quartermaine");
    measured(&test, child, date(2026, 11, 2), 1401, "healthy_weight");
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| {
            stature::settings::put(
                tx,
                &Actor::command("test"),
                now,
                "letters.note",
                "ask Robin Quartermaine",
            )
        })
        .unwrap();
    let ended = test.run(&["retention", "run"]).code(1);
    assert!(ended.stderr.contains("traces are left"), "{}", ended.stderr);
    let night = test
        .db()
        .read_now(|tx| retention::runs(tx, 1))
        .unwrap()
        .remove(0);
    assert_eq!(
        (scan_of(&night).outcome, scan_of(&night).found_identifiers),
        (Outcome::Found, 1)
    );
    assert!(
        !serde_json::to_string(&night)
            .unwrap()
            .contains("Quartermaine")
    );
    assert!(!has_name(&test, child));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn nothing_due_changes_nothing_and_is_written_down(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    let child = child(&test, "Example");
    let night = run(&test);
    assert_eq!((night.names, night.keys_destroyed.len()), (0, 0));
    assert_eq!(scan_of(&night).outcome, Outcome::NothingErased);
    assert!(has_name(&test, child));
    let accesses = test
        .db()
        .read_now(|tx| -> Result<i64, Error> {
            Ok(access::table
                .filter(access::purpose.eq("retention"))
                .count()
                .get_result(tx)?)
        })
        .unwrap();
    assert_eq!(accesses, 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn opening_names_before_they_go_is_one_row_of_the_access_log(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    for name in ["Archer", "Baker", "Carter"] {
        test.child(ChildSpec {
            year: "2024-25",
            family_name: name,
            ..ChildSpec::default()
        });
    }
    run(&test);
    let rows: Vec<(String, Option<String>, i32)> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(access::table
                .filter(access::purpose.eq("retention"))
                .select((access::scope_kind, access::year_label, access::pupil_count))
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(rows, [("year".to_owned(), Some("2024-25".to_owned()), 3)]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_run_at_a_time(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    let actor = Actor::job("retention");
    let night = Night::begin(&test.app, &actor).unwrap();
    assert!(matches!(
        Night::begin(&test.app, &actor),
        Err(RetentionError::UnderWay)
    ));
    let second = test.run(&["retention", "run"]).code(1);
    assert!(
        second.stderr.contains("under way in another process"),
        "{}",
        second.stderr
    );
    drop(night);
    test.run(&["retention", "run"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_plan_says_what_is_due_when_and_changes_nothing(#[case] test: TestApp) {
    test.set_year("2026-27", 90);
    let child = child(&test, "Example");
    self::child(&test, "Other");
    measured(&test, child, date(2026, 11, 20), 1401, "healthy_weight");
    let plan = test.run(&["retention", "plan"]).done().stdout;
    assert!(plan.contains("2 names held, 0 due now"), "{plan}");
    assert!(
        plan.contains("2027-02-18  1") && plan.contains("2027-11-29  1"),
        "{plan}"
    );
    let later = test
        .run(&["retention", "plan", "--as-of", "2027-11-29"])
        .done()
        .stdout;
    assert!(
        later.contains("2 due now") && later.contains("the key is destroyed in the next run"),
        "{later}"
    );
    assert!(has_name(&test, child));
    let job = retention::job(&test.app, &Actor::job("retention"), true).unwrap();
    assert_eq!(job, "0 names would be removed and 0 keys destroyed");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_governance_lead_removes_names_by_hand_and_reads_the_evidence(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let browser = test.signed_in(Role::Governance, &[], &[]);
    let overview = browser
        .get("/retention")
        .status(200)
        .shows("1 name is due and goes tonight");
    let confirm = overview
        .follow("Remove what is due now")
        .status(200)
        .shows("This cannot be undone");
    let evidence = confirm.press("Remove these names now").status(200);
    assert!(
        evidence.url.starts_with("/retention/runs/"),
        "{}",
        evidence.url
    );
    let evidence = evidence
        .shows("1 name was removed; the key of 2024-25 was destroyed; nothing of them was found")
        .shows("Test instrument");
    evidence
        .follow("Retention")
        .shows("No name is due")
        .shows("Nothing found")
        .shows("Destroyed");
    assert_eq!(
        test.signed_in(Role::Nurse, &[900_101], &[])
            .get("/retention")
            .status,
        403
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_confirmation_from_yesterday_removes_nothing(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    let child = test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let page = test
        .signed_in(Role::Governance, &[], &[])
        .get("/retention/run");
    let stale = page
        .fill_named("as_of", "2026-11-29")
        .press("Remove these names now");
    assert_eq!(stale.status, 409, "{}", stale.text());
    assert!(has_name(&test, child));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn names_of_two_thousand_and_more_children_go_batch_by_batch(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    let first = test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            let sealed: Vec<u8> = identity::table
                .find(first)
                .select(identity::sealed)
                .first(tx)?;
            for number in 0..2_100_i64 {
                let id: i64 = diesel::insert_into(pupil::table)
                    .values((
                        pupil::year_label.eq("2024-25"),
                        pupil::school_urn.eq(900_101),
                        pupil::year_group.eq("6"),
                        pupil::sex.eq("F"),
                        pupil::created_at.eq(now),
                        pupil::updated_at.eq(now),
                    ))
                    .returning(pupil::id)
                    .get_result(tx)?;
                let mut sealed = sealed.clone();
                sealed[1..9].copy_from_slice(&number.to_le_bytes());
                diesel::insert_into(identity::table)
                    .values((
                        identity::pupil_id.eq(id),
                        identity::year_label.eq("2024-25"),
                        identity::format.eq(1),
                        identity::sealed.eq(sealed),
                        identity::updated_at.eq(now),
                    ))
                    .execute(tx)?;
            }
            Ok(())
        })
        .unwrap();
    let night = run(&test);
    assert_eq!(night.names, 2_101);
    assert_eq!(
        night.counts.unopened, 2_100,
        "the names that do not open must go all the same, and the one that does be looked for"
    );
    assert_eq!(
        scan_of(&night).outcome,
        Outcome::Clean,
        "{:?}",
        scan_of(&night)
    );
    assert!(scan_of(&night).looked_for >= 2_101, "{:?}", scan_of(&night));
}

/// The same service, its database account one that may read and write rows and nothing else.
fn with_tables_only(test: &TestApp, account: &str) -> App {
    use diesel::connection::SimpleConnection;
    test.db()
        .outside_transaction(|connection| -> Result<(), Error> {
            connection.batch_execute(&format!(
                "CREATE ROLE {account} LOGIN;
                 GRANT ALL ON ALL TABLES IN SCHEMA public TO {account};
                 GRANT USAGE, CREATE ON SCHEMA public TO {account};
                 GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {account};"
            ))?;
            Ok(())
        })
        .unwrap();
    let mut config = Config::clone(&test.app.config);
    let DatabaseUrl::Postgres(url) = &config.database else {
        panic!("not a server")
    };
    config.database = DatabaseUrl::Postgres(url.replace("postgres@", &format!("{account}@")));
    App::start(config).unwrap()
}

#[test]
fn postgres_that_lets_nobody_read_its_files_is_told_in_the_evidence() {
    let test = start_or_skip!(Postgres);
    test.set_year("2024-25", 30);
    test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let limited = with_tables_only(&test, "rows_only");
    let night = retention::run_night(&limited, &Actor::job("retention")).unwrap();
    assert_eq!(night.names, 1);
    assert_eq!(scan_of(&night).outcome, Outcome::NotScanned);
    let notes = scan_of(&night).notes.join(" ");
    assert!(
        notes.contains("Not searched: the database account may not")
            && notes.contains("operations guide"),
        "{notes}"
    );
    assert!(
        !notes.contains("Searched: the files"),
        "the evidence says that it searched what it could not: {notes}"
    );
    let state: String = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(academic_year::table
                .find("2024-25")
                .select(academic_year::key_state)
                .first(tx)?)
        })
        .unwrap();
    assert_eq!(state, "destroyed");
}

#[test]
fn check_config_gives_the_statements_without_which_the_evidence_is_not_scanned() {
    use diesel::connection::SimpleConnection;
    let test = start_or_skip!(Postgres);
    test.set_year("2024-25", 30);
    test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let limited = with_tables_only(&test, "to_be_granted");
    let url = test.url().replace("postgres@", "to_be_granted@");
    let check = |url: &str| {
        let checked = test.run(&["--database", url, "check-config"]).done();
        checked.stdout
    };
    let told = check(&url);
    assert!(told.contains("evidence says “Not searched”"), "{told}");
    let grants: Vec<&str> = told
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("GRANT "))
        .collect();
    assert_eq!(grants.len(), 2, "{told}");
    test.db()
        .outside_transaction(|connection| -> Result<(), Error> {
            Ok(connection.batch_execute(&grants.join("\n"))?)
        })
        .unwrap();
    for url in [&url, test.url()] {
        let told = check(url);
        assert!(!told.contains("GRANT"), "{told}");
    }
    let night = retention::run_night(&limited, &Actor::job("retention")).unwrap();
    assert_eq!(night.names, 1);
    let scan = scan_of(&night);
    assert_ne!(scan.outcome, Outcome::NotScanned, "{scan:?}");
}
