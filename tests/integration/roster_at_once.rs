//! Rosters that come in at the same moment, are cut off, or meet a damaged record.

use std::path::PathBuf;

use chrono::NaiveDate;
use diesel::prelude::*;
use rstest::rstest;
use serde_json::Value;
use stature::access::Role;
use stature::audit::Actor;
use stature::db::dialect::{self, Moment, NewIdentity, NewPupil};
use stature::db::schema::{account, identity, import, import_pupil, pupil};
use stature::db::{Conn, Error};
use stature::roster::staged;
use stature::schools::work::{self, Plan, VisitError};

use crate::support::{ChildSpec, Finished, PASSWORD, TestApp};

fn sample(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/rosters");
    folder.join(name).to_string_lossy().into_owned()
}

fn prepared(test: &TestApp) {
    test.set_year("2026-27", 365);
    test.run(&["import", "schools", &sample("schools.csv")])
        .done();
}

fn import(test: &TestApp, name: &str, more: &[&str]) -> Finished {
    let file = sample(name);
    let mut arguments = vec!["import", "roster", &file, "--year", "2026-27"];
    arguments.extend(more);
    test.run(&arguments)
}

fn report(test: &TestApp) -> Value {
    serde_json::from_slice(&std::fs::read(test.path("report.json")).unwrap()).unwrap()
}

fn read<T>(test: &TestApp, work: impl FnOnce(&mut Conn) -> Result<T, Error>) -> T {
    test.db().read_now(work).unwrap()
}

/// Children, identities, and notes of which import brought whom.
fn rows(test: &TestApp) -> (i64, i64, i64) {
    read(test, |tx| {
        Ok((
            pupil::table.count().get_result(tx)?,
            identity::table.count().get_result(tx)?,
            import_pupil::table.count().get_result(tx)?,
        ))
    })
}

/// Does the same several times at once.
fn at_once<T: Send>(times: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(times);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..times)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Makes the sealed identity of a child unreadable; returns the child.
fn damage_one(test: &TestApp, given_name: &str) -> i64 {
    let people = test.people();
    let (damaged, _) = people
        .iter()
        .find(|(_, person)| person.given_name == given_name)
        .unwrap();
    test.damage(*damaged);
    *damaged
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_same_roster_imported_by_three_commands_at_once_brings_each_child_once(
    #[case] test: TestApp,
) {
    prepared(&test);
    let ended = at_once(3, |_| import(&test, "canonical.csv", &[]));
    for command in ended {
        command.done();
    }
    assert_eq!(rows(&test).0, 120);
    assert_eq!(rows(&test).1, 120);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_same_roster_confirmed_by_two_administrators_at_once_brings_each_child_once(
    #[case] test: TestApp,
) {
    prepared(&test);
    let email = test.account(Role::Administrator, &[], &[]);
    let pages = [(), ()].map(|()| {
        let browser = test.browser();
        browser
            .get("/sign-in")
            .fill("Email address", &email)
            .fill("Password", PASSWORD)
            .press("Sign in");
        browser
            .get("/imports/new")
            .fill("Academic year", "2026-27")
            .attach(
                "The list",
                "canonical.csv",
                &std::fs::read(sample("canonical.csv")).unwrap(),
            )
            .press("Continue")
            .shows("The list holds 120 children")
    });
    for page in at_once(2, |number| pages[number].press("Import")) {
        page.status(200).shows("The roster was imported");
    }
    assert_eq!((rows(&test).0, rows(&test).1), (120, 120));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_database_itself_refuses_the_same_child_twice(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "canonical.csv", &[]).done();
    let refused = test.db().write_now(|tx| -> Result<(), Error> {
        let (year, key): (String, Option<Vec<u8>>) = identity::table
            .select((identity::year_label, identity::identity_key))
            .first(tx)?;
        let id = dialect::reserve_pupil_number(tx)?;
        dialect::insert_pupils(tx, vec![new_pupil(id, &test.app.clock.now().into())])?;
        let again = NewIdentity {
            pupil_id: id,
            year_label: &year,
            format: 1,
            sealed: vec![1],
            updated_at: test.app.clock.now().into(),
            identity_key: key.unwrap(),
        };
        dialect::insert_identities(tx, vec![again])
    });
    assert!(refused.unwrap_err().is_unique_violation());
    assert_eq!(rows(&test).0, 120);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn children_of_an_earlier_version_get_their_key_with_the_next_import(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "canonical.csv", &[]).done();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(identity::table)
                .set(identity::identity_key.eq(None::<Vec<u8>>))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    import(&test, "second_import.csv", &["--partial"]).code(3);
    let without: i64 = read(&test, |tx| {
        Ok(identity::table
            .filter(identity::identity_key.is_null())
            .count()
            .get_result(tx)?)
    });
    assert_eq!(without, 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_whose_identity_does_not_open_is_not_added_anew_and_stops_nobody_else(
    #[case] test: TestApp,
) {
    prepared(&test);
    import(&test, "canonical.csv", &[]).done();
    let damaged = damage_one(&test, "Amelia");
    let said = import(
        &test,
        "canonical.csv",
        &["--partial", "--report", "report.json"],
    )
    .code(3);
    assert!(
        said.stderr
            .contains(&format!("The record of child {damaged} ")),
        "{}",
        said.stderr
    );
    assert_eq!(rows(&test).0, 120);
    let report = report(&test);
    assert_eq!(
        (
            report["counts"]["new"].as_u64(),
            report["counts"]["review"].as_u64()
        ),
        (Some(0), Some(1))
    );
    assert_eq!(report["counts"]["unchanged"], 119);
    let held = report["row_outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["outcome"] == "review")
        .unwrap();
    assert_eq!(held["codes"][0], "record_unreadable");
    // Everybody else's changes go in, and the page says of whom it cannot tell.
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    browser
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .attach(
            "The list",
            "second_import.csv",
            &std::fs::read(sample("second_import.csv")).unwrap(),
        )
        .press("Continue")
        .shows(&format!("The record of child {damaged} "))
        .press("Import")
        .shows("The roster was imported");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_whose_sealed_identity_is_missing_is_not_added_anew(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "canonical.csv", &[]).done();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            let first: Option<i64> = pupil::table.select(diesel::dsl::min(pupil::id)).first(tx)?;
            diesel::delete(identity::table.find(first.unwrap())).execute(tx)?;
            Ok(())
        })
        .unwrap();
    let said = import(
        &test,
        "canonical.csv",
        &["--partial", "--report", "report.json"],
    )
    .code(3);
    assert!(
        said.stderr.contains("its sealed identity is missing"),
        "{}",
        said.stderr
    );
    assert_eq!(report(&test)["counts"]["new"], 0);
    assert_eq!(rows(&test).0, 120);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn counts_and_choices_that_cannot_be_understood_are_an_error_and_not_nothing(
    #[case] test: TestApp,
) {
    prepared(&test);
    import(&test, "canonical.csv", &[]).done();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(import::table)
                .set(import::counts.eq("{half"))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    browser.get("/imports").shows("cannot be read");
    browser
        .get("/imports/1")
        .shows("The counts of this import are damaged");
    let page = browser
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .attach(
            "The list",
            "canonical.csv",
            &std::fs::read(sample("canonical.csv")).unwrap(),
        )
        .press("Continue");
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(import::table.filter(import::state.eq("staged")))
                .set(import::mapping.eq("{half"))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    // An unreadable choice of columns is no choice: the import would go in with other columns.
    browser.get(&page.url).status(500);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn recorders_write_while_the_children_of_an_import_are_collected_and_a_kill_then_leaves_nothing(
    #[case] test: TestApp,
) {
    prepared(&test);
    let child = test.child(ChildSpec {
        school: 900_101,
        ..ChildSpec::default()
    });
    let before = rows(&test);
    let now: Moment = test.app.clock.now().into();
    let id = test.db().write_now(dialect::reserve_pupil_number).unwrap();
    let insert = |tx: &mut Conn| -> Result<(), Error> {
        dialect::insert_pupils(tx, vec![new_pupil(id, &now)])?;
        // A recorder saves in the middle of it.
        test.measure(
            child,
            1412,
            34_500,
            NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(),
        );
        Ok(())
    };
    let mut bulk = test.db().bulk().unwrap();
    let collected = bulk.collect(insert).unwrap();
    assert_eq!(collected, test.db().file().is_some());
    drop(bulk);
    assert_eq!(
        rows(&test),
        before,
        "an import that was cut off left something"
    );
    if collected {
        let mut bulk = test.db().bulk().unwrap();
        bulk.collect(|tx| dialect::insert_pupils(tx, vec![new_pupil(id, &now)]))
            .unwrap();
        bulk.write(dialect::keep_collected).unwrap();
        assert_eq!(rows(&test).0, before.0 + 1);
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_namesake_does_not_see_a_schools_upload_and_a_new_name_does_not_lose_it(#[case] test: TestApp) {
    prepared(&test);
    // Every school account of the tests has the same name.
    let school = test.signed_in(Role::School, &[900_103], &[]);
    let namesake = test.signed_in(Role::School, &[900_103, 900_101], &[]);
    let page = school
        .get("/school/rosters/new")
        .fill("Academic year", "2026-27")
        .attach(
            "The list",
            "list.csv",
            &std::fs::read(sample("sims_like.csv")).unwrap(),
        )
        .press("Send")
        .shows("Waiting to be confirmed");
    namesake.get(&page.url).status(404);
    namesake
        .get(&format!("{}/errors.csv", page.url))
        .status(404);
    namesake
        .get("/school/rosters")
        .shows("No list has been sent yet");
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(account::table)
                .set(account::name.eq("Another name"))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    school
        .get(&page.url)
        .status(200)
        .shows("Waiting to be confirmed");
    school.get("/school/rosters").shows("2026-27");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_import_that_was_undone_or_discarded_stays_so_when_its_bytes_are_erased(
    #[case] test: TestApp,
) {
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let upload = || {
        browser
            .get("/imports/new")
            .fill("Academic year", "2026-27")
            .attach(
                "The list",
                "canonical.csv",
                &std::fs::read(sample("canonical.csv")).unwrap(),
            )
            .press("Continue")
    };
    upload().press("Discard this upload");
    upload().press("Import").shows("The roster was imported");
    browser
        .get("/imports/2/undo")
        .press("Undo this import")
        .shows("The import was undone");
    upload().press("Import").shows("The roster was imported");
    upload();
    test.app.clock.advance(chrono::Duration::days(31));
    let actor = Actor::job("test");
    assert_eq!(
        test.app.write_now(&actor, staged::erase_expired).unwrap(),
        4
    );
    let states: Vec<String> = read(&test, |tx| {
        Ok(import::table
            .order(import::id)
            .select(import::state)
            .load(tx)?)
    });
    assert_eq!(states, ["discarded", "undone", "applied", "expired"]);
    let nurse = test.signed_in(Role::Administrator, &[900_101], &[]);
    nurse.get("/imports/3").shows("were erased on");
    nurse
        .get("/imports/3/undo")
        .press("Undo this import")
        .status(409)
        .shows("cannot be undone any more");
    assert_eq!(rows(&test).0, 120);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn two_people_who_plan_the_same_visit_at_once_plan_one(#[case] test: TestApp) {
    prepared(&test);
    for day in 1..=10 {
        let plan = Plan {
            urn: programme::Urn::try_from(900_101).unwrap(),
            on: NaiveDate::from_ymd_opt(2026, 12, day).unwrap(),
            team: String::new(),
            note: String::new(),
        };
        let planned = at_once(2, |_| {
            let (actor, now) = (Actor::command("test"), test.app.clock.now());
            test.db()
                .write_now(|tx| work::plan_visit(tx, &actor, now, "2026-27", &plan))
        });
        assert_eq!(
            planned.iter().filter(|planned| planned.is_ok()).count(),
            1,
            "{planned:?}"
        );
        assert!(
            planned
                .iter()
                .any(|planned| matches!(planned, Err(VisitError::Twice))),
            "{planned:?}"
        );
    }
}

fn new_pupil<'a>(id: i64, now: &Moment) -> NewPupil<'a> {
    NewPupil {
        id,
        year_label: "2026-27",
        school_urn: 900_101,
        year_group: "6",
        sex: "F",
        ethnic_group: None,
        deprivation_quintile: None,
        deprivation_vintage: None,
        created_at: now.clone(),
        updated_at: now.clone(),
    }
}
