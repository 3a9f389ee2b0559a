//! What an import does to children held, collected before the transaction that does it.
//!
//! One statement a child would hold SQLite's one writer, or PostgreSQL's rows of a whole school, for as long as sealing
//! and writing take. The rows are therefore collected in temporary tables, and a few statements write all of them.

#![expect(
    clippy::ref_option_ref,
    reason = "diesel's derives refer to every field"
)]

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Timestamp};

use super::bulk::{ROWS_A_STATEMENT, insert_many};
use crate::db::connection::Conn;
use crate::db::error::Error;

use tables::{changed_child, seen_child};

/// The temporary tables.
mod tables {
    diesel::table! {
        changed_child (pupil_id) {
            pupil_id -> BigInt,
            school_urn -> Integer,
            year_group -> Text,
            sex -> Text,
            ethnic_group -> Nullable<Text>,
            deprivation_quintile -> Nullable<Integer>,
            deprivation_vintage -> Nullable<Integer>,
            sealed -> Binary,
            identity_key -> Binary,
            sealed_before -> Binary,
        }
    }

    diesel::table! {
        seen_child (pupil_id) {
            pupil_id -> BigInt,
        }
    }
}

/// A child held who is described differently, ready to be written.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = changed_child, treat_none_as_default_value = false)]
pub struct ChangedChild {
    /// The child.
    pub pupil_id: i64,
    /// School.
    pub school_urn: i32,
    /// `R` or `6`.
    pub year_group: &'static str,
    /// `F` or `M`.
    pub sex: &'static str,
    /// Code of the broad ethnic group, where known.
    pub ethnic_group: Option<&'static str>,
    /// Deprivation quintile, 1 the most deprived.
    pub deprivation_quintile: Option<i32>,
    /// Year of the deprivation index.
    pub deprivation_vintage: Option<i32>,
    /// The identity, sealed.
    pub sealed: Vec<u8>,
    /// See [`crate::identity::identity_key`].
    pub identity_key: Vec<u8>,
    /// The child as it was before, sealed for undoing.
    pub sealed_before: Vec<u8>,
}

insert_many!(
    /// Collects children who are described differently.
    pub insert_changed, ChangedChild, changed_child
);
/// Collects children who are described just as before.
pub fn insert_seen(connection: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    for chunk in pupils.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|pupil| seen_child::pupil_id.eq(*pupil))
            .collect();
        execute!(
            connection,
            diesel::insert_into(seen_child::table).values(rows)
        )?;
    }
    Ok(())
}

/// Makes the tables of [`insert_changed`] and [`insert_seen`], for this connection alone.
pub fn begin_collecting_touched(connection: &mut Conn) -> Result<(), Error> {
    // SQLite keeps the rows in the order of a key of exactly this type.
    let (key, bytes) = match connection {
        Conn::Sqlite(_) => ("INTEGER PRIMARY KEY", "BLOB"),
        Conn::Postgres(_) => ("BIGINT PRIMARY KEY", "BYTEA"),
    };
    connection.batch_execute(&format!(
        "CREATE TEMPORARY TABLE changed_child (
             pupil_id {key},
             school_urn INTEGER NOT NULL,
             year_group TEXT NOT NULL,
             sex TEXT NOT NULL,
             ethnic_group TEXT,
             deprivation_quintile INTEGER,
             deprivation_vintage INTEGER,
             sealed {bytes} NOT NULL,
             identity_key {bytes} NOT NULL,
             sealed_before {bytes} NOT NULL
         );
         CREATE TEMPORARY TABLE seen_child (pupil_id {key});"
    ))?;
    Ok(())
}

/// Tells PostgreSQL how many rows were collected: it would otherwise look up each of many one by one.
pub fn end_collecting_touched(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        postgres.batch_execute("ANALYZE changed_child; ANALYZE seen_child;")?;
    }
    Ok(())
}

/// Lets go of the keys that the collected children had and will not have any more. Within one statement a child could
/// otherwise take another's key before that one has its new one.
pub fn free_changed_keys(connection: &mut Conn) -> Result<(), Error> {
    diesel::sql_query(
        "UPDATE identity SET identity_key = NULL WHERE pupil_id IN (SELECT pupil_id FROM changed_child) \
         AND identity_key <> (SELECT identity_key FROM changed_child WHERE pupil_id = identity.pupil_id)",
    )
    .execute(connection)?;
    Ok(())
}

/// Writes the collected children over those held, on roll, and notes them and the children seen with their import.
/// `format`: the version of the sealing.
///
/// Subqueries and not `UPDATE … FROM`: for that, SQLite reads every child there is, of every year, and copies the sealed
/// bytes once more.
pub fn write_touched(
    connection: &mut Conn,
    import: i64,
    format: i32,
    at: NaiveDateTime,
) -> Result<(), Error> {
    let pupils = diesel::sql_query(
        "UPDATE pupil SET (school_urn, year_group, sex, ethnic_group, deprivation_quintile, deprivation_vintage) = \
         (SELECT school_urn, year_group, sex, ethnic_group, deprivation_quintile, deprivation_vintage \
         FROM changed_child WHERE pupil_id = pupil.id), on_roll = TRUE, updated_at = $1 \
         WHERE id IN (SELECT pupil_id FROM changed_child)",
    )
    .bind::<Timestamp, _>(at)
    .execute(connection)?;
    let identities = diesel::sql_query(
        "UPDATE identity SET (sealed, identity_key) = \
         (SELECT sealed, identity_key FROM changed_child WHERE pupil_id = identity.pupil_id), \
         format = $1, updated_at = $2 WHERE pupil_id IN (SELECT pupil_id FROM changed_child)",
    )
    .bind::<Integer, _>(format)
    .bind::<Timestamp, _>(at)
    .execute(connection)?;
    let noted = diesel::sql_query(
        "INSERT INTO import_pupil (import_id, pupil_id, action, sealed_before) \
         SELECT $1, pupil_id, 'changed', sealed_before FROM changed_child ORDER BY pupil_id",
    )
    .bind::<BigInt, _>(import)
    .execute(connection)?;
    if pupils != noted || identities != noted {
        return Err(Error::Schema(format!(
            "{noted} children were to be changed, and {pupils} records and {identities} identities were found"
        )));
    }
    // In the order of the file, these rows would keep the school's list beside the children's numbers.
    diesel::sql_query(
        "INSERT INTO import_pupil (import_id, pupil_id, action) \
         SELECT $1, pupil_id, 'seen' FROM seen_child ORDER BY pupil_id",
    )
    .bind::<BigInt, _>(import)
    .execute(connection)?;
    Ok(())
}
