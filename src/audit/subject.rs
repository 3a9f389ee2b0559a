//! Of whom an event speaks, in a form that outlives the name.
//!
//! Events are chained and cannot be changed afterwards, and their times are exact. So an event never holds a child's
//! number: it holds a hash of it, keyed with a secret that belongs to this child alone and is deleted with the name.
//! While the name is there, a child's events can be found by computing the hash again; afterwards nobody can say which
//! events were about which child. An event about something else (`year:2026-27`) says so in clear.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::subject_queries as queries;
use crate::db::{Conn, Error};

/// Written where a child's name, and its secret, has gone already.
const NOBODY: &str = "child:-";

/// Bytes of the hash that are kept: enough to tell all children of a country apart.
const HASH_BYTES: usize = 16;

/// What an event may be about, as callers write it.
enum Subject {
    /// `pupil:12`.
    Pupil(i64),
    /// `letter:34`, a letter about a child.
    Letter(i64),
    /// Nothing that belongs to one child.
    Other,
}

impl Subject {
    fn read(text: &str) -> Self {
        let number = |prefix: &str| text.strip_prefix(prefix)?.parse::<i64>().ok();
        if let Some(pupil) = number("pupil:") {
            return Self::Pupil(pupil);
        }
        number("letter:").map_or(Self::Other, Self::Letter)
    }
}

/// The subject as it is stored.
pub(super) fn stored(tx: &mut Conn, subject: &str) -> Result<String, Error> {
    let pupil = match Subject::read(subject) {
        Subject::Other => return Ok(subject.to_owned()),
        Subject::Pupil(pupil) => Some(pupil),
        Subject::Letter(letter) => queries::pupil_of_letter(tx, letter)?,
    };
    let secret = match pupil {
        Some(pupil) => queries::secret_or_new(tx, pupil, &new_secret()?)?,
        None => None,
    };
    Ok(secret.map_or_else(|| NOBODY.to_owned(), |secret| hashed(&secret, subject)))
}

/// [`stored`] for very many events: the secrets of the children are read, and made, together.
pub(super) fn stored_many(tx: &mut Conn, subjects: &[&str]) -> Result<Vec<String>, Error> {
    let mut pupils: Vec<i64> = subjects
        .iter()
        .filter_map(|subject| match Subject::read(subject) {
            Subject::Pupil(pupil) => Some(pupil),
            _ => None,
        })
        .collect();
    pupils.sort_unstable();
    pupils.dedup();
    let mut secrets = queries::secrets(tx, &pupils)?;
    let mut new = Vec::new();
    for pupil in pupils.iter().filter(|pupil| !secrets.contains_key(pupil)) {
        new.push((*pupil, new_secret()?.to_vec()));
    }
    if !new.is_empty() {
        queries::insert_secrets(tx, &new)?;
        secrets = queries::secrets(tx, &pupils)?;
    }
    subjects
        .iter()
        .map(|subject| match Subject::read(subject) {
            Subject::Pupil(pupil) => Ok(secrets
                .get(&pupil)
                .map_or_else(|| NOBODY.to_owned(), |secret| hashed(secret, subject))),
            _ => stored(tx, subject),
        })
        .collect()
}

/// The subject that events about a child have; `None` when there are none, or its name has gone.
pub fn subject_of_pupil(tx: &mut Conn, pupil: i64) -> Result<Option<String>, Error> {
    let secret = queries::secret(tx, pupil)?;
    Ok(secret.map(|secret| hashed(&secret, &format!("pupil:{pupil}"))))
}

/// The subjects that events about these children have, each with its child; those whose names have gone are left out.
pub(super) fn subjects_of_pupils(
    tx: &mut Conn,
    pupils: &[i64],
) -> Result<HashMap<String, i64>, Error> {
    let secrets = queries::secrets(tx, pupils)?;
    Ok(secrets
        .into_iter()
        .map(|(pupil, secret)| (hashed(&secret, &format!("pupil:{pupil}")), pupil))
        .collect())
}

fn hashed(secret: &[u8], subject: &str) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return NOBODY.to_owned();
    };
    mac.update(subject.as_bytes());
    let hash = mac.finalize().into_bytes();
    let hex: Vec<String> = hash[..HASH_BYTES]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("child:{}", hex.concat())
}

fn new_secret() -> Result<[u8; 32], Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| Error::Schema(format!("the machine gives no random numbers: {error}")))?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tells_children_and_their_letters_apart_and_no_number() {
        let (one, other) = ([1; 32], [2; 32]);
        assert_eq!(hashed(&one, "pupil:12"), hashed(&one, "pupil:12"));
        assert_ne!(hashed(&one, "pupil:12"), hashed(&other, "pupil:12"));
        assert_ne!(hashed(&one, "pupil:12"), hashed(&one, "letter:12"));
        assert_eq!(hashed(&one, "pupil:12").len(), "child:".len() + 32);
    }

    #[test]
    fn only_children_and_letters_are_hashed() {
        for text in ["year:2026-27", "pupil:", "pupil:x", "letters", "account:3"] {
            assert!(matches!(Subject::read(text), Subject::Other), "{text}");
        }
        assert!(matches!(Subject::read("pupil:12"), Subject::Pupil(12)));
        assert!(matches!(Subject::read("letter:-4"), Subject::Letter(-4)));
    }
}
