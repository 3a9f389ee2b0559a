//! Seals what an earlier version kept in clear beside the name: class, exact ethnic group, home area, two flags.
//!
//! A migration of the schema has no key, so it moved these columns into `pupil_to_seal`. `stature migrate` and every
//! start seal what still waits there, some children at a time: cut off, it goes on where it stopped. A year whose key is
//! missing waits until the key is back; its names cannot be read anyway.

use super::upgrade_queries as queries;
use super::{Identities, IdentityError, KeyringError, Purpose, Whose};
use crate::audit::Actor;
use crate::db::Db;
use programme::{Ethnicity, Place};

/// Children sealed in one transaction.
const CHILDREN_AT_A_TIME: i64 = 1_000;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Children whose particulars were sealed.
    pub children: usize,
    /// Years whose key is not in the keyring, or is another one: their children wait.
    pub years_waiting: Vec<String>,
}

/// Seals the particulars of every child that still waits.
pub fn seal_particulars(
    db: &Db,
    identities: &Identities,
    actor: &Actor,
) -> Result<Sealed, IdentityError> {
    let mut sealed = Sealed::default();
    for year in db.read_now(queries::years_to_seal)? {
        loop {
            match db.write_now(|tx| seal_some(tx, identities, actor, &year)) {
                Ok(0) => break,
                Ok(children) => sealed.children += children,
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

fn seal_some(
    tx: &mut crate::db::Conn,
    identities: &Identities,
    actor: &Actor,
    year: &str,
) -> Result<usize, IdentityError> {
    let waiting = queries::to_seal(tx, year, CHILDREN_AT_A_TIME)?;
    let pupils: Vec<i64> = waiting.iter().map(|row| row.pupil_id).collect();
    if pupils.is_empty() {
        return Ok(0);
    }
    // Refuses a key that is not this database's before anything is opened with it.
    identities.sealer(tx, year)?;
    let whose = Whose::PartOfYear(year, &pupils);
    let mut people = identities.open(tx, actor, Purpose::SealingMore, whose)?;
    for row in waiting {
        // A name that has gone meanwhile took its particulars along.
        if let Some(mut person) = people.remove(&row.pupil_id) {
            let particulars = &mut person.particulars;
            particulars.class = row.class_name.unwrap_or_default();
            particulars.ethnicity = row.ethnicity.and_then(|code| Ethnicity::parse(&code).ok());
            particulars.sensitive = row.sensitive;
            particulars.growth_condition = row.growth_condition;
            particulars.place = Place {
                lsoa: row.lsoa,
                lsoa_vintage: row.lsoa_vintage,
                decile: row.deprivation_decile,
                decile_vintage: row.deprivation_vintage,
            };
            identities.put(tx, year, row.pupil_id, &person)?;
        }
    }
    queries::delete(tx, &pupils)?;
    Ok(pupils.len())
}
