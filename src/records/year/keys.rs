//! Which keys of the keyring are missing or wrong, compared with what the database was sealed with.

use serde::Serialize;

use super::queries;
use crate::db::{Conn, Error};
use crate::identity::{Keyring, KeyringError, SERVER_KEY};

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// There is no file.
    Missing,
    /// The file holds another key than the one that was used.
    Other,
    /// The file holds no key, or cannot be read.
    Unreadable,
}

/// A key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultyKey {
    /// The academic year, or `server`.
    pub name: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl FaultyKey {
    /// What is wrong, and what cannot be done because of it.
    pub fn in_words(&self) -> String {
        let (key, effect) = if self.name == SERVER_KEY {
            (
                "the server key".to_owned(),
                "releases can be read, but not made or published",
            )
        } else {
            (
                format!("the key of {}", self.name),
                "its names cannot be read",
            )
        };
        let wrong = match self.fault {
            Fault::Missing => "is not in the keyring",
            Fault::Other => "in the keyring is not the one that was used",
            Fault::Unreadable => "in the keyring cannot be read",
        };
        format!("{key} {wrong}: {effect}")
    }
}

/// The keys that are missing or wrong: those of years that hold names, and the server key.
pub fn faulty_keys(tx: &mut Conn, keyring: &Keyring) -> Result<Vec<FaultyKey>, Error> {
    let mut faulty = Vec::new();
    for year in queries::years(tx)? {
        if year.key_state != "active" {
            continue;
        }
        let fault = match keyring.year(&year.label) {
            Ok(key) => year
                .key_fingerprint
                .filter(|known| *known != Keyring::fingerprint(&key))
                .map(|_| Fault::Other),
            Err(error) => Some(fault_of(&error)),
        };
        faulty.extend(fault.map(|fault| FaultyKey {
            name: year.label,
            fault,
        }));
    }
    if let Err(error) = keyring.server() {
        faulty.push(FaultyKey {
            name: SERVER_KEY.to_owned(),
            fault: fault_of(&error),
        });
    }
    Ok(faulty)
}

/// The faults as sentences for a page.
pub fn in_words(faulty: &[FaultyKey]) -> Vec<String> {
    faulty
        .iter()
        .map(|key| {
            let words = key.in_words();
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| {
                format!("{}{}", first.to_uppercase(), letters.as_str())
            })
        })
        .collect()
}

fn fault_of(error: &KeyringError) -> Fault {
    match error {
        KeyringError::Missing { .. } => Fault::Missing,
        KeyringError::Other { .. } | KeyringError::NotOurs { .. } => Fault::Other,
        KeyringError::Damaged { .. } | KeyringError::Unusable { .. } => Fault::Unreadable,
    }
}
