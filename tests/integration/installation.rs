//! A database and its keyring: set up once, used together, and with no other.

use std::fs;
use std::path::Path;
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::schema::{academic_year, identity};
use stature::db::{self, Error};

use crate::releases::{make, two_forms};
use crate::support::{Backend, ChildSpec, TestApp, scratch_database};

fn backend(test: &TestApp) -> Backend {
    if test.app.db.file().is_some() {
        Backend::Sqlite
    } else {
        Backend::Postgres
    }
}

/// The address of another database with the schema and nothing else.
fn other_database(test: &TestApp, folder: &str) -> String {
    let folder = test.path(folder);
    fs::create_dir_all(&folder).unwrap();
    scratch_database(backend(test), &folder)
}

/// The address of a database in which nothing was ever created.
fn empty_database(test: &TestApp, folder: &str) -> String {
    match backend(test) {
        Backend::Sqlite => format!(
            "sqlite://{}",
            test.path(folder).join("new.sqlite").display()
        ),
        Backend::Postgres => {
            let url = scratch_database(Backend::Postgres, test.folder.path());
            let address = stature::config::DatabaseUrl::parse(&url).unwrap();
            db::connect(&address)
                .unwrap()
                .batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                .unwrap();
            url
        }
    }
}

fn names(test: &TestApp) -> i64 {
    test.db()
        .read_now(|tx| -> Result<i64, Error> { Ok(identity::table.count().get_result(tx)?) })
        .unwrap()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

const SET: [&str; 6] = [
    "year",
    "set",
    "2026-27",
    "--retention-days",
    "365",
    "--instrument",
];

fn set_year(place: &[&str]) -> Vec<String> {
    let mut arguments: Vec<String> = place.iter().map(|part| (*part).to_owned()).collect();
    arguments.extend(SET.map(str::to_owned));
    arguments.push("Direction of 2026".to_owned());
    arguments
}

fn run(test: &TestApp, arguments: &[String]) -> crate::support::Finished {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    test.run(&arguments)
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_mistyped_keyring_erases_no_name_and_creates_nothing(#[case] test: TestApp) {
    test.set_year("2024-25", 30);
    test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    let nowhere = test.path("nowhere/keyring");
    for command in [
        &["retention", "run"][..],
        &["job", "run", "retention"],
        &["check-config"],
        &["migrate"],
    ] {
        let keyring = text(&nowhere);
        let refused = test
            .run(&[&["--keyring", &keyring], command].concat())
            .code(1);
        assert!(
            refused.stderr.contains("there is no keyring in"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(names(&test), 1);
    assert!(!test.path("nowhere").exists(), "a folder was created");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_mistyped_database_is_an_error_and_creates_nothing(#[case] test: TestApp) {
    let nowhere = format!("sqlite://{}", test.path("nowhere/x.sqlite").display());
    for command in [
        &["year", "list"][..],
        &["retention", "plan"],
        &["user", "list"],
        &["check-config"],
    ] {
        let refused = test
            .run(&[&["--database", &nowhere], command].concat())
            .code(1);
        assert!(
            refused.stderr.contains("there is no database"),
            "{}",
            refused.stderr
        );
    }
    // A command that sets places up refuses as well: the keyring belongs to another database.
    let refused = run(&test, &set_year(&["--database", &nowhere])).code(1);
    assert!(
        refused
            .stderr
            .contains("belongs to an installation already"),
        "{}",
        refused.stderr
    );
    assert!(!test.path("nowhere").exists(), "a folder was created");
    let empty = empty_database(&test, "empty");
    let refused = run(&test, &set_year(&["--database", &empty])).code(1);
    assert!(
        refused
            .stderr
            .contains("belongs to an installation already"),
        "{}",
        refused.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_first_command_of_a_new_place_says_what_it_created(#[case] test: TestApp) {
    let (database, keyring) = (
        empty_database(&test, "new"),
        text(&test.path("new/keyring")),
    );
    let place = ["--database", &database, "--keyring", &keyring];
    test.run(&[&place[..], &["year", "list"]].concat()).code(1);
    assert!(
        !test.path("new/keyring").exists(),
        "a command that only reads set a place up"
    );
    let first = run(&test, &set_year(&place)).done();
    assert!(
        first.stderr.contains("Created the ") && first.stderr.contains("database"),
        "{}",
        first.stderr
    );
    assert!(
        first
            .stderr
            .contains(&format!("Created the keyring {keyring}")),
        "{}",
        first.stderr
    );
    assert!(
        test.path("new/keyring/server.key").exists()
            && test.path("new/keyring/2026-27.key").exists()
    );
    let second = run(&test, &set_year(&place)).done();
    assert!(!second.stderr.contains("Created"), "{}", second.stderr);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn five_first_commands_at_once_all_succeed(#[case] test: TestApp) {
    let (database, keyring) = (
        empty_database(&test, "new"),
        text(&test.path("new/keyring")),
    );
    let place = [
        "--database",
        database.as_str(),
        "--keyring",
        keyring.as_str(),
    ];
    let test = &test;
    let ended: Vec<_> = thread::scope(|scope| {
        let commands: Vec<_> = (0..5)
            .map(|number| {
                let year = format!("20{}-{}", 26 + number, 27 + number);
                let mut arguments = set_year(&place);
                if number % 2 == 0 {
                    arguments = arguments
                        .iter()
                        .map(|part| part.replace("2026-27", &year))
                        .collect();
                }
                scope.spawn(move || run(test, &arguments))
            })
            .collect();
        commands
            .into_iter()
            .map(|command| command.join().unwrap())
            .collect()
    });
    for command in ended {
        command.done();
    }
    let listed = test
        .run(&[&place[..], &["year", "list"]].concat())
        .done()
        .stdout;
    assert_eq!(listed.lines().count(), 3, "{listed}");
    test.run(&[&place[..], &["check-config"]].concat()).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_restore_that_takes_keys_from_elsewhere_knows_what_was_shown_there(#[case] test: TestApp) {
    two_forms(&test, 900_101);
    test.run(&["backup", "saved"]).done();
    let shown = make(&test, "school:900101");
    test.run(&["release", "publish", &shown]).done();
    let scratch = other_database(&test, "scratch");
    let (keyring, live) = (
        text(&test.path("scratch/keyring")),
        text(&test.path("keyring")),
    );
    let place = ["--database", &scratch, "--keyring", &keyring];
    let restored = test
        .run(&[&place[..], &["restore", "saved", "--keys-from", &live]].concat())
        .done()
        .stdout;
    assert!(
        restored.contains("Releases shown since then, which the database does not hold: 1."),
        "{restored}"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_restore_drill_never_destroys_the_live_key(#[case] test: TestApp) {
    test.set_year("2024-25", 900);
    test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    });
    test.run(&["backup", "saved"]).done();
    let live_key = test.path("keyring/2024-25.key");
    // With the live keyring: refused.
    let scratch = other_database(&test, "scratch");
    let refused = test
        .run(&[
            "--database",
            &scratch,
            "restore",
            "saved",
            "--as-of",
            "2028-06-01",
        ])
        .code(1);
    assert!(refused.stderr.contains("--keys-from"), "{}", refused.stderr);
    assert!(live_key.exists());
    // With a keyring of its own and copies of the keys: the names can be read, and in time they go,
    // there only.
    let (keyring, live) = (
        text(&test.path("scratch/keyring")),
        text(&test.path("keyring")),
    );
    let place = ["--database", &scratch, "--keyring", &keyring];
    test.run(&[&place[..], &["restore", "saved", "--keys-from", &live]].concat())
        .done();
    let config = test
        .run(&[&place[..], &["check-config"]].concat())
        .done()
        .stdout;
    assert!(config.contains("2 of 2 keys"), "{config}");
    let run = test
        .run(
            &[
                &place[..],
                &[
                    "retention",
                    "run",
                    "--as-of",
                    "2028-06-01",
                    "--confirm-date",
                    "2028-06-01",
                ],
            ]
            .concat(),
        )
        .done();
    assert!(
        run.stdout
            .contains("1 name was removed; the key of 2024-25 was destroyed"),
        "{}",
        run.stdout
    );
    assert!(!test.path("scratch/keyring/2024-25.key").exists());
    assert!(live_key.exists(), "the drill destroyed the live key");
    assert_eq!(names(&test), 1);
    test.run(&["check-config"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_database_that_is_lost_is_replaced_and_loses_its_keyring(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let key = test.path("keyring/2026-27.key");
    test.run(&["backup", "saved"]).done();
    let replacement = other_database(&test, "replacement");
    let place = ["--database", &replacement];
    test.run(&[&place[..], &["restore", "saved"]].concat())
        .code(1);
    let restored = test
        .run(&[&place[..], &["restore", "saved", "--adopt-keyring"]].concat())
        .done();
    assert!(
        restored
            .stdout
            .contains("belongs to this database from now on"),
        "{}",
        restored.stdout
    );
    test.run(&[&place[..], &["check-config"]].concat()).done();
    // The lost database came back: what is running on it destroys nothing, and nothing new starts
    // on it.
    assert!(test.app.identities.keyring().destroy("2026-27").is_err());
    assert!(key.exists());
    let refused = test.run(&["year", "list"]).code(1);
    assert!(
        refused.stderr.contains("another installation"),
        "{}",
        refused.stderr
    );
    let again = test
        .run(&[&place[..], &["restore", "saved", "--adopt-keyring"]].concat())
        .code(1);
    assert!(
        again.stderr.contains("another installation"),
        "{}",
        again.stderr
    );
    assert!(child > 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_backup_used_as_a_database_by_hand_does_not_pass_for_the_live_one(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    test.run(&["backup", "saved"]).done();
    let copy = test.path("saved/database.sqlite");
    if backend(&test) == Backend::Sqlite {
        let refused = test
            .run(&[
                "--database",
                &format!("sqlite://{}", copy.display()),
                "retention",
                "run",
            ])
            .code(1);
        assert!(
            refused.stderr.contains("another installation"),
            "{}",
            refused.stderr
        );
    } else {
        assert!(!copy.exists() && !test.path("saved/installation.copy").exists());
    }
    let manifest = fs::read_to_string(test.path("saved/manifest.json")).unwrap();
    let mark = fs::read_to_string(test.path("keyring/installation")).unwrap();
    assert!(manifest.contains(mark.trim()), "{manifest}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_database_of_an_earlier_version_and_its_keyring_are_brought_together(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    let forget = || {
        test.db()
            .write_now(|tx| -> Result<(), Error> {
                for table in ["installation", "setting"] {
                    diesel::sql_query(format!("DELETE FROM {table}")).execute(tx)?;
                }
                Ok(())
            })
            .unwrap();
        fs::remove_file(test.path("keyring/installation")).unwrap();
    };
    forget();
    let wrong = text(&test.path("wrong"));
    fs::create_dir(test.path("wrong")).unwrap();
    fs::write(test.path("wrong/2026-27.key"), "07".repeat(32)).unwrap();
    let refused = test.run(&["--keyring", &wrong, "year", "list"]).code(1);
    assert!(
        refused.stderr.contains("are not those that"),
        "{}",
        refused.stderr
    );
    test.run(&["migrate"]).done();
    assert!(test.path("keyring/installation").exists());
    test.run(&["check-config"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_clock_of_a_database_in_production_is_not_set_by_hand(#[case] test: TestApp) {
    use stature::db::schema::installation;
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(installation::table)
                .set(installation::production_since.eq(now))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    // The test's commands are given a date and not STATURE_ENV.
    let refused = test.run(&["retention", "run"]).code(1);
    assert!(
        refused.stderr.contains("leave out --as-of"),
        "{}",
        refused.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_key_of_another_installation_is_noticed_and_one_put_back_is_noticed_too(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let path = format!("/children/{child}");
    nurse.get(&path).status(200);
    let (key, kept) = (test.path("keyring/2026-27.key"), test.path("kept"));
    fs::rename(&key, &kept).unwrap();
    fs::write(&key, "07".repeat(32)).unwrap();
    nurse
        .get(&path)
        .status(503)
        .shows("is not the one that its names were sealed with");
    let print = |test: &TestApp| -> Option<String> {
        test.db()
            .read_now(|tx| -> Result<_, Error> {
                Ok(academic_year::table
                    .find("2026-27")
                    .select(academic_year::key_fingerprint)
                    .first(tx)?)
            })
            .unwrap()
    };
    let before = print(&test);
    let set = [&SET[..], &["Test instrument"]].concat();
    let refused = test.run(&set).code(1);
    assert!(
        refused
            .stderr
            .contains("is not the one that its names were sealed with"),
        "{}",
        refused.stderr
    );
    assert_eq!(print(&test), before, "the fingerprint was overwritten");
    let config = test.run(&["check-config"]).code(1);
    assert!(
        config.stdout.contains("1 of 2 keys") && config.stderr.contains("is not the one"),
        "{config:?}"
    );
    fs::rename(&kept, &key).unwrap();
    nurse.get(&path).status(200);
    test.run(&["check-config"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_keyring_that_is_lost_is_replaced_when_a_person_says_so(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    let nothing_lost = test.run(&["keyring", "replace-lost"]).code(1);
    assert!(
        nothing_lost.stderr.contains("nothing is lost"),
        "{}",
        nothing_lost.stderr
    );
    fs::remove_dir_all(test.path("keyring")).unwrap();
    let refused = test.run(&["year", "list"]).code(1);
    assert!(
        refused.stderr.contains("replace-lost"),
        "{}",
        refused.stderr
    );
    let replaced = test.run(&["keyring", "replace-lost"]).done();
    assert!(
        replaced
            .stdout
            .contains("The names of 2026-27 cannot be read"),
        "{}",
        replaced.stdout
    );
    test.run(&["year", "list"]).done();
    let config = test.run(&["check-config"]).code(1);
    assert!(config.stdout.contains("1 of 2 keys"), "{}", config.stdout);
    test.run(&["audit", "verify"]).done();
}
