//! Seals what an earlier version kept in clear beside the name: class, exact ethnic group, home area, two flags.
//!
//! A migration of the schema has no key, so it moved these columns into `pupil_to_seal`. `stature migrate` and every
//! start seal what still waits there, some children at a time: cut off, it goes on where it stopped. A year whose key is
//! missing waits until the key is back; its names cannot be read anyway.

use super::door::{Identities, Whose};
use super::error::IdentityError;
use super::keyring_error::KeyringError;
use super::opened::Found;
use super::purpose::Purpose;
use super::upgrade_queries as queries;
use crate::audit::Actor;
use crate::db::Db;
use programme::{Ethnicity, Particulars, Place};

/// Children sealed in one transaction.
const CHILDREN_AT_A_TIME: i64 = 1_000;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Children whose particulars were sealed.
    pub children: usize,
    /// Years whose key is not in the keyring, or is another one: their children wait.
    pub years_waiting: Vec<String>,
    /// Children who wait because something of theirs cannot be read: number, and what, without its value.
    pub children_waiting: Vec<(i64, &'static str)>,
}

/// Seals the particulars of every child that still waits.
pub fn seal_particulars(
    db: &Db,
    identities: &Identities,
    actor: &Actor,
) -> Result<Sealed, IdentityError> {
    let mut sealed = Sealed::default();
    for year in db.read_now(queries::years_to_seal)? {
        let mut after = i64::MIN;
        loop {
            match db.write_now(|tx| seal_some(tx, identities, actor, &year, after)) {
                Ok(Some(some)) => {
                    after = some.last;
                    sealed.children += some.sealed;
                    sealed.children_waiting.extend(some.waiting);
                }
                Ok(None) => break,
                Err(
                    IdentityError::Keyring(KeyringError::Missing { .. })
                    | IdentityError::OtherKey(_)
                    | IdentityError::YearClosed(_),
                ) => {
                    sealed.years_waiting.push(year);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(sealed)
}

/// What came of some children.
struct Batch {
    sealed: usize,
    waiting: Vec<(i64, &'static str)>,
    /// The last of them.
    last: i64,
}

/// Seals some children after the one numbered `after`; `None` when there are no more.
fn seal_some(
    tx: &mut crate::db::Conn,
    identities: &Identities,
    actor: &Actor,
    year: &str,
    after: i64,
) -> Result<Option<Batch>, IdentityError> {
    let rows = queries::to_seal(tx, year, after, CHILDREN_AT_A_TIME)?;
    let pupils: Vec<i64> = rows.iter().map(|row| row.pupil_id).collect();
    let Some(last) = pupils.last().copied() else {
        return Ok(None);
    };
    // Refuses a key that is not this database's before anything is opened with it.
    identities.sealer(tx, year)?;
    let whose = Whose::PartOfYear(year, &pupils);
    let mut opened = identities.open(tx, actor, Purpose::SealingMore, whose)?;
    let (mut sealed, mut waiting) = (Vec::new(), Vec::new());
    for row in rows {
        let pupil = row.pupil_id;
        if matches!(opened.found(pupil), Found::Damaged) {
            waiting.push((pupil, "sealed record"));
            continue;
        }
        // A name that has gone meanwhile took its particulars along.
        if let Some(mut person) = opened.people.remove(&pupil) {
            let Some(particulars) = particulars_of(row) else {
                waiting.push((pupil, "ethnic code"));
                continue;
            };
            person.particulars = particulars;
            identities.put(tx, year, pupil, &person)?;
        }
        sealed.push(pupil);
    }
    queries::delete(tx, &sealed)?;
    Ok(Some(Batch {
        sealed: sealed.len(),
        waiting,
        last,
    }))
}

/// The particulars of a row; `None` when its ethnic code cannot be read: left out, it would be gone for good.
fn particulars_of(row: queries::ToSeal) -> Option<Particulars> {
    let ethnicity = row
        .ethnicity
        .map(|code| Ethnicity::parse(&code))
        .transpose()
        .ok()?;
    Some(Particulars {
        class: row.class_name.unwrap_or_default(),
        ethnicity,
        sensitive: row.sensitive,
        growth_condition: row.growth_condition,
        place: Place {
            lsoa: row.lsoa,
            lsoa_vintage: row.lsoa_vintage,
            decile: row.deprivation_decile,
            decile_vintage: row.deprivation_vintage,
        },
    })
}
