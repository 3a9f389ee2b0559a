//! What can go wrong on a page, as the person who asked sees it.
//!
//! Slices have errors of their own for what a user can cause; on the page they become one of these through the small
//! constructors below. Everything else is `Internal`: shown as an opaque 500 with a request id, and logged once.

use std::fmt::Display;
use std::io::ErrorKind;

use crate::db::{self, Outage};
use crate::identity::{IdentityError, KeyringError};

/// An outcome other than success, on its way to the browser.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such thing, or the one who asks may not know that there is.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in; `next` is the path to come back to.
    #[error("sign in first")]
    SignInFirst {
        /// Path (without a query) to return to after signing in.
        next: String,
    },
    /// Signed in, but the role may not do this.
    #[error("not permitted")]
    Forbidden,
    /// The request cannot be understood; the message says why and what to do.
    #[error("{0}")]
    BadRequest(String),
    /// Somebody else was quicker, or the thing has changed; the message says what was kept.
    #[error("{0}")]
    Conflict(String),
    /// Too many tries; the message says how long to wait.
    #[error("{message}")]
    TooMany {
        /// What to say.
        message: String,
        /// Seconds until another try makes sense.
        seconds: i64,
    },
    /// A form of another site's page.
    #[error("the form was sent by another site")]
    CrossSite,
    /// The body of a request did not arrive in time.
    #[error("the request arrived too slowly")]
    TooSlow,
    /// More is being done than the service can do at once; the message says what was kept.
    #[error("{0}")]
    Busy(String),
    /// Something that the service needs is not there; the message says what, and whom to tell.
    #[error("{0}")]
    Unavailable(String),
    /// Not the user's doing.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<IdentityError> for AppError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Database(error) => error.into(),
            IdentityError::Keyring(KeyringError::Missing { name, .. }) => {
                tracing::error!(key = name, "a key is not in the keyring");
                Self::Unavailable(format!(
                    "The key of {name} is not in the keyring, so its names cannot be read. Nothing was changed. Tell your system administrator."
                ))
            }
            IdentityError::OtherKey(year) => {
                tracing::error!(key = year, "the key in the keyring is another one");
                Self::Unavailable(format!(
                    "The key of {year} in the keyring is not the one that its names were sealed with, so they cannot be read. Nothing was changed. Tell your system administrator."
                ))
            }
            IdentityError::Unreadable { pupil, why } => {
                tracing::error!(pupil, why, "a sealed identity cannot be read");
                Self::Unavailable(format!(
                    "The record of child {pupil} is damaged and its name cannot be read. Nothing was changed. Tell your system administrator this number: the record has to be restored from a backup."
                ))
            }
            IdentityError::NoRetentionRule(_)
            | IdentityError::YearClosed(_)
            | IdentityError::NameRemoved(_) => Self::Conflict(error.to_string()),
            error => Self::Internal(error.into()),
        }
    }
}

impl From<db::Error> for AppError {
    fn from(error: db::Error) -> Self {
        let error = anyhow::Error::from(error);
        match outage(&error) {
            Some(message) => Self::Unavailable(message),
            None => Self::Internal(error),
        }
    }
}

/// What to say when something that the service needs is out of order behind an error; `None` when it is a fault.
pub fn outage(error: &anyhow::Error) -> Option<String> {
    let words = outage_words(error)?;
    tracing::error!(error = format!("{error:#}"), "out of order");
    Some(format!(
        "{words} Nothing that you sent was kept. Try again in a minute; if it stays so, tell your system administrator."
    ))
}

/// What is out of order behind an error; `None` when nothing known is.
fn outage_words(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(outage) = db::outage(error.as_ref()) {
        return Some(match outage {
            Outage::Unreachable => "The database cannot be reached just now.",
            Outage::Busy => "The database is busy with other work and did not become free in time.",
            Outage::Full => "The database cannot write: its disk is full or write-protected.",
        });
    }
    error.chain().find_map(|cause| {
        if cause.is::<KeyringError>() {
            return Some(
                "The keyring, which names and forms are protected with, cannot be used just now.",
            );
        }
        let error = cause.downcast_ref::<std::io::Error>()?;
        matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem | ErrorKind::QuotaExceeded
        )
        .then_some("A disk of the server is full or write-protected.")
    })
}

/// A request that cannot be understood.
pub fn bad_request(message: impl Display) -> AppError {
    AppError::BadRequest(message.to_string())
}

/// Something else happened first.
pub fn conflict(message: impl Display) -> AppError {
    AppError::Conflict(message.to_string())
}

/// A fault of the program or of the machine.
pub fn internal(error: impl Into<anyhow::Error>) -> AppError {
    AppError::Internal(error.into())
}
