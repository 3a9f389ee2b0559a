//! The rows of sealed identities.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Binary;

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

/// The marks of the sealed identities of a year (see [`super::mark`]), by child.
pub(super) fn marks_of_year(tx: &mut Conn, year: &str) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    Ok(identity::table
        .filter(identity::year_label.eq(year))
        .order(identity::pupil_id)
        .select((identity::pupil_id, sql::<Binary>("substr(sealed, 2, 24)")))
        .load(tx)?)
}

/// The children of a year whose identity has no key yet: those of an earlier version of the program.
pub(super) fn without_key(tx: &mut Conn, year: &str) -> Result<Vec<i64>, Error> {
    Ok(identity::table
        .filter(identity::year_label.eq(year))
        .filter(identity::identity_key.is_null())
        .select(identity::pupil_id)
        .load(tx)?)
}

/// The child that has this key.
pub(super) fn pupil_with_key(tx: &mut Conn, key: &[u8]) -> Result<Option<i64>, Error> {
    Ok(identity::table
        .filter(identity::identity_key.eq(key))
        .select(identity::pupil_id)
        .first(tx)
        .optional()?)
}

/// A child's number and the key of its identity; `None` where the version before sealed it.
pub(super) type KeyOfChild = (i64, Option<Vec<u8>>);

/// The keys of some children.
pub(super) fn keys_of(tx: &mut Conn, pupils: &[i64]) -> Result<Vec<KeyOfChild>, Error> {
    let mut keys = Vec::with_capacity(pupils.len());
    for chunk in pupils.chunks(NUMBERS_A_STATEMENT) {
        keys.extend(
            identity::table
                .filter(identity::pupil_id.eq_any(chunk))
                .select((identity::pupil_id, identity::identity_key))
                .load::<KeyOfChild>(tx)?,
        );
    }
    Ok(keys)
}

/// The keys of a year, with whose they are.
pub(super) fn keys_of_year(tx: &mut Conn, year: &str) -> Result<Vec<(Vec<u8>, i64)>, Error> {
    Ok(identity::table
        .filter(identity::year_label.eq(year))
        .filter(identity::identity_key.is_not_null())
        .select((identity::identity_key.assume_not_null(), identity::pupil_id))
        .load(tx)?)
}

/// Gives a sealed identity its key.
pub(super) fn set_key(tx: &mut Conn, pupil: i64, key: &[u8]) -> Result<(), Error> {
    diesel::update(identity::table.find(pupil))
        .set(identity::identity_key.eq(key))
        .execute(tx)?;
    Ok(())
}

/// The fingerprint of the key that a year was sealed with.
pub(super) fn key_fingerprint(tx: &mut Conn, year: &str) -> Result<Option<String>, Error> {
    Ok(academic_year::table
        .find(year)
        .select(academic_year::key_fingerprint)
        .first::<Option<String>>(tx)
        .optional()?
        .flatten())
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
