//! The key of an identity: a keyed hash by which the database refuses the same child twice.
//!
//! Two imports of one list at once would each find that nobody of it is held. They write one after the other, and
//! should that ever fail, the unique key does not.

use super::seal::Sealer;
use super::{IdentityError, queries};
use crate::db::Conn;
use programme::{Person, text};

/// The key of a child's identity: NHS number, UPN, names as they are compared, and date of birth.
///
/// `namesake` is 0, except for children of whom a person decided that they are two although all of this is the same.
pub fn identity_key(sealer: &Sealer, person: &Person, namesake: u32) -> Vec<u8> {
    let nhs_number = person.nhs_number.as_ref().map(ToString::to_string);
    let nhs_number = nhs_number.as_deref().unwrap_or("");
    let upn = person.upn.as_ref().map_or("", |upn| upn.as_str());
    let (family, given) = (
        text::folded(&person.family_name),
        text::folded(&person.given_name),
    );
    sealer.keyed_hash(
        "identity key",
        &[
            nhs_number.as_bytes(),
            upn.as_bytes(),
            family.as_bytes(),
            given.as_bytes(),
            &person.date_of_birth.to_epoch_days().to_le_bytes(),
            &namesake.to_le_bytes(),
        ],
    )
}

/// The key for a child whom a person added or changed: one that no other child has.
pub fn free_key(
    tx: &mut Conn,
    sealer: &Sealer,
    pupil: i64,
    person: &Person,
) -> Result<Vec<u8>, IdentityError> {
    let mut namesake = 0;
    loop {
        let key = identity_key(sealer, person, namesake);
        match queries::pupil_with_key(tx, &key)? {
            Some(other) if other != pupil => namesake += 1,
            _ => return Ok(key),
        }
    }
}

/// Gives those children of a year a key who came in with a version of the program that had none.
pub fn fill_missing_keys<'p>(
    tx: &mut Conn,
    sealer: &Sealer,
    year: &str,
    people: impl Iterator<Item = (i64, &'p Person)>,
) -> Result<(), IdentityError> {
    let without: std::collections::HashSet<i64> =
        queries::without_key(tx, year)?.into_iter().collect();
    if without.is_empty() {
        return Ok(());
    }
    for (pupil, person) in people.filter(|(pupil, _)| without.contains(pupil)) {
        let key = free_key(tx, sealer, pupil, person)?;
        queries::set_key(tx, pupil, &key)?;
    }
    Ok(())
}
