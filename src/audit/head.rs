//! The head of the chain of events, kept beside the keyring.
//!
//! A chain alone does not show that its last events were deleted: what is left is a shorter chain that holds. So the
//! position and hash of the last link are also kept in a file in the keyring's folder, which whoever can change the
//! database need not be able to change. The file only moves forward, and only along the chain it belongs to.
//!
//! Linking anew and restoring replace the chain in one transaction, and no transaction takes a file in. So the head that
//! the chain is going to have is written beside the old one before the commit ([`announce`]). Whoever looks next takes
//! the one of the two that is on the chain ([`settle`]): a process that died in between leaves nothing to explain.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use super::actor::Actor;
use super::chain_queries::{self, ChainReport, Head};
use super::rehash_queries::{self, Rehashed};
use crate::db::{self, Conn, Db, dialect};

/// The file in the keyring's folder.
const FILE: &str = "audit-head";

/// The head that a transaction is about to give the chain: its line, and the line that it replaces.
const NEXT_FILE: &str = "audit-head-next";

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
    let kept = settle(db, folder)?;
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
    let kept = settle(db, folder)?;
    let nothing_linked = db.read_now(chain_queries::nothing_linked)?;
    while link(db, folder)? > 0 {}
    Ok(Verified {
        chain: db.read_now(|tx| chain_queries::verify(tx, kept.as_ref()))?,
        head_was_kept: kept.is_some() || nothing_linked,
    })
}

/// Links every event that waits and keeps the chain's head, whatever was kept before, once a person has found out why
/// the two differ.
pub fn accept(db: &Db, folder: &Path) -> Result<Option<Head>, ChainError> {
    loop {
        let linked = db.write_now(|tx| chain_queries::link_events(tx, None))?;
        if linked.events > 0 {
            continue;
        }
        if let Some(head) = &linked.head {
            write(folder, head)?;
        }
        forget_next(folder)?;
        return Ok(linked.head);
    }
}

/// The last thing in a transaction that replaces the chain: links the events that wait and writes down the head that the
/// chain has once the transaction is committed. [`settle`] then puts it into the place of the one that is kept.
pub fn announce(tx: &mut Conn, folder: &Path) -> Result<(), ChainError> {
    loop {
        let linked = chain_queries::link_events(tx, None)?;
        if linked.events > 0 {
            continue;
        }
        let Some(head) = linked.head else {
            return Ok(());
        };
        let replaced = read(folder)?.map_or_else(String::new, |head| line(&head));
        // Synced, unlike the head: without it a power cut after the commit would leave a head of the chain before.
        return put(folder, NEXT_FILE, &(line(&head) + &replaced), true);
    }
}

/// The head that is kept. Where one was announced and its transaction was committed, it is put into its place first.
pub fn settle(db: &Db, folder: &Path) -> Result<Option<Head>, ChainError> {
    if read_next(folder)?.is_none() {
        return read(folder);
    }
    db.write_now(|tx| {
        // Whoever announced it has committed, or never will.
        dialect::lock_audit_chain(tx)?;
        let kept = read(folder)?;
        let Some((next, replaced)) = read_next(folder)? else {
            return Ok(kept);
        };
        // A head that was put into place already, or belongs to an older attempt, says nothing about this chain.
        let is_of_now = kept == replaced;
        if is_of_now && chain_queries::is_on_the_chain(tx, &next)? {
            write(folder, &next)?;
            forget_next(folder)?;
            return Ok(Some(next));
        }
        let is_needed = match &kept {
            Some(kept) => is_of_now && !chain_queries::is_on_the_chain(tx, kept)?,
            None => false,
        };
        if !is_needed {
            forget_next(folder)?;
        }
        Ok(kept)
    })
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
    let kept = settle(db, folder)?;
    let done = db.write_now(|tx| hash_old_subjects_in(tx, folder, kept.as_ref(), actor, now))?;
    settle(db, folder)?;
    Ok(done)
}

/// [`hash_old_subjects`] as far as the commit: the head is announced, and kept by whoever looks next.
pub fn hash_old_subjects_in(
    tx: &mut Conn,
    folder: &Path,
    kept: Option<&Head>,
    actor: &Actor,
    now: NaiveDateTime,
) -> Result<Rehashed, ChainError> {
    let done = rehash_queries::hash_old_subjects(tx, kept, actor, now)?;
    if matches!(done, Rehashed::Done(_)) {
        announce(tx, folder)?;
    }
    Ok(done)
}

/// The head that is kept; `None` when there is none.
fn read(folder: &Path) -> Result<Option<Head>, ChainError> {
    let Some(text) = text_of(folder, FILE)? else {
        return Ok(None);
    };
    parse(&text)
        .map(Some)
        .ok_or_else(|| no_head(folder.join(FILE)))
}

/// The head that was announced, and the one that it replaces; `None` when none was announced.
fn read_next(folder: &Path) -> Result<Option<(Head, Option<Head>)>, ChainError> {
    let Some(text) = text_of(folder, NEXT_FILE)? else {
        return Ok(None);
    };
    let mut lines = text.lines();
    let next = lines.next().and_then(parse);
    let replaced = lines.next().map(parse);
    match (next, replaced) {
        (Some(next), None) => Ok(Some((next, None))),
        (Some(next), Some(Some(replaced))) => Ok(Some((next, Some(replaced)))),
        _ => Err(no_head(folder.join(NEXT_FILE))),
    }
}

fn text_of(folder: &Path, file: &str) -> Result<Option<String>, ChainError> {
    let path = folder.join(file);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ChainError::File { path, source }),
    }
}

fn no_head(path: PathBuf) -> ChainError {
    ChainError::File {
        path,
        source: std::io::Error::new(
            ErrorKind::InvalidData,
            "it does not hold a position and a hash",
        ),
    }
}

fn forget_next(folder: &Path) -> Result<(), ChainError> {
    let path = folder.join(NEXT_FILE);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(ChainError::File { path, source })
        }
        _ => Ok(()),
    }
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

/// Keeps a head. It is not synced to disk: a head that is a few links behind after a power cut is still on the chain.
fn write(folder: &Path, head: &Head) -> Result<(), ChainError> {
    put(folder, FILE, &line(head), false)
}

/// A head as a line of its file.
fn line(head: &Head) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{} ", head.position);
    for byte in &head.hash {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    text
}

/// Writes a file aside and puts it into place: others see the whole of it.
fn put(folder: &Path, name: &str, text: &str, synced: bool) -> Result<(), ChainError> {
    let path = folder.join(name);
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        if synced {
            file.sync_all()?;
        }
        fs::rename(&draft, &path)?;
        if synced {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|source| ChainError::File { path, source })
}
