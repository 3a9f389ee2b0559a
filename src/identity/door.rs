//! The door: identities are opened and sealed here, and what is opened is written into the access log.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use programme::Person;

use super::error::IdentityError;
use super::key::free_key;
use super::keyring::Keyring;
use super::opened::{Opened, Unreadable};
use super::purpose::Purpose;
use super::seal::{FORMAT, Sealer};
use super::{damage_queries, queries};
use crate::audit::{self, Actor, Touched};
use crate::clock::Clock;
use crate::db::{Conn, dialect};

const IDENTITY: &str = "identity";

/// Which children's identities to open.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// These children's.
    Pupils(&'a [i64]),
    /// Every child's of a year, to be compared by the machine: seen by nobody.
    WholeYear(&'a str),
    /// These children's of one year, to be compared by the machine: seen by nobody.
    PartOfYear(&'a str, &'a [i64]),
}

/// The door to the identities.
#[derive(Clone, Debug)]
pub struct Identities {
    pub(super) keyring: Keyring,
    clock: Clock,
}

impl Identities {
    /// A door that uses these keys.
    pub fn new(keyring: Keyring, clock: Clock) -> Self {
        Self { keyring, clock }
    }

    /// The keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Opens identities for a purpose, and writes that down in the same transaction. What cannot be read is told child by
    /// child; a key that is missing or is not the year's is an error.
    pub fn open(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        purpose: Purpose,
        whose: Whose<'_>,
    ) -> Result<Opened, IdentityError> {
        let rows = match whose {
            Whose::Pupils(pupils) | Whose::PartOfYear(_, pupils) => {
                queries::sealed_identities_of(tx, pupils)?
            }
            Whose::WholeYear(year) => queries::sealed_identities_of_year(tx, year)?,
        };
        let mut by_year: BTreeMap<String, Vec<(i64, Vec<u8>)>> = BTreeMap::new();
        for (pupil, year, sealed) in rows {
            by_year.entry(year).or_default().push((pupil, sealed));
        }
        let mut opened = Opened::default();
        for (year, rows) in by_year {
            let mut of_year = Opened::default();
            open_rows(&Sealer::new(&self.keyring.year(&year)?), rows, &mut of_year)?;
            self.refuse_other_key(tx, &year, &of_year)?;
            opened.people.extend(of_year.people);
            opened.unreadable.extend(of_year.unreadable);
        }
        self.note(tx, actor, purpose, whose, &opened)?;
        Ok(opened)
    }

    /// Writes the access log, and which identities turned out damaged or whole again.
    pub(super) fn note(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        purpose: Purpose,
        whose: Whose<'_>,
        opened: &Opened,
    ) -> Result<(), IdentityError> {
        let now = self.clock.now();
        match whose {
            Whose::Pupils(_) => {
                let mut pupils: Vec<i64> = opened.people.keys().copied().collect();
                pupils.sort_unstable();
                audit::accessed(tx, actor, now, purpose.code(), Touched::Pupils(&pupils))?;
            }
            Whose::WholeYear(year) | Whose::PartOfYear(year, _) => {
                let touched = Touched::WholeYear {
                    year,
                    pupils: opened.people.len(),
                };
                audit::accessed(tx, actor, now, purpose.code(), touched)?;
            }
        }
        for Unreadable { pupil, why } in &opened.unreadable {
            tracing::error!(pupil, why, "a sealed identity cannot be read");
        }
        Ok(damage_queries::note(tx, opened)?)
    }

    /// Refuses a key that is not the one a year was sealed with: said of the year, once. Otherwise one wrong file looks
    /// like a thousand damaged rows. Where the key's fingerprint was never kept, a key that opens none of several is it.
    pub(super) fn refuse_other_key(
        &self,
        tx: &mut Conn,
        year: &str,
        opened: &Opened,
    ) -> Result<(), IdentityError> {
        if opened.unreadable.is_empty() {
            return Ok(());
        }
        let found = Keyring::fingerprint(&self.keyring.year(year)?);
        let is_another = match queries::key_fingerprint(tx, year)? {
            Some(known) => known != found,
            None => opened.people.is_empty() && opened.unreadable.len() > 1,
        };
        if is_another {
            return Err(IdentityError::OtherKey(year.to_owned()));
        }
        Ok(())
    }

    /// Seals a child's identity into its row, replacing what was there.
    pub fn put(
        &self,
        tx: &mut Conn,
        year: &str,
        pupil: i64,
        person: &Person,
    ) -> Result<(), IdentityError> {
        let sealer = self.sealer(tx, year)?;
        if queries::name_was_removed(tx, pupil)? {
            return Err(IdentityError::NameRemoved(pupil));
        }
        put_identity(tx, &sealer, year, pupil, person, self.now())
    }

    /// The sealer of a year that names may come into: it has a retention rule, and its key is there and is the right
    /// one. For bulk work; single children go through [`Self::put`].
    pub fn sealer(&self, tx: &mut Conn, year: &str) -> Result<Sealer, IdentityError> {
        let state = queries::key_state(tx, year)?;
        match state {
            Some(state) if state.destroyed => Err(IdentityError::YearClosed(year.to_owned())),
            Some(state) if state.has_rule => {
                let key = self.keyring.year(year)?;
                if state
                    .fingerprint
                    .is_some_and(|fingerprint| fingerprint != Keyring::fingerprint(&key))
                {
                    return Err(IdentityError::OtherKey(year.to_owned()));
                }
                Ok(Sealer::new(&key))
            }
            _ => Err(IdentityError::NoRetentionRule(year.to_owned())),
        }
    }

    fn now(&self) -> NaiveDateTime {
        self.clock.now()
    }
}

/// Seals a child's identity over what was held of it. For callers that have a year's sealer already.
pub fn put_identity(
    tx: &mut Conn,
    sealer: &Sealer,
    year: &str,
    pupil: i64,
    person: &Person,
    at: NaiveDateTime,
) -> Result<(), IdentityError> {
    let sealed = seal_identity(sealer, pupil, person)?;
    let key = free_key(tx, sealer, pupil, person)?;
    Ok(dialect::put_identity(
        tx, year, pupil, FORMAT, &sealed, &key, at,
    )?)
}

/// The sealed bytes of a child's identity.
pub fn seal_identity(
    sealer: &Sealer,
    pupil: i64,
    person: &Person,
) -> Result<Vec<u8>, IdentityError> {
    let plain = zeroize::Zeroizing::new(
        serde_json::to_vec(person).map_err(|_| IdentityError::NotSealable(pupil))?,
    );
    Ok(sealer.seal(IDENTITY, pupil, &plain)?)
}

fn read_identity(sealer: &Sealer, pupil: i64, sealed: &[u8]) -> Result<Person, IdentityError> {
    let plain =
        sealer
            .open(IDENTITY, pupil, sealed)
            .map_err(|error| IdentityError::Unreadable {
                pupil,
                why: error.to_string(),
            })?;
    // serde's message could quote a name; only the number is told.
    serde_json::from_slice(&plain).map_err(|_| IdentityError::Unreadable {
        pupil,
        why: "a sealed identity opens but cannot be understood".to_owned(),
    })
}

/// Opens what opens.
pub(super) fn open_rows(
    sealer: &Sealer,
    rows: impl IntoIterator<Item = (i64, Vec<u8>)>,
    opened: &mut Opened,
) -> Result<(), IdentityError> {
    for (pupil, sealed) in rows {
        match read_identity(sealer, pupil, &sealed) {
            Ok(person) => {
                opened.people.insert(pupil, person);
            }
            Err(IdentityError::Unreadable { pupil, why }) => {
                opened.unreadable.push(Unreadable { pupil, why });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
