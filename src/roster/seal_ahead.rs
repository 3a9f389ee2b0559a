//! Sealing and inserting the new children of an import.
//!
//! Sealing is most of the work, so it is shared among threads.

use rand::seq::SliceRandom as _;

use super::apply::new_pupil;
use super::geography::Place;
use super::import::{By, ImportError, Prepared};
use crate::db::Conn;
use crate::db::dialect::{self, Moment, NewIdentity};
use crate::identity::{FORMAT, IdentityError, Sealer, identity_key, seal_identity};
use roster_reader::{plan::Action, row::child::RosterChild};

/// How many children are sealed and inserted at a time.
const CHILDREN_AT_A_TIME: usize = 2_000;

/// A new child with the number reserved for it and where it lives.
pub(super) struct Numbered<'c> {
    pub(super) id: i64,
    child: &'c RosterChild,
    place: Option<&'c Place>,
}

/// A sealed identity and its key.
type SealedChild = (Vec<u8>, Vec<u8>);

/// The children that a plan adds.
pub(super) fn new_children(prepared: &Prepared) -> Vec<&RosterChild> {
    prepared
        .plan
        .rows
        .iter()
        .filter_map(|row| match &row.action {
            Action::New(child) => Some(child.as_ref()),
            _ => None,
        })
        .collect()
}

/// Gives new children their numbers, in a random order. Numbers in the order of
/// the file would let whoever has the school's list put the names back after
/// they were erased. The children are shuffled rather than the numbers, so that
/// the rows are still inserted in the order of their keys.
pub(super) fn numbered<'c>(
    prepared: &'c Prepared,
    mut children: Vec<&'c RosterChild>,
    numbers: Vec<i64>,
) -> Vec<Numbered<'c>> {
    children.shuffle(&mut rand::rng());
    numbers
        .into_iter()
        .zip(children)
        .map(|(id, child)| Numbered {
            id,
            child,
            place: prepared.place_of(child),
        })
        .collect()
}

/// Inserts new children with their identities, in the order of their numbers.
pub(super) fn insert(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    sealer: &Sealer,
    children: &[Numbered<'_>],
) -> Result<(), ImportError> {
    // Some at a time: sealed all at once, a large roster would stand in memory
    // twice.
    let parts: Vec<&[Numbered<'_>]> = children.chunks(CHILDREN_AT_A_TIME).collect();
    let now = Moment::from(by.now);
    seal_ahead(sealer, &parts, |some, sealed| {
        let pupils = some
            .iter()
            .map(|new| new_pupil(new.id, year, new.child, new.place, &now));
        dialect::insert_pupils(tx, pupils.collect())?;
        let identities = some
            .iter()
            .zip(sealed)
            .map(|(new, (sealed, identity_key))| NewIdentity {
                pupil_id: new.id,
                year_label: year,
                format: FORMAT,
                sealed,
                updated_at: now.clone(),
                identity_key,
            });
        dialect::insert_identities(tx, identities.collect())?;
        by.progress.add(some.len());
        Ok(())
    })
}

fn seal(sealer: &Sealer, new: &Numbered<'_>) -> Result<SealedChild, IdentityError> {
    let sealed = seal_identity(sealer, new.id, &new.child.to_seal(new.place))?;
    Ok((sealed, identity_key(sealer, &new.child.person, 0)))
}

/// Seals the children part by part and hands each part to `write` in order.
/// Other threads seal the parts ahead while this one, which alone may use the
/// connection, writes.
fn seal_ahead(
    sealer: &Sealer,
    parts: &[&[Numbered<'_>]],
    mut write: impl FnMut(&[Numbered<'_>], Vec<SealedChild>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let threads = std::thread::available_parallelism()
        .map_or(1, |threads| threads.get().saturating_sub(1))
        .clamp(1, 4);
    std::thread::scope(|scope| {
        // The parts are divided round-robin; each thread is at most one ahead.
        let sealed: Vec<_> = (0..threads.min(parts.len()))
            .map(|first| {
                let (send, receive) = std::sync::mpsc::sync_channel(1);
                scope.spawn(move || {
                    for part in parts.iter().skip(first).step_by(threads) {
                        let sealed: Result<Vec<_>, _> =
                            part.iter().map(|new| seal(sealer, new)).collect();
                        // The receiver is gone when writing failed.
                        if send.send(sealed).is_err() {
                            return;
                        }
                    }
                });
                receive
            })
            .collect();
        for (part, receive) in parts.iter().zip((0..threads).cycle()) {
            // A sealing thread panicked; the scope passes the panic on.
            let Ok(sealed) = sealed[receive].recv() else {
                break;
            };
            write(part, sealed?)?;
        }
        Ok(())
    })
}
