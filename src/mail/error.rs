//! What goes wrong when a message is handed over.

use std::path::PathBuf;

use lettre::message::Mailbox;

use super::failure::{Failure, Verdict};

/// A message that was not handed over, or perhaps not.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The mail server, with the stage and the cause.
    #[error("{0}")]
    Server(Failure),
    /// The folder that messages are written into.
    #[error("the folder {folder} cannot be written to: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings cannot work.
    #[error("mail cannot be sent with these settings: {0}")]
    Settings(String),
}

impl MailError {
    /// What follows for this message and for those behind it.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Server(failure) => failure.verdict(),
            Self::Folder { .. } => Verdict::Unavailable,
            Self::Settings(_) => Verdict::Misconfigured,
        }
    }

    /// Whether the mail server gave no answer at all.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Server(failure) if failure.is_silent())
    }
}

/// The address that mail comes from, read as a mail header takes it.
pub fn sender(from: &str) -> Result<Mailbox, MailError> {
    from.parse().map_err(|_| {
        MailError::Settings(format!(
            "the address that mail comes from, “{from}”, is not an email address"
        ))
    })
}
