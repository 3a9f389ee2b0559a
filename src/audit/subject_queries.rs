//! The secrets by which events speak of children.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{audit_subject, letter};
use crate::db::{Conn, Error, dialect};

/// SQLite takes 32,766 values in a statement.
const NUMBERS_A_STATEMENT: usize = 10_000;

/// The child's secret.
pub(super) fn secret(tx: &mut Conn, pupil: i64) -> Result<Option<Vec<u8>>, Error> {
    Ok(audit_subject::table
        .find(pupil)
        .select(audit_subject::secret)
        .first(tx)
        .optional()?)
}

/// The child's secret, `new` from now on when it had none; `None` when its name has gone or there is no such child.
pub(super) fn secret_or_new(
    tx: &mut Conn,
    pupil: i64,
    new: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    if let Some(known) = secret(tx, pupil)? {
        return Ok(Some(known));
    }
    dialect::insert_audit_secret(tx, pupil, new)?;
    secret(tx, pupil)
}

/// The secrets of these children, of those who have one.
pub(super) fn secrets(tx: &mut Conn, pupils: &[i64]) -> Result<HashMap<i64, Vec<u8>>, Error> {
    let mut secrets = HashMap::with_capacity(pupils.len());
    for pupils in pupils.chunks(NUMBERS_A_STATEMENT) {
        secrets.extend(
            audit_subject::table
                .filter(audit_subject::pupil_id.eq_any(pupils))
                .select((audit_subject::pupil_id, audit_subject::secret))
                .load::<(i64, Vec<u8>)>(tx)?,
        );
    }
    Ok(secrets)
}

/// Gives these children the secrets beside their numbers, where they have none and their names are held.
pub(super) fn insert_secrets(tx: &mut Conn, new: &[(i64, Vec<u8>)]) -> Result<(), Error> {
    for new in new.chunks(NUMBERS_A_STATEMENT) {
        dialect::insert_audit_secrets(tx, new)?;
    }
    Ok(())
}

/// The child that a letter is about.
pub(super) fn pupil_of_letter(tx: &mut Conn, letter: i64) -> Result<Option<i64>, Error> {
    Ok(letter::table
        .find(letter)
        .select(letter::pupil_id)
        .first(tx)
        .optional()?)
}
