//! What became of a change, and why one cannot be made.

use growth::plausibility::{Finding, Findings};

use crate::db;
use crate::identity::IdentityError;
use crate::measurement::entry::LIMITS_SETTING;
use crate::records::outcome::Standing;

/// What became of a change.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// It is saved, as this version; unusual values wait to be confirmed.
    Saved {
        /// The new version.
        version: i32,
        /// What is to be confirmed.
        warnings: Vec<Finding>,
    },
    /// Exactly this was recorded already.
    Unchanged {
        /// The version that stands.
        version: i32,
    },
    /// It cannot be right, so it is not saved.
    Rejected(Findings),
    /// A parent has withdrawn the child.
    OptedOut,
    /// Somebody else recorded something in between; nothing was saved.
    Overtaken(Box<Standing>),
}

/// A change that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such child.
    #[error("there is no such child")]
    NoSuchChild,
    /// The name, and with it the date of birth, is gone.
    #[error("the name of this child has been removed, so nothing more can be recorded")]
    NameRemoved,
    /// There is nothing to take back.
    #[error("nothing has been recorded that could be undone")]
    NothingToUndo,
    /// The limits in the settings cannot be used.
    #[error("the setting {LIMITS_SETTING} cannot be used: {0}")]
    Limits(String),
    /// The identity does not open.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}
