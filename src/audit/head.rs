//! The head of the chain of events, kept beside the keyring.
//!
//! A chain alone does not show that its last events were deleted: what is left is a shorter chain that holds. So the
//! position and hash of the last link are also kept in a file in the keyring's folder, which whoever can change the
//! database need not be able to change. The file only moves forward, and only along the chain it belongs to.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use super::Actor;
use super::chain_queries::{self, ChainReport};
use super::rehash_queries::{self, Rehashed};
use crate::db::{self, Db, dialect};

/// The file in the keyring's folder.
const FILE: &str = "audit-head";

/// The last link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its position, from 1.
    pub position: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// The chain cannot be linked or checked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The file of the head cannot be used.
    #[error("the head of the chain of events in {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The chain itself.
    pub chain: ChainReport,
    /// False when no head had been kept although events had been linked: deleted last events would not be noticed.
    pub head_was_kept: bool,
}

/// Links the events that wait and moves the kept head on; returns how many were linked. A kept head that is not on the
/// chain stays as it is, so that [`verify`] goes on reporting it.
pub fn link(db: &Db, folder: &Path) -> Result<usize, ChainError> {
    let kept = read(folder)?;
    let linked = db.write_now(|tx| chain_queries::link_events(tx, kept.as_ref()))?;
    match linked.head {
        Some(head) if linked.fits_kept && kept.as_ref() != Some(&head) => write(folder, &head)?,
        _ if !linked.fits_kept => tracing::error!(
            "the chain of events does not continue from the head kept beside the keyring: run `stature audit verify`"
        ),
        _ => {}
    }
    Ok(linked.events)
}

/// Links every event that waits, then goes along the whole chain.
pub fn verify(db: &Db, folder: &Path) -> Result<Verified, ChainError> {
    let kept = read(folder)?;
    let nothing_linked = db.read_now(chain_queries::nothing_linked)?;
    while link(db, folder)? > 0 {}
    Ok(Verified {
        chain: db.read_now(|tx| chain_queries::verify(tx, kept.as_ref()))?,
        head_was_kept: kept.is_some() || nothing_linked,
    })
}

/// Links every event that waits and keeps the chain's head, whatever was kept before: after a restore, or once a person
/// has found out why the two differ.
pub fn accept(db: &Db, folder: &Path) -> Result<Option<Head>, ChainError> {
    loop {
        let linked = db.write_now(|tx| chain_queries::link_events(tx, None))?;
        if linked.events > 0 {
            continue;
        }
        if let Some(head) = &linked.head {
            write(folder, head)?;
        }
        return Ok(linked.head);
    }
}

/// Hashes the subjects of events of an earlier version that still hold the number of a child, and keeps the head of the
/// chain that was linked anew. Quick when there are none.
pub fn hash_old_subjects(
    db: &Db,
    folder: &Path,
    actor: &Actor,
    now: NaiveDateTime,
) -> Result<Rehashed, ChainError> {
    if !db.read_now(dialect::any_event_names_a_child)? {
        return Ok(Rehashed::NothingToDo);
    }
    let kept = read(folder)?;
    let done =
        db.write_now(|tx| rehash_queries::hash_old_subjects(tx, kept.as_ref(), actor, now))?;
    if matches!(done, Rehashed::Done(_)) {
        accept(db, folder)?;
    }
    Ok(done)
}

/// The head that is kept; `None` when there is none.
fn read(folder: &Path) -> Result<Option<Head>, ChainError> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ChainError::File { path, source }),
    };
    parse(&text).map(Some).ok_or_else(|| ChainError::File {
        path,
        source: std::io::Error::new(
            ErrorKind::InvalidData,
            "it does not hold a position and a hash",
        ),
    })
}

fn parse(text: &str) -> Option<Head> {
    let (position, hash) = text.trim_end().split_once(' ')?;
    if !hash.is_ascii() || hash.len() != 64 {
        return None;
    }
    let hash = (0..hash.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hash[at..at + 2], 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    Some(Head {
        position: position.parse().ok()?,
        hash,
    })
}

/// Writes the file aside and puts it into place: others see a whole head. It is not synced to disk: a head that is a
/// few links behind after a power cut is still on the chain.
fn write(folder: &Path, head: &Head) -> Result<(), ChainError> {
    use std::fmt::Write as _;
    let path = folder.join(FILE);
    let draft = folder.join(format!(".{FILE}.{}", std::process::id()));
    let mut text = format!("{} ", head.position);
    for byte in &head.hash {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&draft, &path))
        .map_err(|source| ChainError::File { path, source })
}
