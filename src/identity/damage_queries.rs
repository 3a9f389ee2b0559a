//! Which identities turned out damaged, so that those who run the service are told and not only whoever met them.

use std::collections::HashSet;

use diesel::prelude::*;

use super::opened::{Opened, Unreadable, notice};
use crate::db::schema::identity_damage;
use crate::db::{Conn, Error, dialect};

/// Children whose identity could not be read when it was last opened, by number.
pub fn noticed(tx: &mut Conn) -> Result<Vec<Unreadable>, Error> {
    let pupils: Vec<i64> = identity_damage::table
        .order(identity_damage::pupil_id)
        .select(identity_damage::pupil_id)
        .load(tx)?;
    let unreadable = |pupil| Unreadable {
        pupil,
        why: "it could not be read when it was last opened".to_owned(),
    };
    Ok(pupils.into_iter().map(unreadable).collect())
}

/// The words about all of them, for those who run the service; `None` when there is none.
pub fn damage_notice(tx: &mut Conn) -> Result<Option<String>, Error> {
    Ok(notice(noticed(tx)?.into_iter().map(|one| one.pupil)))
}

/// Notes what an opening found: identities that are damaged, and those that were and have been restored.
pub(super) fn note(tx: &mut Conn, opened: &Opened) -> Result<(), Error> {
    let known: HashSet<i64> = noticed(tx)?.into_iter().map(|one| one.pupil).collect();
    for one in &opened.unreadable {
        if !known.contains(&one.pupil) {
            dialect::note_identity_damage(tx, one.pupil)?;
        }
    }
    let restored = known
        .iter()
        .filter(|pupil| opened.people.contains_key(pupil));
    for pupil in restored {
        diesel::delete(identity_damage::table.find(pupil)).execute(tx)?;
    }
    Ok(())
}
