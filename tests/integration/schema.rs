//! The two schemas are one: same versions, same tables, same columns.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use rstest::rstest;
use stature::config::DatabaseUrl;
use stature::db::{Conn, Db, Error, migrate};

use crate::support::{TestApp, scratch_database};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Integer)]
    required: i32,
}

/// Each column of each table, and whether it must be filled.
fn columns(tx: &mut Conn) -> Result<BTreeMap<(String, String), bool>, Error> {
    let query = match tx {
        Conn::Sqlite(_) => {
            "SELECT m.name AS table_name, p.name AS column_name,
                    CAST(p.\"notnull\" AS INTEGER) AS required
             FROM sqlite_master m JOIN pragma_table_info(m.name) p
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
               AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'"
        }
        Conn::Postgres(_) => {
            "SELECT table_name::text, column_name::text,
                    CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS required
             FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
        }
    };
    let rows: Vec<Column> = diesel::sql_query(query).load(tx)?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.table_name, row.column_name), row.required == 1))
        .collect())
}

#[test]
fn both_folders_hold_the_same_versions() {
    let names = |folder: &str| {
        let mut names: Vec<_> = std::fs::read_dir(format!(
            "{}/migrations/{folder}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn tables_columns_and_what_must_be_filled_agree() {
    let folder = tempfile::tempdir().unwrap();
    let open = |backend| {
        Db::open(&DatabaseUrl::parse(&scratch_database(backend, folder.path())).unwrap()).unwrap()
    };
    let sqlite = open(backend_or_skip!(Sqlite)).read_now(columns).unwrap();
    let postgres = open(backend_or_skip!(Postgres)).read_now(columns).unwrap();
    assert!(
        sqlite.len() > 100,
        "only {} columns were found",
        sqlite.len()
    );
    assert_eq!(sqlite, postgres);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_schema_goes_up_and_down_and_up_again(#[case] test: TestApp) {
    let columns_before = test.db().read_now(columns).unwrap();
    test.db().outside_transaction(migrate::down).unwrap();
    assert!(test.db().read_now(columns).unwrap().is_empty());
    test.db().outside_transaction(migrate::up).unwrap();
    assert_eq!(test.db().read_now(columns).unwrap(), columns_before);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_database_of_a_newer_program_is_refused_and_left_alone(#[case] test: TestApp) {
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::sql_query(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')",
            )
            .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let refused = test.run(&["year", "list"]).code(1);
    assert!(
        refused.stderr.contains("newer version"),
        "{}",
        refused.stderr
    );
    let refused = test.run(&["migrate"]).code(1);
    assert!(
        refused.stderr.contains("newer version"),
        "{}",
        refused.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_row_that_belongs_to_nothing_is_refused(#[case] test: TestApp) {
    use stature::db::schema::identity;
    let orphan = test.db().write_now(|tx| -> Result<(), Error> {
        diesel::insert_into(identity::table)
            .values((
                identity::pupil_id.eq(1),
                identity::year_label.eq("2026-27"),
                identity::format.eq(1),
                identity::sealed.eq(vec![1_u8]),
                identity::updated_at.eq(test.app.clock.now()),
            ))
            .execute(tx)?;
        Ok(())
    });
    assert!(orphan.is_err(), "foreign keys are off");
}
