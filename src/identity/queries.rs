//! The rows of sealed identities.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::schema::{academic_year, identity, pupil};
use crate::db::{Conn, Error, dialect};

/// A sealed identity: the child, its year, the bytes.
pub(super) type Sealed = (i64, String, Vec<u8>);

/// What stands about a year's key.
pub(super) struct KeyState {
    pub(super) destroyed: bool,
    pub(super) has_rule: bool,
    pub(super) fingerprint: Option<String>,
}

/// SQLite takes 32,766 values in a statement.
const NUMBERS_A_STATEMENT: usize = 10_000;

pub(super) fn sealed_identities_of(tx: &mut Conn, pupils: &[i64]) -> Result<Vec<Sealed>, Error> {
    let mut rows = Vec::with_capacity(pupils.len());
    for chunk in pupils.chunks(NUMBERS_A_STATEMENT) {
        rows.extend(
            identity::table
                .filter(identity::pupil_id.eq_any(chunk))
                .select((identity::pupil_id, identity::year_label, identity::sealed))
                .load::<Sealed>(tx)?,
        );
    }
    Ok(rows)
}

/// Whether the child's name was removed when its time had come.
pub(super) fn name_was_removed(tx: &mut Conn, pupil: i64) -> Result<bool, Error> {
    Ok(pupil::table
        .find(pupil)
        .select(pupil::name_removed_on.is_not_null())
        .first(tx)
        .optional()?
        .unwrap_or(false))
}

pub(super) fn sealed_identities_of_year(tx: &mut Conn, year: &str) -> Result<Vec<Sealed>, Error> {
    Ok(identity::table
        .filter(identity::year_label.eq(year))
        .select((identity::pupil_id, identity::year_label, identity::sealed))
        .load(tx)?)
}

pub(super) fn put_identity(
    tx: &mut Conn,
    year: &str,
    pupil: i64,
    sealed: &[u8],
    at: NaiveDateTime,
) -> Result<(), Error> {
    dialect::put_identity(tx, year, pupil, super::FORMAT, sealed, at)
}

/// What stands about a year's key; it stays so until the transaction ends.
pub(super) fn key_state(tx: &mut Conn, year: &str) -> Result<Option<KeyState>, Error> {
    dialect::hold_year(tx, year)?;
    Ok(academic_year::table
        .find(year)
        .select((
            academic_year::key_state,
            academic_year::retention_days,
            academic_year::key_fingerprint,
        ))
        .first::<(String, Option<i32>, Option<String>)>(tx)
        .optional()?
        .map(|(state, days, fingerprint)| KeyState {
            destroyed: state == "destroyed",
            has_rule: days.is_some(),
            fingerprint,
        }))
}
