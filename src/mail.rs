//! Handing a message to the outside world.
//!
//! The sender says how far it got, because what to do next depends on it: a message that surely was not taken may be
//! tried again; one that may have been taken must not be, or a parent gets two.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::SmtpTransport;
use lettre::{Message, Transport};

use crate::config::MailTransport;

/// A message that did not go.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Surely not taken; worth another try.
    #[error("the mail server did not take the message; it will be tried again: {0}")]
    NotTaken(String),
    /// Refused for good.
    #[error("the mail server refused the message: {0}")]
    Refused(String),
    /// The line broke when the server may already have taken it.
    #[error("the line to the mail server broke; the message may have arrived: {0}")]
    InDoubt(String),
    /// The settings cannot work.
    #[error("mail cannot be sent with these settings: {0}")]
    Settings(String),
}

/// Where messages go.
#[derive(Clone)]
pub enum Mailer {
    /// To an SMTP server.
    Smtp(SmtpTransport),
    /// Into a folder, a file for each message, named by its Message-ID.
    Folder(PathBuf),
    /// Into memory: for tests.
    Memory(Arc<Mutex<Vec<Message>>>),
}

impl Mailer {
    /// The mailer of the settings. An SMTP server is not asked before the first message.
    pub fn new(transport: &MailTransport) -> Result<Self, MailError> {
        match transport {
            MailTransport::Smtp(url) => Ok(Self::Smtp(
                SmtpTransport::from_url(url)
                    .map_err(|error| MailError::Settings(error.to_string()))?
                    .timeout(Some(Duration::from_secs(30)))
                    .build(),
            )),
            MailTransport::Folder(folder) => {
                fs::create_dir_all(folder).map_err(|error| {
                    MailError::Settings(format!("{}: {error}", folder.display()))
                })?;
                Ok(Self::Folder(folder.clone()))
            }
            MailTransport::Memory => Ok(Self::Memory(Arc::default())),
        }
    }

    /// Hands over one message, whose Message-ID is `message_id`.
    pub fn send(&self, message: &Message, message_id: &str) -> Result<(), MailError> {
        match self {
            Self::Smtp(server) => server.send(message).map(drop).map_err(|error| {
                if error.is_permanent() {
                    MailError::Refused(code_only(&error))
                } else if error.is_transient() || error.is_client() || nothing_was_sent(&error) {
                    MailError::NotTaken(code_only(&error))
                } else {
                    MailError::InDoubt(code_only(&error))
                }
            }),
            Self::Folder(folder) => {
                let path = file_of(folder, message_id);
                let draft = path.with_extension("draft");
                fs::write(&draft, message.formatted())
                    .and_then(|()| fs::File::open(&draft)?.sync_all())
                    .and_then(|()| fs::rename(&draft, &path))
                    .map_err(|error| MailError::NotTaken(format!("{}: {error}", folder.display())))
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

/// The server was never reached: no connection, no name, no TLS.
fn nothing_was_sent(error: &lettre::transport::smtp::Error) -> bool {
    let text = error.to_string().to_lowercase();
    error.is_tls() || text.contains("connection error") || text.contains("network unreachable")
}

/// Servers repeat the recipient's address in their answers; only the code is kept.
fn code_only(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("answer {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_tls() => "no encrypted connection could be made".to_owned(),
        None => "no connection".to_owned(),
    }
}
