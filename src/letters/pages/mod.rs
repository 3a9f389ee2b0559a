//! Pages: letters by state, one letter with its preview, the templates, sending and pausing.

mod letter;
mod list;
mod runs;
mod sending;
mod templates;

pub use letter::{decide, pdf, show};
pub use list::list;
pub use runs::{delay_page, run, send, send_page, set_delay, settle, settle_page};
pub use sending::{prepare, stop, stop_page};
pub use templates::{sample, save_texts, texts_page};

use super::LetterError;
use super::reason::Reason;
use crate::error::{AppError, conflict, internal};
use crate::outbox::OutboxError;

impl From<LetterError> for AppError {
    fn from(error: LetterError) -> Self {
        match error {
            LetterError::NoSuchLetter => Self::NotFound,
            LetterError::Refused(refused) => conflict(refused),
            error @ LetterError::CannotBeWritten(_) => conflict(error),
            LetterError::Outbox(OutboxError::NotFromHere(error)) => conflict(error),
            LetterError::Identity(error) | LetterError::Outbox(OutboxError::Identity(error)) => {
                error.into()
            }
            LetterError::Database(error) | LetterError::Outbox(OutboxError::Database(error)) => {
                error.into()
            }
            other => internal(other),
        }
    }
}

/// Reasons in words.
fn words(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(|reason| reason.words()).collect()
}
