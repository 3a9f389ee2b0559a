//! Handing a message to the outside world.
//!
//! The sender says how far it got, because what to do next depends on it ([`Verdict`]): a message that was not taken
//! may be tried again; one that may have been taken must not be, or a parent gets two; and where the server takes no
//! message at all, the others wait.

mod error;
mod failure;
mod mailer;
mod smtp;

pub use error::{MailError, sender};
pub use failure::{Cause, Failure, Stage, Verdict};
pub use mailer::{Mailer, file_of};
pub use smtp::Server;
