//! The rows of imports that wait for a person.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::state::{Decided, State, WaitsFor};
use crate::db::schema::{import, import_row};
use crate::db::{Conn, Error};
use crate::web::Asked;

/// A row that waits.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = import_row)]
pub(super) struct WaitingRecord {
    pub(super) id: i64,
    pub(super) import_id: i64,
    pub(super) row_number: i32,
    pub(super) outcome: WaitsFor,
    pub(super) decision: Option<Decided>,
    pub(super) pupil_id: Option<i64>,
    pub(super) sealed: Option<Vec<u8>>,
}

/// The rows of an import that wait, or waited, in the order of the file.
pub(super) fn waiting_rows(
    tx: &mut Conn,
    import: i64,
    outcome: Option<WaitsFor>,
    asked: Asked,
) -> Result<(Vec<WaitingRecord>, i64), Error> {
    let filtered = || {
        let mut query = import_row::table
            .filter(import_row::import_id.eq(import))
            .into_boxed();
        if let Some(outcome) = outcome {
            query = query.filter(import_row::outcome.eq(outcome));
        }
        query
    };
    let rows = filtered()
        .order((import_row::decision.is_not_null(), import_row::row_number))
        .offset(asked.offset())
        .limit(asked.size())
        .select(WaitingRecord::as_select())
        .load(tx)?;
    Ok((rows, filtered().count().get_result(tx)?))
}

/// One waiting row of an import.
pub(super) fn waiting_row(
    tx: &mut Conn,
    import: i64,
    row: i32,
) -> Result<Option<WaitingRecord>, Error> {
    Ok(import_row::table
        .filter(import_row::import_id.eq(import))
        .filter(import_row::row_number.eq(row))
        .select(WaitingRecord::as_select())
        .first(tx)
        .optional()?)
}

/// A row that still waits: its number in the table, its import, its row of the
/// file, its sealed text.
pub(super) type StillWaiting = (i64, i64, i32, Vec<u8>);

/// Every row of a year that still waits.
pub(super) fn rows_waiting_in_year(tx: &mut Conn, year: &str) -> Result<Vec<StillWaiting>, Error> {
    let rows: Vec<(i64, i64, i32, Option<Vec<u8>>)> = import_row::table
        .inner_join(import::table)
        .filter(import::year_label.eq(year))
        .filter(import::state.eq(State::Applied))
        .filter(import::erased_at.is_null())
        .filter(import_row::decision.is_null())
        .filter(import_row::sealed.is_not_null())
        .select((
            import_row::id,
            import_row::import_id,
            import_row::row_number,
            import_row::sealed,
        ))
        .load(tx)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, import, row, sealed)| Some((id, import, row, sealed?)))
        .collect())
}

/// The children of a year for whom it is still to be decided whether they left.
pub(super) fn leavers_already_proposed(tx: &mut Conn, year: &str) -> Result<HashSet<i64>, Error> {
    Ok(import_row::table
        .inner_join(import::table)
        .filter(import::year_label.eq(year))
        .filter(import::state.eq(State::Applied))
        .filter(import::erased_at.is_null())
        .filter(import_row::outcome.eq(WaitsFor::Leaver))
        .filter(import_row::decision.is_null())
        .select(import_row::pupil_id)
        .load::<Option<i64>>(tx)?
        .into_iter()
        .flatten()
        .collect())
}

/// How many rows of each outcome still wait in an import.
pub(super) fn waiting_counts(tx: &mut Conn, import: i64) -> Result<HashMap<WaitsFor, i64>, Error> {
    Ok(import_row::table
        .filter(import_row::import_id.eq(import))
        .filter(import_row::decision.is_null())
        .group_by(import_row::outcome)
        .select((import_row::outcome, diesel::dsl::count_star()))
        .load::<(WaitsFor, i64)>(tx)?
        .into_iter()
        .collect())
}

/// Notes what was decided about a row; its text is no longer needed. False when
/// somebody decided before.
pub(super) fn decide_row(
    tx: &mut Conn,
    id: i64,
    decision: Decided,
    child: Option<i64>,
) -> Result<bool, Error> {
    let changed = diesel::update(
        import_row::table
            .filter(import_row::id.eq(id))
            .filter(import_row::decision.is_null()),
    )
    .set((
        import_row::decision.eq(decision),
        import_row::sealed.eq(None::<Vec<u8>>),
        child.map(|child| import_row::pupil_id.eq(child)),
    ))
    .execute(tx)?;
    Ok(changed == 1)
}

/// Takes away what an import left waiting.
pub(super) fn delete_waiting_rows(tx: &mut Conn, import: i64) -> Result<(), Error> {
    diesel::delete(import_row::table.filter(import_row::import_id.eq(import))).execute(tx)?;
    Ok(())
}
