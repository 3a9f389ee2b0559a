//! Slowing down whoever types wrong passwords.
//!
//! A lock of the account would let anybody keep anybody out. So wrong passwords are counted by the address typed and by
//! the network they come from: after a few, that network waits before its next try at that address, longer each time,
//! while the person signs in from elsewhere as ever. Addresses without an account are counted in the same way, so that
//! waiting tells nobody whether there is one.

use chrono::{Duration, NaiveDateTime};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::slow_queries as queries;
use crate::db::{Conn, Error};
use crate::identity::{Keyring, KeyringError};

/// Wrong passwords in a row that cost nothing.
pub const FREE_TRIES: i32 = 5;

/// The first wait; each further wrong password doubles it.
const FIRST_WAIT_SECONDS: i64 = 30;

/// The longest wait.
const LONGEST_WAIT_SECONDS: i64 = 15 * 60;

/// After how long wrong passwords are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::days(1);

/// The wrong passwords of an address cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum SlowError {
    /// The keyring cannot be used.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] Error),
}

/// A try to sign in: which address, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    who: Vec<u8>,
    /// The network, as limits are counted.
    pub network: String,
    /// The client's address, for the record of events.
    pub from: String,
}

impl Attempt {
    /// A try at the account of `email`.
    pub fn new(
        keyring: &Keyring,
        email: &str,
        network: String,
        from: String,
    ) -> Result<Self, KeyringError> {
        Ok(Self {
            who: who(keyring, email)?,
            network,
            from,
        })
    }

    /// When the next try makes sense; `None` when that is now.
    pub fn waits_until(
        &self,
        tx: &mut Conn,
        now: NaiveDateTime,
    ) -> Result<Option<NaiveDateTime>, Error> {
        let until = queries::wait_until(tx, &self.who, &self.network)?;
        Ok(until.filter(|until| *until > now))
    }

    /// Counts a wrong password; returns how many that makes in a row.
    pub(super) fn failed(&self, tx: &mut Conn, now: NaiveDateTime) -> Result<i32, Error> {
        queries::forget_before(tx, now - FORGOTTEN_AFTER)?;
        let failed = queries::count(tx, &self.who, &self.network, now)?;
        if let Some(wait) = wait_after(failed) {
            queries::set_wait(tx, &self.who, &self.network, now + wait)?;
        }
        Ok(failed)
    }

    /// Forgets the wrong passwords from this network: the right one was typed.
    pub(super) fn succeeded(&self, tx: &mut Conn) -> Result<(), Error> {
        queries::forget(tx, &self.who, Some(&self.network))
    }
}

/// Forgets every wrong password for an address: its password was set anew, or a person said so.
pub fn forget(tx: &mut Conn, keyring: &Keyring, email: &str) -> Result<(), SlowError> {
    Ok(queries::forget(tx, &who(keyring, email)?, None)?)
}

/// Those of `emails` for which somebody waits now.
pub fn slowed<'a>(
    tx: &mut Conn,
    keyring: &Keyring,
    emails: impl IntoIterator<Item = &'a str>,
    now: NaiveDateTime,
) -> Result<Vec<&'a str>, SlowError> {
    let waiting = queries::waiting(tx, now)?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for email in emails {
        if waiting.contains(&who(keyring, email)?) {
            found.push(email);
        }
    }
    Ok(found)
}

/// What is kept of an address: nobody reads from the table which addresses were tried.
fn who(keyring: &Keyring, email: &str) -> Result<Vec<u8>, KeyringError> {
    let key = keyring.server()?;
    // HMAC fills a short key up with zeros to the length of a block.
    let mut block = Zeroizing::new([0_u8; 64]);
    block[..32].copy_from_slice(&key[..]);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(b"stature sign-in");
    mac.update(email.trim().to_lowercase().as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

fn wait_after(failed: i32) -> Option<Duration> {
    let beyond = failed
        .checked_sub(FREE_TRIES)
        .filter(|beyond| *beyond >= 0)?;
    let seconds = FIRST_WAIT_SECONDS << beyond.min(10);
    Some(Duration::seconds(seconds.min(LONGEST_WAIT_SECONDS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_password_beyond_the_free_ones_doubles_the_wait_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (1..=12)
            .map(|failed| wait_after(failed).map_or(0, |wait| wait.num_seconds()))
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(wait_after(i32::MAX).unwrap().num_minutes(), 15);
    }
}
