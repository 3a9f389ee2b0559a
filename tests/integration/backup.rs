//! Backups: everything but the keys, and back again wholly or not at all.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::audit::Actor;
use stature::db::schema::{audit_event, identity, pupil};
use stature::db::{Conn, Error, copy};
use stature::identity::{Purpose, Whose};
use stature::retention;

use crate::support::{ChildSpec, TestApp};

fn children(test: &TestApp) -> Vec<i64> {
    test.db()
        .read_now(|tx| -> Result<Vec<i64>, Error> {
            Ok(pupil::table.order(pupil::id).select(pupil::id).load(tx)?)
        })
        .unwrap()
}

/// The family names that can be opened, in order.
fn names(test: &TestApp) -> Result<Vec<String>, String> {
    let children = children(test);
    let people = test
        .db()
        .write_now(|tx| {
            test.app.identities.open(
                tx,
                &Actor::command("test"),
                Purpose::ViewingRecord,
                Whose::Pupils(&children),
            )
        })
        .map_err(|error| error.to_string())?;
    let mut names: Vec<String> = people
        .people
        .values()
        .map(|person| person.family_name.clone())
        .collect();
    names.sort();
    Ok(names)
}

fn child(test: &TestApp, year: &'static str, family_name: &'static str) -> i64 {
    test.child(ChildSpec {
        family_name,
        year,
        ..ChildSpec::default()
    })
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

fn forget_everything(test: &TestApp) {
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            for table in copy::TABLES.iter().rev() {
                diesel::sql_query(format!("DELETE FROM {table}")).execute(tx)?;
            }
            Ok(())
        })
        .unwrap();
}

fn bytes_under(folder: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_backup_goes_back_into_an_empty_database(#[case] test: TestApp) {
    let first = child(&test, "2026-27", "Archer");
    child(&test, "2026-27", "Baker");
    let made = test.run(&["backup", "saved"]).done();
    assert!(made.stdout.contains("2026-27 sealed"), "{}", made.stdout);
    forget_everything(&test);
    let restored = test.run(&["restore", "saved"]).done();
    assert!(
        restored.stdout.contains("as it was at 2026-11-30 12:00:00"),
        "{}",
        restored.stdout
    );
    assert_eq!(names(&test).unwrap(), ["Archer", "Baker"]);
    assert_eq!(children(&test)[0], first);
    // Numbers go on after those that were restored.
    assert!(child(&test, "2026-27", "Carter") > first + 1);
    test.run(&["audit", "verify"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_backup_holds_no_name_in_clear_and_no_key(#[case] test: TestApp) {
    child(&test, "2026-27", "Quartermaine");
    test.run(&["backup", "saved"]).done();
    let bytes = bytes_under(&test.path("saved"));
    let key = std::fs::read_to_string(test.path("keyring/2026-27.key")).unwrap();
    for secret in [
        "Quartermaine",
        "sam@example.org",
        "Example Street",
        "EB1 4NQ",
        key.trim(),
    ] {
        assert!(
            !holds(&bytes, secret),
            "the backup holds something in clear"
        );
    }
    assert!(bytes.len() > 1000);
    let beside = test.run(&["backup", "keyring/saved"]).code(1);
    assert!(
        beside.stderr.contains("must not lie together"),
        "{}",
        beside.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_backup_from_before_an_erased_year_shows_no_name_of_it(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    let gone = child(&test, "2024-25", "Quartermaine");
    let kept = child(&test, "2026-27", "Baker");
    test.run(&["backup", "saved"]).done();
    let night = retention::run_night(&test.app, &Actor::job("retention")).unwrap();
    assert_eq!(night.keys_destroyed, ["2024-25"]);
    let restored = test.run(&["restore", "saved", "--replace"]).done();
    let open = |children: &[i64]| {
        test.db().write_now(|tx| {
            test.app.identities.open(
                tx,
                &Actor::command("test"),
                Purpose::ViewingRecord,
                Whose::Pupils(children),
            )
        })
    };
    // What the backup brought back was noise, and has been removed with it; the year is closed
    // again.
    assert!(
        restored
            .stdout
            .contains("1 name was removed; the key of 2024-25 was destroyed"),
        "{}",
        restored.stdout
    );
    assert!(open(&[gone]).unwrap().people.is_empty());
    assert_eq!(open(&[kept]).unwrap().people[&kept].family_name, "Baker");
    let night = retention::run_night(&test.app, &Actor::job("retention")).unwrap();
    assert_eq!(night.names, 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn names_that_went_after_a_backup_was_made_do_not_come_back_with_it(#[case] test: TestApp) {
    test.set_year("2026-27", 30);
    let gone = child(&test, "2026-27", "Quartermaine");
    child(&test, "2026-27", "Baker");
    test.measure(
        gone,
        1412,
        34_500,
        chrono::NaiveDate::from_ymd_opt(2026, 11, 2).unwrap(),
    );
    test.run(&["backup", "saved"]).done();
    test.app
        .clock
        .set_to_noon(chrono::NaiveDate::from_ymd_opt(2026, 12, 5).unwrap());
    retention::run_night(&test.app, &Actor::job("retention")).unwrap();
    assert_eq!(names(&test).unwrap(), ["Baker"]);
    let restored = test.run(&["restore", "saved", "--replace"]).done();
    assert!(
        restored.stdout.contains("1 name was removed"),
        "{}",
        restored.stdout
    );
    assert_eq!(
        names(&test).unwrap(),
        ["Baker"],
        "a name whose date had come is back"
    );
    assert_eq!(children(&test).len(), 2, "a record went with its name");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_restore_signs_everybody_out_and_sends_no_letter_again(#[case] test: TestApp) {
    child(&test, "2026-27", "Archer");
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    admin
        .get("/accounts")
        .follow("A Nurse")
        .press("Email a link to set a new password");
    let link = test.link_emailed_to("nurse.900101@example.org");
    test.run(&["backup", "saved"]).done();
    let restored = test.run(&["restore", "saved", "--replace"]).done();
    assert!(
        restored.stdout.contains("All letters are stopped"),
        "{}",
        restored.stdout
    );
    assert!(
        nurse.get("/letters").url.starts_with("/sign-in"),
        "a session came back"
    );
    test.browser()
        .get(&link)
        .shows("has been used or is too old");
    let sent = test.run(&["letters", "send"]).code(3);
    assert!(
        sent.stdout.contains("All letters are stopped"),
        "{}",
        sent.stdout
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_backup_does_not_go_over_data_unless_told_to(#[case] test: TestApp) {
    child(&test, "2026-27", "Archer");
    test.run(&["backup", "saved"]).done();
    child(&test, "2026-27", "Baker");
    let refused = test.run(&["restore", "saved"]).code(1);
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    assert_eq!(names(&test).unwrap(), ["Archer", "Baker"]);
    test.run(&["restore", "saved", "--replace"]).done();
    assert_eq!(names(&test).unwrap(), ["Archer"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_restore_that_is_cut_off_leaves_the_database_as_it_was(#[case] test: TestApp) {
    child(&test, "2026-27", "Archer");
    test.run(&["backup", "saved"]).done();
    child(&test, "2026-27", "Baker");
    let cut_off = copy::copy_in(test.db(), &test.path("saved"), true, |tx: &mut Conn| {
        let left: i64 = identity::table.count().get_result(tx)?;
        assert_eq!(left, 1, "the copy was not in yet");
        Err(Error::CutOff.into())
    });
    assert!(cut_off.is_err());
    assert_eq!(names(&test).unwrap(), ["Archer", "Baker"]);
    // The connection goes on working.
    test.run(&["restore", "saved", "--replace"]).done();
    assert_eq!(names(&test).unwrap(), ["Archer"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_is_no_whole_backup_is_refused_in_words(#[case] test: TestApp) {
    child(&test, "2026-27", "Archer");
    let refused = |folder: &str| test.run(&["restore", folder, "--replace"]).code(1).stderr;
    assert!(refused("nowhere").contains("is not a backup"));
    test.run(&["backup", "saved"]).done();
    let again = test.run(&["backup", "saved"]).code(1);
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
    let file = std::fs::read_dir(test.path("saved"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| !path.ends_with("manifest.json"))
        .unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.push(0);
    std::fs::write(&file, bytes).unwrap();
    assert!(refused("saved").contains("was altered"));
    std::fs::remove_file(&file).unwrap();
    assert!(refused("saved").contains("is missing"));
    let manifest = test.path("saved/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(
        &manifest,
        text.replace("\"2026-09-01-000000", "\"2020-01-01-000000")
            .replace("20260901000000", "20200101000000"),
    )
    .unwrap();
    assert!(refused("saved").contains("another version of the schema"));
    let other = text
        .replace("\"sqlite\"", "\"x\"")
        .replace("\"postgresql\"", "\"x\"");
    std::fs::write(&manifest, other).unwrap();
    assert!(refused("saved").contains("goes back into the kind of database it came from"));
    std::fs::write(&manifest, "{}").unwrap();
    assert!(refused("saved").contains("is not a manifest"));
    assert_eq!(names(&test).unwrap(), ["Archer"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_table_is_in_a_backup(#[case] test: TestApp) {
    let query = match test.app.db.file() {
        Some(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND \
            name NOT LIKE '\\_\\_%' ESCAPE '\\'"
        }
        None => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = \
            'public' AND table_name NOT LIKE '\\_\\_%'"
        }
    };
    let mut tables: Vec<String> = test
        .db()
        .read_now(|tx| -> Result<Vec<Table>, Error> { Ok(diesel::sql_query(query).load(tx)?) })
        .unwrap()
        .into_iter()
        .map(|table| table.name)
        .collect();
    tables.sort();
    let mut copied: Vec<&str> = copy::TABLES.iter().chain(copy::KEPT).copied().collect();
    copied.sort_unstable();
    assert_eq!(tables, copied);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn making_and_restoring_are_written_down(#[case] test: TestApp) {
    child(&test, "2026-27", "Archer");
    test.run(&["backup", "saved"]).done();
    let actions = |test: &TestApp| -> Vec<String> {
        test.db()
            .read_now(|tx| -> Result<_, Error> {
                Ok(audit_event::table
                    .filter(audit_event::action.like("backup.%"))
                    .select(audit_event::action)
                    .load(tx)?)
            })
            .unwrap()
    };
    assert_eq!(actions(&test), ["backup.made"]);
    test.run(&["restore", "saved", "--replace"]).done();
    assert_eq!(actions(&test), ["backup.restored"]);
}
