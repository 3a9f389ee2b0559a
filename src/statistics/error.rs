//! What can go wrong with a release.

use std::path::PathBuf;

use disclosure::{BadTable, Refused};
use programme::NotAWord;

use super::state::ReleaseState;
use crate::db;
use crate::identity::KeyringError;

/// What a user can cause.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// No such audience or year.
    #[error(transparent)]
    Words(#[from] NotAWord),
    /// The counts do not add up.
    #[error(transparent)]
    Counts(#[from] BadTable),
    /// The request does not fit the counts.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No such release.
    #[error("there is no release {0}")]
    Unknown(i64),
    /// The audit found something.
    #[error(
        "release {number} cannot be shown to anybody: together with what was shown before it would expose somebody. Nothing was published. Make it again; what would expose is then left out"
    )]
    NotSafe {
        /// The release.
        number: i64,
    },
    /// A later one has been shown.
    #[error(
        "release {number} was made before release {by}, which has been shown already: the two together could expose somebody. Nothing was published. Make the release again"
    )]
    Superseded {
        /// The release.
        number: i64,
        /// The later one.
        by: i64,
    },
    /// The authority's figures are part of another's.
    #[error(
        "the figures of authority {code} are published with those of authority {with}: make a release for la:{with}"
    )]
    PublishedWith {
        /// The authority.
        code: String,
        /// The one whose figures hold them.
        with: &'static str,
    },
    /// What was shown cannot be kept beside the keys, or read there.
    #[error(
        "{path}: what was shown cannot be kept beside the keys: {source}. Nothing was published"
    )]
    Shown {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a step from where it is.
    #[error("release {number} is {state} already; nothing was changed")]
    NotFromHere {
        /// The release.
        number: i64,
        /// Where it is.
        state: ReleaseState,
    },
    /// Stored under another key, or changed.
    #[error("release {number}: {source}")]
    Sealed {
        /// The release.
        number: i64,
        /// What is wrong with it.
        source: disclosure::NotOurs,
    },
    /// The server key is not there, or is another one: seals can be neither checked nor made.
    #[error(
        "the server key that releases are sealed with is not in the keyring, or is another one: releases can be read, but none can be made, checked or published until the right key is put back; nothing was changed"
    )]
    ServerKeyLost,
    /// The keyring.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// Not the user's doing.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}
