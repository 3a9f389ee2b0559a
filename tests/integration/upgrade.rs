//! A database that an earlier version filled keeps everything when it is migrated.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::MigrationHarness;
use rstest::rstest;
use stature::access::Role;
use stature::config::DatabaseUrl;
use stature::db::{Conn, Db, Error, migrate};

use crate::support::{Backend, TestApp, run_program, scratch_database};

/// Tables whose rows an upgrade must keep one for one.
const KEPT: &[&str] = &[
    "academic_year",
    "local_authority",
    "school",
    "pupil",
    "identity",
    "measurement",
    "not_measured",
    "warning",
    "import",
    "import_pupil",
    "postcode",
    "deprivation",
    "letter",
    "outbox",
    "release",
    "release_figure",
    "access",
    "access_pupil",
    "disclosure",
    "disclosure_pupil",
    "account",
];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

fn counts(tx: &mut Conn) -> Result<BTreeMap<&'static str, i64>, Error> {
    let mut counts = BTreeMap::new();
    for table in KEPT {
        let count: Count =
            diesel::sql_query(format!("SELECT count(*) AS rows FROM {table}")).get_result(tx)?;
        counts.insert(*table, count.rows);
    }
    Ok(counts)
}

/// The tables as the first version made them.
fn first_schema(connection: &mut Conn) -> Result<(), Error> {
    migrate::down(connection)?;
    match connection {
        Conn::Sqlite(sqlite) => sqlite.run_next_migration(migrate::SQLITE).map(drop),
        Conn::Postgres(postgres) => postgres.run_next_migration(migrate::POSTGRES).map(drop),
    }
    .map_err(|error| Error::Schema(error.to_string()))
}

fn fixture(backend: Backend) -> std::path::PathBuf {
    let name = match backend {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgres",
    };
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/upgrade")
        .join(name)
}

/// Fills `url` with the rows that the first version wrote, and puts their keyring into `folder`.
fn fill(backend: Backend, url: &str, folder: &Path) {
    let rows = std::fs::read_to_string(fixture(backend).join("rows.sql")).unwrap();
    Db::open_unchecked(&DatabaseUrl::parse(url).unwrap())
        .unwrap()
        .outside_transaction(|connection| -> Result<(), Error> {
            first_schema(connection)?;
            // Dumps list the tables in their own order.
            match connection {
                Conn::Sqlite(sqlite) => sqlite.batch_execute(&format!(
                    "PRAGMA foreign_keys = OFF; BEGIN; {rows} COMMIT; PRAGMA foreign_keys = ON;"
                ))?,
                Conn::Postgres(postgres) => postgres.batch_execute(&format!(
                    "SET session_replication_role = replica; {rows} SET session_replication_role \
                    = DEFAULT;"
                ))?,
            }
            Ok(())
        })
        .unwrap();
    let keyring = folder.join("keyring");
    std::fs::create_dir(&keyring).unwrap();
    std::fs::set_permissions(&keyring, std::fs::Permissions::from_mode(0o700)).unwrap();
    for file in std::fs::read_dir(fixture(backend).join("keyring")).unwrap() {
        let file = file.unwrap();
        let copy = keyring.join(file.file_name());
        std::fs::copy(file.path(), &copy).unwrap();
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[rstest]
#[case::on_sqlite(backend_or_skip!(Sqlite))]
#[case::on_postgres(backend_or_skip!(Postgres))]
fn an_upgrade_keeps_every_row_and_every_name(#[case] backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = scratch_database(backend, folder.path());
    fill(backend, &url, folder.path());
    let before = Db::open_unchecked(&DatabaseUrl::parse(&url).unwrap())
        .unwrap()
        .read_now(counts)
        .unwrap();
    assert_eq!(before["pupil"], 57);
    run_program(folder.path(), &url, &["migrate"]).done();

    let test = TestApp::start_on(folder, url);
    let mut after = test.db().read_now(counts).unwrap();
    // Sealing more of a child with its name opens the names, and the access log says so.
    let accesses = after.insert("access", before["access"]);
    assert!(accesses > Some(before["access"]));
    assert_eq!(after, before);
    test.run(&["audit", "verify"]).done();

    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    nurse
        .get("/children/1")
        .status(200)
        .shows("Ella")
        .shows("McCarthy")
        .shows("Acorns");
    for (child, mark) in [(3, "Opted out"), (5, "Sensitive"), (7, "Growth condition")] {
        let page = nurse.get(&format!("/children/{child}")).status(200);
        let tags = page.all(".nhsuk-tag");
        for other in ["Opted out", "Sensitive", "Growth condition"] {
            let is_shown = tags.iter().any(|tag| tag == other);
            assert_eq!(is_shown, other == mark, "child {child}: {other}");
        }
    }
    let classes = nurse.get("/schools/900101/record").status(200);
    assert!(
        classes
            .all("#class option")
            .iter()
            .any(|class| class.contains("Acorns"))
    );
    test.signed_in(Role::School, &[900_101], &[])
        .get("/figures")
        .status(200)
        .shows("2026");
}
