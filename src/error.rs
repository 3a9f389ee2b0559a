//! What can go wrong on a page, as the person who asked sees it.
//!
//! Slices have errors of their own for what a user can cause; on the page they become one of these through the small
//! constructors below. Everything else is `Internal`: shown as an opaque 500 with a request id, and logged once.

use std::fmt::Display;

use crate::db;

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
    /// Too many tries.
    #[error("{0}")]
    TooMany(String),
    /// Something that the service needs is not there; the message says what, and whom to tell.
    #[error("{0}")]
    Unavailable(String),
    /// Not the user's doing.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<db::Error> for AppError {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Unreachable(_) => {
                tracing::error!(%error, "the database cannot be reached");
                Self::Unavailable(
                    "The database cannot be reached just now. Nothing that you sent was kept. Try again in a minute; if it stays so, tell your system administrator.".to_owned(),
                )
            }
            error => Self::Internal(error.into()),
        }
    }
}

impl From<diesel::result::Error> for AppError {
    fn from(error: diesel::result::Error) -> Self {
        Self::from(db::Error::from(error))
    }
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
