//! Opening an installation: the keyring of a database, set up where the place is new.

use std::path::Path;

use chrono::NaiveDateTime;

use super::decide::{Database, Decision, Folder, Refusal, decide};
use super::error::InstallationError;
use super::queries;
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::db::{self, Conn, Db};
use crate::identity::{Keyring, KeyringError, Mark, SERVER_KEY, hex};

/// How a process opens an installation.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Whether it may make the keyring of a new place.
    pub may_set_up: bool,
    /// Whether it runs in production.
    pub production: bool,
    /// Whether its clock was set by hand.
    pub clock_is_set: bool,
    /// The time.
    pub now: NaiveDateTime,
}

impl Opening {
    /// How a process with these settings opens one.
    pub fn of(config: &Config, may_set_up: bool) -> Self {
        Self {
            may_set_up,
            production: config.production,
            clock_is_set: matches!(config.clock, Clock::Fixed(_)),
            now: config.clock.now(),
        }
    }
}

/// A keyring that belongs to the database it is used with.
#[derive(Debug)]
pub struct Opened {
    /// The keyring.
    pub keyring: Keyring,
    /// Whether it was made just now.
    pub is_new: bool,
}

/// Opens the keyring in `folder` for a database, whose schema must be up to date. A place in which nothing was ever
/// sealed is set up; anything else that does not fit is an error.
pub fn open(db: &Db, folder: &Path, opening: Opening) -> Result<Opened, InstallationError> {
    let keyring = Keyring::at(folder);
    let mut found = db.read_now(queries::database)?;
    let mut decision = decide(&found, &look(&keyring)?);
    if decision.is_err() && folder.exists() {
        // Another first command may have finished between the two looks.
        let _alone = keyring.lock()?;
        found = db.read_now(queries::database)?;
        decision = decide(&found, &look(&keyring)?);
    }
    let decision = decision.map_err(|refusal| refused(refusal, folder, db))?;
    if matches!(decision, Decision::SetUp(_)) && !opening.may_set_up {
        return Err(InstallationError::NotSetUp {
            folder: folder.to_owned(),
            database: in_words(db.url()),
        });
    }
    if opening.clock_is_set && !opening.production && found.production_since.is_some() {
        return Err(InstallationError::ClockInProduction {
            database: in_words(db.url()),
        });
    }
    let is_new = matches!(decision, Decision::SetUp(_));
    let id = match decision {
        Decision::Use(id) => id,
        Decision::Mark(_) | Decision::SetUp(_) => establish(db, &keyring, opening.now)?,
    };
    if opening.production && found.production_since.is_none() {
        db.write_now(|tx| queries::put_production(tx, opening.now))?;
    }
    let server_key = db.read_now(queries::database)?.server_key;
    Ok(Opened {
        keyring: keyring.used_for(id, server_key),
        is_new,
    })
}

/// Marks the keyring and the database with one identity, and makes the server key where nothing was sealed with one.
/// The keyring is marked as begun first: a process that dies in between leaves what the next one goes on with.
fn establish(db: &Db, keyring: &Keyring, now: NaiveDateTime) -> Result<String, InstallationError> {
    keyring.create_folder()?;
    let _alone = keyring.lock()?;
    let id = db.write_now(|tx| -> Result<String, InstallationError> {
        let found = queries::database(tx)?;
        let decision = decide(&found, &look(keyring)?)
            .map_err(|refusal| refused(refusal, keyring.folder(), db))?;
        let id = match decision {
            // Another process was quicker.
            Decision::Use(id) => return Ok(id),
            Decision::Mark(Some(id)) | Decision::SetUp(Some(id)) => id,
            Decision::Mark(None) | Decision::SetUp(None) => new_id()?,
        };
        keyring.put_mark(&Mark::Begun(id.clone()))?;
        queries::put_id(tx, &id, now)?;
        note_server_key(tx, &found, keyring, &id, now)?;
        Ok(id)
    })?;
    keyring.put_mark(&Mark::Of(id.clone()))?;
    Ok(id)
}

/// Writes down the fingerprint of the server key, which is made first where nothing was sealed with one.
fn note_server_key(
    tx: &mut Conn,
    found: &Database,
    keyring: &Keyring,
    id: &str,
    now: NaiveDateTime,
) -> Result<(), InstallationError> {
    if found.server_key.is_some() {
        return Ok(());
    }
    let owned = keyring.clone().used_for(id.to_owned(), None);
    let key = if found.server_sealed {
        match owned.server() {
            Ok(key) => key,
            // Releases stay readable without it; a new one would hide that it is missing.
            Err(KeyringError::Missing { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    } else {
        owned.create_if_missing(SERVER_KEY)?
    };
    Ok(queries::put_server_key(
        tx,
        &Keyring::fingerprint(&key),
        now,
    )?)
}

/// Refuses to create a database for a keyring that belongs to another one, before anything is written.
pub fn refuse_taken_keyring(folder: &Path, url: &DatabaseUrl) -> Result<(), InstallationError> {
    match Keyring::at(folder).mark()? {
        Mark::Of(_) => Err(InstallationError::KeyringTaken {
            folder: folder.to_owned(),
            database: in_words(url),
        }),
        Mark::None | Mark::Begun(_) => Ok(()),
    }
}

/// After a restore, in its transaction: writes down which server key sealed what was restored, where the backup is of a
/// version that did not say so.
pub fn note_restored(
    tx: &mut Conn,
    keyring: &Keyring,
    now: NaiveDateTime,
) -> Result<(), db::Error> {
    if queries::database(tx)?.server_key.is_none()
        && let Some(print) = keyring
            .fingerprints()
            .ok()
            .and_then(|mut prints| prints.remove(SERVER_KEY))
    {
        queries::put_server_key(tx, &print, now)?;
    }
    Ok(())
}

/// The identity of a database, for the manifest of its backups.
pub fn id(tx: &mut Conn) -> Result<Option<String>, db::Error> {
    Ok(queries::database(tx)?.id)
}

pub(super) fn look(keyring: &Keyring) -> Result<Folder, KeyringError> {
    Ok(Folder {
        mark: keyring.mark()?,
        keys: keyring.fingerprints()?,
    })
}

pub(super) fn refused(refusal: Refusal, folder: &Path, db: &Db) -> InstallationError {
    let (folder, database) = (folder.to_owned(), in_words(db.url()));
    match refusal {
        Refusal::KeyringMissing => InstallationError::KeyringMissing { folder, database },
        Refusal::OtherInstallation => InstallationError::OtherInstallation { folder, database },
        Refusal::KeyringTaken => InstallationError::KeyringTaken { folder, database },
        Refusal::OtherKeys => InstallationError::OtherKeys { folder, database },
    }
}

/// A database in words; an address of PostgreSQL may hold a password and is not repeated.
pub(super) fn in_words(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("the database {}", path.display()),
        DatabaseUrl::Postgres(_) => "the PostgreSQL database".to_owned(),
    }
}

pub(super) fn new_id() -> Result<String, InstallationError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| InstallationError::NoRandomness)?;
    Ok(hex(&bytes))
}
