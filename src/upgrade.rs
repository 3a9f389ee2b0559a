//! What a new version does to the data of an earlier one and the schema's migrations cannot, because it takes a key or
//! the program's own reckoning.
//!
//! `stature migrate` and every start run it. It does what is still to be done, some rows at a time, and is quick when
//! there is nothing.

use crate::audit::{self, Actor, ChainError, Rehashed};
use crate::clock::Clock;
use crate::db::Db;
use crate::identity::{Identities, IdentityError, upgrade};

/// What came of it, in words.
#[derive(Debug, Default)]
pub struct Upgraded {
    /// What was done.
    pub done: Vec<String>,
    /// What waits, and for what.
    pub problems: Vec<String>,
}

/// What an earlier version left cannot be brought over.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// An identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The chain of events.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// Does what is still to be done.
pub fn run(
    db: &Db,
    identities: &Identities,
    clock: &Clock,
    actor: &Actor,
) -> Result<Upgraded, UpgradeError> {
    let mut upgraded = Upgraded::default();
    let sealed = upgrade::seal_particulars(db, identities, actor)?;
    if sealed.children > 0 {
        upgraded.done.push(format!(
            "Sealed class, ethnic group, home area and flags of {} children with their names.",
            sealed.children
        ));
    }
    for year in sealed.years_waiting {
        upgraded.problems.push(format!(
            "The key of {year} is not in the keyring, or is another one: classes and home areas of that year stay in clear until the program starts with it."
        ));
    }
    for (pupil, what) in sealed.children_waiting {
        upgraded.problems.push(format!(
            "The {what} of child {pupil} cannot be read: its class and home area stay in clear in the table pupil_to_seal until that is put right and the program starts again."
        ));
    }
    let now = clock.now();
    let folder = identities.keyring().folder();
    match audit::hash_old_subjects(db, folder, actor, now)? {
        Rehashed::NothingToDo => {}
        Rehashed::Done(events) => upgraded.done.push(format!(
            "Replaced the numbers of children in {events} recorded events by hashes, and linked the chain anew."
        )),
        Rehashed::Broken(why) => upgraded.problems.push(format!(
            "Recorded events still hold the numbers of children: the chain of events does not hold ({why}), so it was not linked anew. Run `stature audit verify`."
        )),
    }
    Ok(upgraded)
}
