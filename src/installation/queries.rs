//! The row that names this database, and what tells whether anything was sealed for it.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::decide::Database;
use crate::db::copy::SET_UP;
use crate::db::schema::{academic_year, installation, outbox, release};
use crate::db::{Conn, Error, dialect};

/// The setting that holds the fingerprint of the server key. It belongs to the rows it sealed, so it goes into backups.
const SERVER_KEY: &str = "installation.server_key";

/// What the database says of itself and of the keys that were used for it.
pub(super) fn database(tx: &mut Conn) -> Result<Database, Error> {
    let row: Option<(String, Option<NaiveDateTime>)> = installation::table
        .select((installation::id, installation::production_since))
        .first(tx)
        .optional()?;
    let years = academic_year::table
        .filter(academic_year::key_state.eq("active"))
        .order(academic_year::label)
        .select((academic_year::label, academic_year::key_fingerprint))
        .load(tx)?;
    let releases: i64 = release::table.count().get_result(tx)?;
    let notices: i64 = outbox::table
        .filter(outbox::kind.eq("notice"))
        .filter(outbox::sealed.is_not_null())
        .count()
        .get_result(tx)?;
    let (id, production_since) = row.unzip();
    Ok(Database {
        id,
        production_since: production_since.flatten(),
        years,
        server_sealed: releases > 0 || notices > 0,
        server_key: dialect::get_setting(tx, SERVER_KEY)?,
    })
}

/// Names the database.
pub(super) fn put_id(tx: &mut Conn, id: &str, now: NaiveDateTime) -> Result<(), Error> {
    let renamed = diesel::update(installation::table)
        .set(installation::id.eq(id))
        .execute(tx)?;
    if renamed == 0 {
        diesel::insert_into(installation::table)
            .values((
                installation::only_one.eq(1),
                installation::id.eq(id),
                installation::created_at.eq(now),
            ))
            .execute(tx)?;
    }
    Ok(())
}

/// Notes since when the database is in production.
pub(super) fn put_production(tx: &mut Conn, now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(installation::table)
        .set(installation::production_since.eq(now))
        .execute(tx)?;
    Ok(())
}

/// Notes which server key seals releases and notices.
pub(super) fn put_server_key(
    tx: &mut Conn,
    fingerprint: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    dialect::put_setting(tx, SERVER_KEY, fingerprint, SET_UP, now)
}
