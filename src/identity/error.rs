//! What can go wrong with identities.

use super::keyring_error::KeyringError;
use super::seal::SealError;
use crate::db;

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
