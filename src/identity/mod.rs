//! Names: where they are sealed, and the one door through which they are opened.
//!
//! [`Identities::open`] is the only function that unseals a child's identity. It takes the purpose and the actor, and
//! writes the access log in the transaction it is given: nobody sees a name without a row that says so.

mod damage_queries;
mod key;
mod keyring;
mod opened;
mod purpose;
mod queries;
mod seal;
pub mod upgrade;
mod upgrade_queries;
mod whole_year;

pub use damage_queries::{damage_notice, noticed as noticed_damage};
pub use key::{KeysOfYear, fill_missing_keys, free_key, identity_key};
pub use keyring::{Key, Keyring, KeyringError, Mark, SERVER_KEY, hex};
pub use opened::{Found, Opened, People, Unreadable, notice};
pub use purpose::Purpose;
pub use seal::{FORMAT, SealError, Sealer, mark};
pub use whole_year::SealedYear;

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use programme::Person;

use crate::audit::{self, Actor, Touched};
use crate::clock::Clock;
use crate::db::{self, Conn, dialect};

const IDENTITY: &str = "identity";

/// Identities that cannot be opened or sealed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A key is not there. Not transparent: a page looks for this cause, to answer that the keyring is gone.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// A sealed value does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A child's sealed identity does not open, or is none.
    #[error(
        "the record of child {pupil} is damaged and cannot be read: {why}. Look for an undamaged copy in a backup"
    )]
    Unreadable {
        /// The child's number.
        pupil: i64,
        /// What is wrong with it.
        why: String,
    },
    /// A child's identity cannot be written as text to be sealed.
    #[error("the identity of child {0} cannot be sealed")]
    NotSealable(i64),
    /// The year's rule for keeping names is missing, so names may not come in.
    #[error(
        "names cannot come in for {0}: it has no retention rule; set one with `stature year set {0} --retention-days N --instrument TEXT`"
    )]
    NoRetentionRule(String),
    /// The year's key was destroyed: its names are gone for good.
    #[error(
        "the names of {0} were removed for good when their time had come; nothing can be added to that year"
    )]
    YearClosed(String),
    /// The child's name was removed when its time had come, and does not come back.
    #[error("the name of pupil {0} was removed when its time had come; it cannot be put back")]
    NameRemoved(i64),
    /// The key in the keyring is not the one this database was sealed with.
    #[error("the key of {0} in the keyring is not the one that this database was sealed with")]
    OtherKey(String),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<diesel::result::Error> for IdentityError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

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
    keyring: Keyring,
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
    fn note(
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
    fn refuse_other_key(
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
fn open_rows(
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
