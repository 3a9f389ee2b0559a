//! The rows of pauses.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::retention_pause;
use crate::db::{Conn, Error, dialect};

/// A pause of retention.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = retention_pause)]
pub struct Pause {
    /// Number.
    pub id: i64,
    /// Who began it.
    pub paused_by: String,
    /// Why.
    pub reason: String,
    /// When it began; UTC.
    pub paused_at: NaiveDateTime,
    /// When it ends by itself; UTC.
    pub ends_at: NaiveDateTime,
}

/// Keeps others from beginning or ending a pause until the transaction ends.
pub(super) fn lock(tx: &mut Conn) -> Result<(), Error> {
    dialect::lock_retention_pause(tx)
}

/// The pause in force.
pub(super) fn in_force(tx: &mut Conn, now: NaiveDateTime) -> Result<Option<Pause>, Error> {
    Ok(retention_pause::table
        .filter(retention_pause::ended_at.is_null())
        .filter(retention_pause::ends_at.gt(now))
        .order(retention_pause::id.desc())
        .select(Pause::as_select())
        .first(tx)
        .optional()?)
}

/// Begins a pause; returns its number.
pub(super) fn begin(
    tx: &mut Conn,
    by: &str,
    reason: &str,
    now: NaiveDateTime,
    ends_at: NaiveDateTime,
) -> Result<i64, Error> {
    Ok(diesel::insert_into(retention_pause::table)
        .values((
            retention_pause::paused_by.eq(by),
            retention_pause::reason.eq(reason),
            retention_pause::paused_at.eq(now),
            retention_pause::ends_at.eq(ends_at),
        ))
        .returning(retention_pause::id)
        .get_result(tx)?)
}

/// Ends a pause.
pub(super) fn end(tx: &mut Conn, id: i64, by: &str, now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(retention_pause::table.find(id))
        .set((
            retention_pause::ended_by.eq(by),
            retention_pause::ended_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}
