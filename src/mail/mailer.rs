//! Where messages go: a mail server, a folder, or memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::Message;

use super::error::{MailError, sender};
use super::smtp::Server;
use crate::config::MailTransport;

/// How long each answer of a mail server is waited for.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where messages go.
#[derive(Clone)]
pub enum Mailer {
    /// To an SMTP server.
    Smtp(Server),
    /// Into a folder, a file for each message, named by its Message-ID.
    Folder(PathBuf),
    /// Into memory: for tests.
    Memory(Arc<Mutex<Vec<Message>>>),
}

impl Mailer {
    /// The mailer of the settings. An SMTP server is not asked before the first message.
    pub fn new(transport: &MailTransport) -> Result<Self, MailError> {
        match transport {
            MailTransport::Smtp(address) => Self::smtp(address, TIMEOUT),
            MailTransport::Folder(folder) => {
                fs::create_dir_all(folder).map_err(|error| {
                    MailError::Settings(format!("{}: {error}", folder.display()))
                })?;
                Ok(Self::Folder(folder.clone()))
            }
            MailTransport::Memory => Ok(Self::Memory(Arc::default())),
        }
    }

    /// A mailer for an SMTP server that waits `timeout` for each answer.
    pub fn smtp(address: &str, timeout: Duration) -> Result<Self, MailError> {
        Server::new(address, timeout).map(Self::Smtp)
    }

    /// Opens a session with the mail server, signs in, and asks whether mail may come from `from`. Nothing is sent.
    pub fn check(&self, from: &str) -> Result<(), MailError> {
        let sender = sender(from)?;
        match self {
            Self::Smtp(server) => server.check(&sender.email).map_err(MailError::Server),
            Self::Folder(_) | Self::Memory(_) => Ok(()),
        }
    }

    /// Hands over one message, whose Message-ID is `message_id`.
    pub fn send(&self, message: &Message, message_id: &str) -> Result<(), MailError> {
        match self {
            Self::Smtp(server) => server
                .send(message.envelope(), &message.formatted())
                .map_err(MailError::Server),
            Self::Folder(folder) => {
                let path = file_of(folder, message_id);
                let draft = path.with_extension("draft");
                fs::write(&draft, message.formatted())
                    .and_then(|()| fs::File::open(&draft)?.sync_all())
                    .and_then(|()| fs::rename(&draft, &path))
                    .map_err(|source| MailError::Folder {
                        folder: folder.clone(),
                        source,
                    })
            }
            Self::Memory(messages) => {
                messages
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(message.clone());
                Ok(())
            }
        }
    }

    /// What tells these settings from others. It may hold a password: it is never shown, logged or stored as it is.
    pub fn settings(&self) -> String {
        match self {
            Self::Smtp(server) => server.address().to_owned(),
            Self::Folder(folder) => folder.display().to_string(),
            Self::Memory(_) => String::new(),
        }
    }

    /// Whether a message is known to have gone. `None`: only the receiver could tell.
    pub fn has_gone(&self, message_id: &str) -> Option<bool> {
        match self {
            Self::Smtp(_) => None,
            Self::Folder(folder) => Some(file_of(folder, message_id).exists()),
            Self::Memory(messages) => {
                let messages = messages.lock().unwrap_or_else(PoisonError::into_inner);
                Some(messages.iter().any(|message| {
                    message
                        .headers()
                        .get_raw("Message-ID")
                        .is_some_and(|header| header.contains(message_id))
                }))
            }
        }
    }
}

/// The file of a message in a folder.
pub fn file_of(folder: &Path, message_id: &str) -> PathBuf {
    let name: String = message_id
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || "-_.@".contains(letter) {
                letter
            } else {
                '_'
            }
        })
        .collect();
    folder.join(format!("{name}.eml"))
}
