//! What an import did to each child, and what keeps it from being undone.

use diesel::prelude::*;

use super::state::{Decided, Deed};
use crate::db::schema::{import_pupil, import_row, letter, measurement, not_measured};
use crate::db::{Conn, Error};

/// What an import did to one child.
pub(super) fn deed_of(tx: &mut Conn, import: i64, pupil: i64) -> Result<Option<Deed>, Error> {
    Ok(import_pupil::table
        .find((import, pupil))
        .select(import_pupil::action)
        .first(tx)
        .optional()?)
}

/// Notes that an import which had only seen a child changed it after all.
pub(super) fn note_changed(
    tx: &mut Conn,
    import: i64,
    pupil: i64,
    before: &[u8],
) -> Result<(), Error> {
    diesel::update(import_pupil::table.find((import, pupil)))
        .set((
            import_pupil::action.eq(Deed::Changed),
            import_pupil::sealed_before.eq(before),
        ))
        .execute(tx)?;
    Ok(())
}

/// The children somebody decided had left, on the proposal of an import.
pub(super) fn left_by_import(tx: &mut Conn, import: i64) -> Result<Vec<i64>, Error> {
    Ok(import_row::table
        .filter(import_row::import_id.eq(import))
        .filter(import_row::decision.eq(Decided::Left))
        .select(import_row::pupil_id)
        .load::<Option<i64>>(tx)?
        .into_iter()
        .flatten()
        .collect())
}

/// What an import did to one child.
#[derive(Queryable)]
pub(super) struct ImportedPupil {
    pub(super) pupil: i64,
    pub(super) deed: Deed,
    /// What the child was before, sealed.
    pub(super) sealed_before: Option<Vec<u8>>,
}

/// What an import did to each child.
pub(super) fn import_pupils(tx: &mut Conn, import: i64) -> Result<Vec<ImportedPupil>, Error> {
    Ok(import_pupil::table
        .filter(import_pupil::import_id.eq(import))
        .select((
            import_pupil::pupil_id,
            import_pupil::action,
            import_pupil::sealed_before,
        ))
        .load(tx)?)
}

/// The children an import brought or changed on whom something was recorded
/// since, or whom a later import changed: what keeps it from being undone.
pub(super) fn reasons_against_undoing(tx: &mut Conn, import: i64) -> Result<(i64, i64), Error> {
    let touched = || {
        import_pupil::table
            .filter(import_pupil::import_id.eq(import))
            .filter(import_pupil::action.ne(Deed::Seen))
            .select(import_pupil::pupil_id)
    };
    let mut recorded: i64 = measurement::table
        .filter(measurement::pupil_id.eq_any(touched()))
        .count()
        .get_result(tx)?;
    recorded += not_measured::table
        .filter(not_measured::pupil_id.eq_any(touched()))
        .count()
        .get_result::<i64>(tx)?;
    recorded += letter::table
        .filter(letter::pupil_id.eq_any(touched()))
        .count()
        .get_result::<i64>(tx)?;
    let later = diesel::alias!(import_pupil as later);
    let later: i64 = later
        .filter(later.field(import_pupil::import_id).gt(import))
        .filter(later.field(import_pupil::action).ne(Deed::Seen))
        .filter(later.field(import_pupil::pupil_id).eq_any(touched()))
        .count()
        .get_result(tx)?;
    Ok((recorded, later))
}
