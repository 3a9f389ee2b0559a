//! What goes wrong with a message.

use super::delivery::NotFromHere;
use crate::db::Error;
use crate::identity::IdentityError;

/// What goes wrong with a message, apart from the mail server.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Somebody else was quicker.
    #[error(transparent)]
    NotFromHere(#[from] NotFromHere),
    /// A key or a seal.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The content of a message cannot be understood.
    #[error("the content of message {0} cannot be understood")]
    Content(i64),
    /// No randomness.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// The database refused.
    #[error(transparent)]
    Database(#[from] Error),
}
