//! Why a database and a keyring cannot be used together.

use std::path::PathBuf;

use crate::db;
use crate::identity::KeyringError;

/// A database and a keyring that cannot be used together.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// The keyring of a database that has one is not there.
    #[error(
        "there is no keyring in {folder}, but {database} has one: check --keyring (STATURE_KEYRING), or put the keyring back. If it is lost for good, run `stature keyring replace-lost`. Nothing was changed"
    )]
    KeyringMissing {
        /// Where it was looked for.
        folder: PathBuf,
        /// The database in words.
        database: String,
    },
    /// The keyring and the database belong to different installations.
    #[error(
        "the keyring {folder} belongs to another installation than {database}: check --keyring (STATURE_KEYRING) and --database (DATABASE_URL). Nothing was changed"
    )]
    OtherInstallation {
        /// The keyring.
        folder: PathBuf,
        /// The database in words.
        database: String,
    },
    /// The database is new and the keyring is not.
    #[error(
        "the keyring {folder} belongs to an installation already, and {database} is new: check --database (DATABASE_URL). To try a backup out, give the new place a keyring of its own with `stature restore DIR --keyring NEW --keys-from {folder}`; to replace a database that is lost, use `stature restore DIR --adopt-keyring`. Nothing was changed"
    )]
    KeyringTaken {
        /// The keyring.
        folder: PathBuf,
        /// The database in words.
        database: String,
    },
    /// An unmarked keyring with other keys.
    #[error(
        "the keys in {folder} are not those that {database} was sealed with: check --keyring (STATURE_KEYRING) and --database (DATABASE_URL). Nothing was changed"
    )]
    OtherKeys {
        /// The keyring.
        folder: PathBuf,
        /// The database in words.
        database: String,
    },
    /// The place is empty, and this command does not set one up.
    #[error(
        "nothing is set up in {database} and {folder} yet: check --database and --keyring, or set a new place up with `stature migrate`. Nothing was changed"
    )]
    NotSetUp {
        /// The keyring.
        folder: PathBuf,
        /// The database in words.
        database: String,
    },
    /// A moved clock on a database in production.
    #[error("{database} is in production: leave out --as-of and STATURE_NOW. Nothing was changed")]
    ClockInProduction {
        /// The database in words.
        database: String,
    },
    /// There is nothing to be replaced.
    #[error("nothing is lost: the keyring in {0} has its mark and its server key")]
    NothingLost(PathBuf),
    /// No randomness.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// The keyring.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}
