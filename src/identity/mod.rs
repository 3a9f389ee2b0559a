//! Names: where they are sealed, and the one door through which they are opened.
//!
//! [`Identities::open`] is the only function that unseals a child's identity. It takes the purpose and the actor, and
//! writes the access log in the transaction it is given: nobody sees a name without a row that says so.

mod damage_queries;
mod door;
mod error;
mod hex;
mod key;
mod keyring;
mod keyring_error;
mod opened;
mod purpose;
mod queries;
mod seal;
pub mod upgrade;
mod upgrade_queries;
mod whole_year;

pub use damage_queries::{damage_notice, noticed as noticed_damage};
pub use door::{Identities, Whose, put_identity, seal_identity};
pub use error::IdentityError;
pub use hex::hex;
pub use key::{KeysOfYear, fill_missing_keys, free_key, identity_key};
pub use keyring::{Key, Keyring, Mark, SERVER_KEY};
pub use keyring_error::KeyringError;
pub use opened::{Found, Opened, People, Unreadable, notice};
pub use purpose::Purpose;
pub use seal::{FORMAT, SealError, Sealer, mark};
pub use whole_year::SealedYear;
