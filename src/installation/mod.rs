//! Which database and which keyring belong together.
//!
//! Each database has an identity of its own, a random number, and so has its keyring. They are compared at every start:
//! a process with another installation's keyring, with a mistyped path or with a copy of a database would otherwise
//! seal with the wrong keys, or destroy the right ones. The identity is not in backups: a backup that is restored
//! elsewhere takes the identity of that place.

mod decide;
mod error;
mod open;
mod queries;
mod replace;

pub use error::InstallationError;
pub use open::{Opened, Opening, id, note_restored, open, refuse_taken_keyring};
pub use replace::{Replaced, adopt, replace_lost, take_keys};
