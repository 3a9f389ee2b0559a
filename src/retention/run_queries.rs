//! The rows of the evidence: each run, what it followed, what it did.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::schema::retention_run;
use crate::db::{Conn, Error};

/// A row of evidence.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = retention_run)]
pub(super) struct StoredRun {
    pub(super) id: i64,
    pub(super) as_of: NaiveDate,
    pub(super) state: String,
    pub(super) rule: String,
    pub(super) counts: String,
    pub(super) scan: Option<String>,
    pub(super) identities_erased: i32,
    pub(super) keys_destroyed: String,
    pub(super) started_by: String,
    pub(super) started_at: NaiveDateTime,
    pub(super) finished_at: Option<NaiveDateTime>,
}

/// The run that was begun and not finished.
pub(super) fn unfinished_run(tx: &mut Conn) -> Result<Option<StoredRun>, Error> {
    Ok(retention_run::table
        .filter(retention_run::state.eq("running"))
        .order(retention_run::id)
        .select(StoredRun::as_select())
        .first(tx)
        .optional()?)
}

/// Begins a run; returns its number.
pub(super) fn begin_run(
    tx: &mut Conn,
    as_of: NaiveDate,
    rule: &str,
    counts: &str,
    by: &str,
    now: NaiveDateTime,
) -> Result<i64, Error> {
    Ok(diesel::insert_into(retention_run::table)
        .values((
            retention_run::as_of.eq(as_of),
            retention_run::state.eq("running"),
            retention_run::rule.eq(rule),
            retention_run::counts.eq(counts),
            retention_run::started_by.eq(by),
            retention_run::started_at.eq(now),
        ))
        .returning(retention_run::id)
        .get_result(tx)?)
}

/// Writes a run's date, rules and counts.
pub(super) fn update_run(
    tx: &mut Conn,
    id: i64,
    as_of: NaiveDate,
    rule: &str,
    counts: &str,
    erased: i64,
    keys_destroyed: &str,
) -> Result<(), Error> {
    diesel::update(retention_run::table.find(id))
        .set((
            retention_run::as_of.eq(as_of),
            retention_run::rule.eq(rule),
            retention_run::counts.eq(counts),
            retention_run::identities_erased.eq(erased as i32),
            retention_run::keys_destroyed.eq(keys_destroyed),
        ))
        .execute(tx)?;
    Ok(())
}

/// Ends a run with the result of its scan.
pub(super) fn finish_run(
    tx: &mut Conn,
    id: i64,
    scan: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(retention_run::table.find(id))
        .set((
            retention_run::state.eq("succeeded"),
            retention_run::scan.eq(scan),
            retention_run::finished_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

/// One run.
pub(super) fn run(tx: &mut Conn, id: i64) -> Result<Option<StoredRun>, Error> {
    Ok(retention_run::table
        .find(id)
        .select(StoredRun::as_select())
        .first(tx)
        .optional()?)
}

/// The latest runs, the newest first.
pub(super) fn runs(tx: &mut Conn, limit: i64) -> Result<Vec<StoredRun>, Error> {
    Ok(retention_run::table
        .order(retention_run::id.desc())
        .limit(limit)
        .select(StoredRun::as_select())
        .load(tx)?)
}

/// When the latest run began.
pub(super) fn last_start(tx: &mut Conn) -> Result<Option<NaiveDateTime>, Error> {
    Ok(retention_run::table
        .select(diesel::dsl::max(retention_run::started_at))
        .first(tx)?)
}
