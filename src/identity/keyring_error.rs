//! Why a key cannot be had.

use std::path::PathBuf;

/// A key that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file is not there.
    #[error(
        "the key of {name} is not in {folder}: what is sealed with it cannot be read; put the keyring back, or name it with --keyring"
    )]
    Missing {
        /// The academic year, or `server`.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The file is there but is no key.
    #[error("{path} is not a key file of Stature")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and is another key than the one that sealed what is stored.
    #[error(
        "the key of {name} in {folder} is not the one that this database was sealed with: put the right file back"
    )]
    Other {
        /// The academic year, or `server`.
        name: String,
        /// Where the keyring is.
        folder: PathBuf,
    },
    /// The keyring belongs to another installation by now.
    #[error(
        "the keyring {folder} belongs to another installation: no key in it was made or destroyed"
    )]
    NotOurs {
        /// Where the keyring is.
        folder: PathBuf,
    },
    /// The folder or a file cannot be used.
    #[error("the keyring {path} cannot be used: {source}")]
    Unusable {
        /// The folder or the file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
