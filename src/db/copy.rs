//! Every row of the database into files and back: what a backup is made of.
//!
//! Each direction is one transaction: a copy is of one moment, and a database is filled wholly or left as it was.

use std::fs::File;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::pg::CopyFormat;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::Conn;
use super::error::Error;
use super::pool::{Db, transaction};
use super::schema;

/// A copy that could not be made or put back. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file.
    #[error("{path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database holds something already.
    #[error(
        "the database holds data already; nothing was changed. To replace all of it, add --replace"
    )]
    NotEmpty,
    /// The database refused.
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<diesel::result::Error> for CopyError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Calls a macro with every table, those that others refer to first.
macro_rules! with_every_table {
    ($do:ident) => {
        $do!(
            academic_year,
            local_authority,
            school,
            headcount,
            visit,
            pupil,
            pupil_to_seal,
            audit_subject,
            identity,
            identity_damage,
            measurement,
            not_measured,
            warning,
            import,
            import_row,
            import_pupil,
            column_mapping,
            postcode,
            deprivation,
            letter,
            sending_run,
            outbox,
            release,
            release_figure,
            retention_run,
            retention_pause,
            access,
            access_pupil,
            disclosure,
            disclosure_pupil,
            audit_event,
            account,
            assignment,
            year_rule_change,
            login,
            password_token,
            account_approval,
            sign_in_failure,
            job,
            job_run,
            setting,
            submission
        )
    };
}

macro_rules! names {
    ($($table:ident),*) => { &[$(stringify!($table)),*] };
}

/// Every table, those that others refer to first.
pub const TABLES: &[&str] = with_every_table!(names);

/// Tables that stay with their database: they are neither copied out nor filled in.
pub const KEPT: &[&str] = &["installation"];

/// The name of the one file that a copy of SQLite is.
pub const SQLITE_FILE: &str = "database.sqlite";

/// The versions of the schema that were applied, in order.
pub fn schema_versions(connection: &mut Conn) -> Result<Vec<String>, Error> {
    let rows: Vec<Version> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
            .load(connection)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Writes every row into files in `folder`; returns the files' names.
pub fn copy_out(db: &Db, folder: &Path) -> Result<Vec<String>, CopyError> {
    db.outside_transaction(|connection| match connection {
        Conn::Sqlite(sqlite) => {
            diesel::sql_query("VACUUM INTO ?")
                .bind::<Text, _>(folder.join(SQLITE_FILE).to_string_lossy())
                .execute(sqlite)?;
            forget_whose(sqlite, folder)?;
            Ok(vec![SQLITE_FILE.to_owned()])
        }
        Conn::Postgres(postgres) => postgres
            .build_transaction()
            .read_only()
            .repeatable_read()
            .run(|postgres| copy_tables_out(postgres, folder)),
    })
}

/// A copy belongs to no installation: used as a database by hand, it must not pass for the one it was made of.
fn forget_whose(sqlite: &mut diesel::SqliteConnection, folder: &Path) -> Result<(), CopyError> {
    diesel::sql_query("ATTACH DATABASE ? AS copy")
        .bind::<Text, _>(folder.join(SQLITE_FILE).to_string_lossy())
        .execute(sqlite)?;
    let forgotten = sqlite.batch_execute("DELETE FROM copy.installation");
    sqlite.batch_execute("DETACH DATABASE copy")?;
    Ok(forgotten?)
}

/// Fills the database with the rows of files that [`copy_out`] wrote, in one transaction; `last` is done in it too.
pub fn copy_in(
    db: &Db,
    folder: &Path,
    replace: bool,
    last: impl FnOnce(&mut Conn) -> Result<(), CopyError>,
) -> Result<(), CopyError> {
    let attached = db.file().is_some();
    db.outside_transaction(|connection| {
        if let Conn::Sqlite(sqlite) = connection {
            // A database is attached outside of transactions only.
            diesel::sql_query("ATTACH DATABASE ? AS copy")
                .bind::<Text, _>(folder.join(SQLITE_FILE).to_string_lossy())
                .execute(sqlite)?;
        }
        let result = transaction(connection, "BEGIN IMMEDIATE", db.wait, |tx| {
            if !replace && holds_anything(tx)? {
                return Err(CopyError::NotEmpty);
            }
            match tx {
                Conn::Sqlite(sqlite) => copy_attached_in(sqlite)?,
                Conn::Postgres(postgres) => copy_tables_in(postgres, folder)?,
            }
            last(tx)
        });
        if attached {
            connection.batch_execute("DETACH DATABASE copy")?;
        }
        result
    })
}

/// Who changed the settings that setting a new place up leaves behind.
pub const SET_UP: &str = "installation";

/// Whether any table holds a row, but for what setting a new place up wrote.
pub fn holds_anything(connection: &mut Conn) -> Result<bool, Error> {
    for table in TABLES {
        let by_people = match *table {
            "setting" => format!("WHERE changed_by <> '{SET_UP}'"),
            _ => String::new(),
        };
        let count: Count = diesel::sql_query(format!(
            "SELECT count(*) AS rows FROM (SELECT 1 FROM {table} {by_people} LIMIT 1) one"
        ))
        .get_result(connection)?;
        if count.rows > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn copy_attached_in(sqlite: &mut diesel::SqliteConnection) -> Result<(), CopyError> {
    sqlite.batch_execute("PRAGMA main.defer_foreign_keys = ON")?;
    for table in TABLES.iter().rev() {
        sqlite.batch_execute(&format!("DELETE FROM main.{table}"))?;
    }
    for table in TABLES {
        sqlite.batch_execute(&format!(
            "INSERT INTO main.{table} SELECT * FROM copy.{table}"
        ))?;
    }
    // Numbers that were given to rows since deleted are not given again.
    sqlite.batch_execute(
        "DELETE FROM main.sqlite_sequence; INSERT INTO main.sqlite_sequence SELECT * FROM copy.sqlite_sequence",
    )?;
    Ok(())
}

fn file_of(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.copy"))
}

fn in_file(path: &Path) -> impl FnOnce(std::io::Error) -> CopyError {
    |source| CopyError::File {
        path: path.to_owned(),
        source,
    }
}

fn copy_tables_out(
    postgres: &mut diesel::PgConnection,
    folder: &Path,
) -> Result<Vec<String>, CopyError> {
    macro_rules! out {
        ($($table:ident),*) => {
            $({
                let path = file_of(folder, stringify!($table));
                let mut file = File::create_new(&path).map_err(in_file(&path))?;
                let mut rows = diesel::copy_to(schema::$table::table)
                    .with_format(CopyFormat::Binary)
                    .load_raw(postgres)?;
                std::io::copy(&mut rows, &mut file).map_err(in_file(&path))?;
                drop(rows);
                // diesel leaves the end of a COPY unread and then refuses the next query; a simple query takes it in.
                postgres.batch_execute("SELECT 1")?;
                file.sync_all().map_err(in_file(&path))?;
            })*
        };
    }
    with_every_table!(out);
    Ok(TABLES.iter().map(|table| format!("{table}.copy")).collect())
}

fn copy_tables_in(postgres: &mut diesel::PgConnection, folder: &Path) -> Result<(), CopyError> {
    postgres.batch_execute(&format!("TRUNCATE {}", TABLES.join(", ")))?;
    macro_rules! fill {
        ($($table:ident),*) => {
            $({
                let path = file_of(folder, stringify!($table));
                let file = File::open(&path).map_err(in_file(&path))?;
                diesel::copy_from(schema::$table::table)
                    .from_raw_data(schema::$table::table, |copy: &mut dyn std::io::Write| -> QueryResult<()> {
                        std::io::copy(&mut &file, copy)
                            .map(drop)
                            .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
                    })
                    .with_format(CopyFormat::Binary)
                    .execute(postgres)?;
            })*
        };
    }
    with_every_table!(fill);
    number_on(postgres)
}

/// Rows to come get numbers after those that were filled in.
fn number_on(postgres: &mut diesel::PgConnection) -> Result<(), CopyError> {
    let numbered: Vec<Version> = diesel::sql_query(
        "SELECT table_name::text AS version FROM information_schema.columns \
         WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES'",
    )
    .load(postgres)?;
    for table in numbered {
        let table = table.version;
        diesel::sql_query(format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
        ))
        .execute(postgres)?;
    }
    Ok(())
}
