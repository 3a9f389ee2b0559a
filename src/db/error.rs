//! What can go wrong with the database.

use std::path::PathBuf;

use super::dialect::outage::{self, Outage};

/// The database refused, or could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection to be had.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// No connection was free in time, or none can be made any more.
    #[error("no connection to the database became free: {0}")]
    Down(#[source] Down),
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Statement(#[from] diesel::result::Error),
    /// There is no file where an embedded database should be.
    #[error(
        "there is no database {0}: check --database (DATABASE_URL), or set a new place up with `stature migrate`; nothing was created"
    )]
    NoFile(PathBuf),
    /// The schema is not the one this program was built for.
    #[error("{0}")]
    Schema(String),
    /// The thread that worked on it is gone.
    #[error("the work on the database was cut off")]
    CutOff,
}

/// What the pool of connections said. A type of its own, so that it is found behind whatever error it is wrapped in.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub struct Down {
    pub(super) words: String,
    pub(super) outage: Outage,
}

/// The outage behind an error of any kind; `None` when it is something else.
pub fn outage(error: &(dyn std::error::Error + 'static)) -> Option<Outage> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(down) = error.downcast_ref::<Down>() {
            return Some(down.outage);
        }
        if matches!(error.downcast_ref(), Some(Error::Unreachable(_))) {
            return Some(Outage::Unreachable);
        }
        if let Some(found) = error.downcast_ref().and_then(outage::outage) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

impl Error {
    /// Whether a unique constraint said no. SQLite does not tell which one, so nobody asks.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Statement(error) if is_unique_violation(error))
    }
}

/// Whether a unique constraint said no.
pub fn is_unique_violation(error: &diesel::result::Error) -> bool {
    matches!(
        error,
        diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _)
    )
}
