//! The schema's versions: twin folders, one for each database, in lock step.
//!
//! A database that knows a newer version than this program is refused: an older program would not know what it breaks.

use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Conn;
use super::error::Error;

/// The versions for SQLite.
pub const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
/// The versions for PostgreSQL.
pub const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any fixed number: two processes that migrate at once wait for one another.
const MIGRATION_LOCK: i64 = 0x7374_6174;

/// Brings the schema up to date; returns the names of the versions that were applied. One process at a time.
pub fn up(connection: &mut Conn) -> Result<Vec<String>, Error> {
    alone(connection, run_pending)
}

/// Creates the schema in a database in which no version was ever applied, if `may` allows it; false when one was. Several
/// first commands may call this at once: one creates the schema, the others wait for it.
pub fn up_if_empty<E: From<Error>>(
    connection: &mut Conn,
    may: impl FnOnce() -> Result<(), E>,
) -> Result<bool, E> {
    alone(connection, |connection| {
        if !is_empty(connection)? {
            return Ok(false);
        }
        may()?;
        run_pending(connection)?;
        Ok(true)
    })
}

fn run_pending(connection: &mut Conn) -> Result<Vec<String>, Error> {
    refuse_newer(connection)?;
    let applied = match connection {
        Conn::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(names),
        Conn::Postgres(postgres) => postgres.run_pending_migrations(POSTGRES).map(names),
    };
    applied.map_err(|error| {
        Error::Schema(format!(
            "the schema could not be brought up to date: {error}"
        ))
    })
}

/// Takes everything back: for tests of the versions themselves.
pub fn down(connection: &mut Conn) -> Result<(), Error> {
    match connection {
        Conn::Sqlite(sqlite) => sqlite.revert_all_migrations(SQLITE).map(drop),
        Conn::Postgres(postgres) => postgres.revert_all_migrations(POSTGRES).map(drop),
    }
    .map_err(|error| Error::Schema(format!("the schema could not be taken back: {error}")))
}

/// Says whether this program and the database fit together.
pub fn check(connection: &mut Conn) -> Result<(), Error> {
    refuse_newer(connection)?;
    let pending = match connection {
        Conn::Sqlite(sqlite) => sqlite.has_pending_migration(SQLITE),
        Conn::Postgres(postgres) => postgres.has_pending_migration(POSTGRES),
    }
    .map_err(|error| Error::Schema(error.to_string()))?;
    if pending {
        return Err(Error::Schema(
            "the database is not up to date with this program: run `stature migrate` first"
                .to_owned(),
        ));
    }
    Ok(())
}

fn refuse_newer(connection: &mut Conn) -> Result<(), Error> {
    let applied = match connection {
        Conn::Sqlite(sqlite) => sqlite.applied_migrations(),
        Conn::Postgres(postgres) => postgres.applied_migrations(),
    }
    .map_err(|error| Error::Schema(error.to_string()))?;
    let known: Vec<String> = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)
        .map_err(|error| Error::Schema(error.to_string()))?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    match applied
        .iter()
        .map(ToString::to_string)
        .find(|version| !known.contains(version))
    {
        None => Ok(()),
        Some(version) => Err(Error::Schema(format!(
            "the database is of a newer version ({version}) than this program: install the newer program; nothing was changed"
        ))),
    }
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

/// Does `work` while no other process changes the schema: PostgreSQL keeps a lock of the session; of an embedded database
/// the caller holds the folder's ([`super::lock_folder`]).
fn alone<T, E: From<Error>>(
    connection: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let call = |connection: &mut Conn, function: &str| -> Result<(), Error> {
        use diesel::connection::SimpleConnection;
        if let Conn::Postgres(postgres) = connection {
            postgres.batch_execute(&format!("SELECT {function}({MIGRATION_LOCK})"))?;
        }
        Ok(())
    };
    call(connection, "pg_advisory_lock")?;
    let result = work(connection);
    call(connection, "pg_advisory_unlock")?;
    result
}

/// Whether no version was ever applied.
fn is_empty(connection: &mut Conn) -> Result<bool, Error> {
    match connection {
        Conn::Sqlite(sqlite) => sqlite.applied_migrations(),
        Conn::Postgres(postgres) => postgres.applied_migrations(),
    }
    .map(|applied| applied.is_empty())
    .map_err(|error| Error::Schema(error.to_string()))
}
