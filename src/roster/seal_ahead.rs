//! Sealing the new and the changed children of an import, ahead of the
//! transaction that writes them.
//!
//! Sealing is most of the work, so it is shared among threads.

use rand::seq::SliceRandom as _;

use super::apply::new_pupil;
use super::error::ImportError;
use super::import::Prepared;
use super::importing::Importing;
use super::waiting::Before;
use crate::db::Conn;
use crate::db::dialect;
use crate::db::dialect::{ChangedChild, Moment, NewIdentity};
use crate::identity::{FORMAT, KeysOfYear, Sealer, identity_key, seal_identity};
use programme::{EthnicGroup, Ethnicity, Place};
use roster_reader::{plan::Action, plan::Held, row::child::RosterChild};

/// How many children are sealed and inserted at a time.
const CHILDREN_AT_A_TIME: usize = 2_000;

/// A new child with the number reserved for it and where it lives.
pub(super) struct Numbered<'c> {
    pub(super) id: i64,
    pub(super) child: &'c RosterChild,
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
    importing: Importing<'_>,
    year: &str,
    sealer: &Sealer,
    children: &[Numbered<'_>],
) -> Result<(), ImportError> {
    // Some at a time: sealed all at once, a large roster would stand in memory
    // twice.
    let parts: Vec<&[Numbered<'_>]> = children.chunks(CHILDREN_AT_A_TIME).collect();
    let now = Moment::from(importing.now);
    let seal = |new: &Numbered<'_>| seal_new(sealer, new);
    seal_ahead(&parts, seal, |some, sealed| {
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
        importing.progress.add(some.len());
        Ok(())
    })
}

fn seal_new(sealer: &Sealer, new: &Numbered<'_>) -> Result<SealedChild, ImportError> {
    let sealed = seal_identity(sealer, new.id, &new.child.to_seal(new.place))?;
    Ok((sealed, identity_key(sealer, &new.child.person, 0)))
}

/// A child held who is described differently.
struct Changed<'c> {
    held: &'c Held,
    merged: &'c RosterChild,
    place: Option<&'c Place>,
    key: Vec<u8>,
}

/// Collects the children whom a plan changes, sealed. `import` is the number
/// that the import has or will have.
pub(super) fn collect_changed(
    tx: &mut Conn,
    importing: Importing<'_>,
    sealer: &Sealer,
    import: i64,
    prepared: &Prepared,
    keys: KeysOfYear,
) -> Result<(), ImportError> {
    let changed = changed_children(prepared, sealer, keys);
    let parts: Vec<&[Changed<'_>]> = changed.chunks(CHILDREN_AT_A_TIME).collect();
    let seal = |one: &Changed<'_>| seal_changed(sealer, import, one);
    seal_ahead(&parts, seal, |some, sealed| {
        dialect::insert_changed(tx, sealed)?;
        importing.progress.add(some.len());
        Ok(())
    })
}

/// Collects the children whom a plan finds just as before, in the order of
/// their numbers.
pub(super) fn collect_seen(tx: &mut Conn, prepared: &Prepared) -> Result<(), ImportError> {
    let seen = prepared
        .plan
        .rows
        .iter()
        .filter_map(|row| match row.action {
            Action::Unchanged { held } => Some(prepared.held[held].pupil),
            _ => None,
        });
    let mut seen: Vec<i64> = seen.collect();
    seen.sort_unstable();
    Ok(dialect::insert_seen(tx, &seen)?)
}

/// The children whom a plan changes, in the order of their numbers.
fn changed_children<'p>(
    prepared: &'p Prepared,
    sealer: &Sealer,
    mut keys: KeysOfYear,
) -> Vec<Changed<'p>> {
    let changed = prepared.plan.rows.iter().filter_map(|row| {
        let Action::Changed { held, merged, .. } = &row.action else {
            return None;
        };
        let held = &prepared.held[*held];
        let was = &held.child.person;
        let place = if merged.person.postcode == was.postcode {
            Some(&was.particulars.place)
        } else {
            prepared.place_of(merged)
        };
        Some(Changed {
            key: keys.change(sealer, held.pupil, was, &merged.person),
            held,
            merged,
            place,
        })
    });
    let mut changed: Vec<_> = changed.collect();
    changed.sort_unstable_by_key(|one| one.held.pupil);
    changed
}

fn seal_changed(
    sealer: &Sealer,
    import: i64,
    one: &Changed<'_>,
) -> Result<ChangedChild, ImportError> {
    let Changed {
        held,
        merged,
        place,
        key,
    } = one;
    Ok(ChangedChild {
        pupil_id: held.pupil,
        school_urn: merged.urn.number() as i32,
        year_group: merged.year_group.code(),
        sex: merged.sex.code(),
        ethnic_group: merged
            .ethnicity
            .and_then(Ethnicity::group)
            .map(EthnicGroup::code),
        deprivation_quintile: place.and_then(Place::quintile),
        deprivation_vintage: place.and_then(|place| place.decile_vintage),
        sealed: seal_identity(sealer, held.pupil, &merged.to_seal(*place))?,
        identity_key: key.clone(),
        sealed_before: Before::of(held).seal(sealer, import, held.pupil)?,
    })
}

/// Seals the children part by part and hands each part to `write` in order.
/// Other threads seal the parts ahead while this one, which alone may use the
/// connection, writes.
fn seal_ahead<T: Sync, S: Send>(
    parts: &[&[T]],
    seal: impl Fn(&T) -> Result<S, ImportError> + Copy + Send + Sync,
    mut write: impl FnMut(&[T], Vec<S>) -> Result<(), ImportError>,
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
                        let sealed: Result<Vec<_>, _> = part.iter().map(seal).collect();
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
