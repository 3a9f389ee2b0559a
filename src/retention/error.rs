//! Why a night cannot begin or go on.

use super::clock_check::ClockDoubt;
use super::pause::Pause;
use crate::db;
use crate::db::raw_bytes::RawBytesError;
use crate::identity::{IdentityError, KeyringError};
use crate::letters::LetterError;

/// A night that cannot begin or go on. What was done until then stays done; a rerun completes it.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// Another process is at it.
    #[error("a retention run is under way in another process; nothing was changed")]
    UnderWay,
    /// The clock may be wrong.
    #[error(
        "nothing was removed, because {}: if the date is right, confirm it on the page Retention or with `stature retention run --confirm-date DATE`",
        .0.in_words()
    )]
    ClockInDoubt(ClockDoubt),
    /// The information governance lead has paused retention.
    #[error(
        "nothing was removed, because retention is paused until {} UTC; the information governance lead can end the pause on the page Retention",
        .0.ends_at.format("%Y-%m-%d %H:%M")
    )]
    Paused(Pause),
    /// The lock's file cannot be used.
    #[error("the keyring’s folder cannot be used: {0}")]
    Lock(std::io::Error),
    /// A row of evidence cannot be read.
    #[error("the evidence of run {0} cannot be read")]
    Evidence(i64),
    /// A key cannot be destroyed.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// An identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Letters that wait.
    #[error(transparent)]
    Letters(#[from] LetterError),
    /// The database's bytes.
    #[error(transparent)]
    RawBytes(#[from] RawBytesError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}
