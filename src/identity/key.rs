//! The key of an identity: a keyed hash by which the database refuses the same child twice.
//!
//! Two imports of one list at once would each find that nobody of it is held. They write one after the other, and
//! should that ever fail, the unique key does not.

use std::collections::HashMap;

use super::error::IdentityError;
use super::queries;
use super::seal::Sealer;
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

/// The keys that the children of a year have, to be given out ahead of the transaction that writes them: what
/// [`free_key`] is for one child, this is for very many.
pub struct KeysOfYear {
    holders: HashMap<Vec<u8>, i64>,
}

impl KeysOfYear {
    /// The keys as they are now. Whoever writes on the strength of them looks under its lock whether the children are
    /// still the same; if a key was taken all the same, the database refuses it.
    pub fn read(tx: &mut Conn, year: &str) -> Result<Self, IdentityError> {
        Ok(Self {
            holders: queries::keys_of_year(tx, year)?.into_iter().collect(),
        })
    }

    /// Notes that a new child is going to come in.
    pub fn note_new(&mut self, sealer: &Sealer, pupil: i64, person: &Person) {
        let key = identity_key(sealer, person, 0);
        self.holders.entry(key).or_insert(pupil);
    }

    /// The key for a child held who was one person and is going to be described as another one.
    pub fn change(
        &mut self,
        sealer: &Sealer,
        pupil: i64,
        was: &Person,
        becomes: &Person,
    ) -> Vec<u8> {
        for namesake in 0.. {
            let key = identity_key(sealer, was, namesake);
            match self.holders.get(&key) {
                Some(holder) if *holder != pupil => {}
                Some(_) => {
                    self.holders.remove(&key);
                    break;
                }
                // It has none yet, or one made otherwise, which then stays taken.
                None => break,
            }
        }
        let mut namesake = 0;
        loop {
            let key = identity_key(sealer, becomes, namesake);
            if let std::collections::hash_map::Entry::Vacant(free) = self.holders.entry(key) {
                let key = free.key().clone();
                free.insert(pupil);
                return key;
            }
            namesake += 1;
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
