//! After a loss: a keyring for a database that lost its own, a database for a keyring that lost its own, and copies of
//! keys for a place in which a backup is tried out. Each is asked for by a person; nothing here happens by itself.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDateTime;
use serde_json::json;

use super::decide::{Decision, Refusal, decide};
use super::error::InstallationError;
use super::open::{in_words, look, new_id, note_restored, refused};
use super::queries;
use crate::audit::{self, Action, Actor};
use crate::db::{self, Conn, Db};
use crate::identity::{Key, Keyring, KeyringError, Mark, SERVER_KEY};

/// What [`replace_lost`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Whether the whole keyring was lost.
    pub whole_keyring: bool,
    /// Years whose names cannot be read any more, unless their keys are put back.
    pub unreadable_years: Vec<String>,
    /// Releases that were sealed with the new server key.
    pub releases: usize,
}

/// Makes what is lost of a keyring apart from the years' keys: the folder, its mark, the server key. `reseal` seals
/// every release with the new server key and returns how many there are.
pub fn replace_lost<E: From<InstallationError> + From<db::Error>>(
    db: &Db,
    folder: &Path,
    actor: &Actor,
    now: NaiveDateTime,
    reseal: impl FnOnce(&mut Conn, &Keyring, &Key) -> Result<usize, E>,
) -> Result<Replaced, E> {
    let lost = what_is_lost(db, folder)?;
    let (key, held) = make_anew(&lost).map_err(InstallationError::from)?;
    let unreadable_years: Vec<String> = lost
        .years
        .iter()
        .filter(|year| !held.contains(*year))
        .cloned()
        .collect();
    let releases = db.write_now(|tx| -> Result<usize, E> {
        queries::put_id(tx, &lost.id, now)?;
        queries::put_server_key(tx, &Keyring::fingerprint(&key), now)?;
        let releases = reseal(tx, &lost.keyring, &key)?;
        let detail = json!({
            "whole_keyring": lost.whole_keyring,
            "releases": releases,
            "years_without_a_key": unreadable_years,
        });
        audit::event(tx, actor, now, Action::KeyringReplaced, "keyring", &detail)?;
        Ok(releases)
    })?;
    Ok(Replaced {
        whole_keyring: lost.whole_keyring,
        unreadable_years,
        releases,
    })
}

/// A keyring of which something is lost.
struct Lost {
    id: String,
    keyring: Keyring,
    whole_keyring: bool,
    /// The years whose names are sealed.
    years: Vec<String>,
}

/// Refuses where nothing is lost, or where the keyring is another database's.
fn what_is_lost(db: &Db, folder: &Path) -> Result<Lost, InstallationError> {
    let keyring = Keyring::at(folder);
    let found = db.read_now(queries::database)?;
    let nothing_lost = || InstallationError::NothingLost(folder.to_owned());
    let (id, whole_keyring) = match decide(&found, &look(&keyring)?) {
        Ok(Decision::Use(id)) => (id, false),
        Err(Refusal::KeyringMissing) => (found.id.clone().map_or_else(new_id, Ok)?, true),
        Ok(Decision::Mark(_)) => return Err(nothing_lost()),
        Ok(Decision::SetUp(_)) => {
            return Err(InstallationError::NotSetUp {
                folder: folder.to_owned(),
                database: in_words(db.url()),
            });
        }
        Err(refusal) => return Err(refused(refusal, folder, db)),
    };
    let keyring = keyring.used_for(id.clone(), found.server_key);
    if !whole_keyring && keyring.server().is_ok() {
        return Err(nothing_lost());
    }
    Ok(Lost {
        id,
        keyring,
        whole_keyring,
        years: found.years.into_iter().map(|(year, _)| year).collect(),
    })
}

/// Makes the folder, its mark and the server key; returns the key, and the names of the keys that are there.
fn make_anew(lost: &Lost) -> Result<(Key, BTreeSet<String>), KeyringError> {
    lost.keyring.create_folder()?;
    let _alone = lost.keyring.lock()?;
    lost.keyring.put_mark(&Mark::Of(lost.id.clone()))?;
    let key = lost.keyring.renew_server()?;
    Ok((key, lost.keyring.fingerprints()?.into_keys().collect()))
}

/// Gives a keyring whose database is lost to this one, which must be new. `origin` is the installation that the backup
/// to be restored came from, where the backup says so. The lost database, should it come back, cannot use the keyring
/// any more.
pub fn adopt(
    db: &Db,
    folder: &Path,
    origin: Option<&str>,
    now: NaiveDateTime,
) -> Result<(), InstallationError> {
    let keyring = Keyring::at(folder);
    let found = db.read_now(queries::database)?;
    let other = || InstallationError::OtherInstallation {
        folder: folder.to_owned(),
        database: "the backup".to_owned(),
    };
    match keyring.mark()? {
        Mark::Of(id) | Mark::Begun(id) if origin.is_none_or(|origin| origin == id) => {}
        Mark::None if !keyring.fingerprints()?.is_empty() => {}
        _ => return Err(other()),
    }
    if found.id.is_some() || found.is_used() {
        return Err(InstallationError::OtherInstallation {
            folder: folder.to_owned(),
            database: in_words(db.url()),
        });
    }
    let _alone = keyring.lock()?;
    let id = new_id()?;
    keyring.put_mark(&Mark::Begun(id.clone()))?;
    db.write_now(|tx| -> Result<(), InstallationError> {
        queries::put_id(tx, &id, now)?;
        Ok(note_restored(tx, &keyring, now)?)
    })?;
    Ok(keyring.put_mark(&Mark::Of(id))?)
}

/// After a restore: brings copies of the keys that the restored rows were sealed with from the keyring in `from`, which
/// is only read. A key that does not fit is left behind.
pub fn take_keys(db: &Db, keyring: &Keyring, from: &Path) -> Result<(), InstallationError> {
    let other = Keyring::at(from);
    let theirs = other.fingerprints()?;
    if theirs.is_empty() {
        return Err(KeyringError::Missing {
            name: "every year".to_owned(),
            folder: from.to_owned(),
        }
        .into());
    }
    let found = db.read_now(queries::database)?;
    for (year, fingerprint) in &found.years {
        let fits = theirs
            .get(year)
            .is_some_and(|print| fingerprint.as_ref().is_none_or(|known| known == print));
        if fits && !keyring.holds(year) {
            keyring.copy_from(&other, year)?;
        }
    }
    if found.server_key.is_some() && theirs.get(SERVER_KEY) == found.server_key.as_ref() {
        keyring.take_server_from(&other)?;
    }
    Ok(())
}
