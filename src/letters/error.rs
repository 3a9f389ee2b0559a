//! What goes wrong with letters.

use super::state::Refused;
use crate::db;
use crate::identity::IdentityError;
use crate::outbox::OutboxError;

/// What goes wrong with letters.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// There is no such letter, or not for the one who asks.
    #[error("there is no such letter")]
    NoSuchLetter,
    /// A step that cannot be.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A letter that cannot be made with its template; no value of the child is in the words.
    #[error(
        "the letter cannot be made with its template: {0}. Ask the programme administrator to correct it"
    )]
    CannotBeWritten(String),
    /// The saved templates cannot be read.
    #[error(
        "the saved letter templates cannot be read ({0}): until it is settled on the page Letter templates, or the setting letters.texts is restored from a backup, no letter is made or sent"
    )]
    Templates(#[from] serde_json::Error),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The names.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The letter cannot be written.
    #[error(transparent)]
    Writing(#[from] anyhow::Error),
}
