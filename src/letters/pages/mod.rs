//! Pages: letters by state, one letter with its preview, the templates, sending and pausing.

mod delay;
mod letter;
mod list;
mod merge;
mod obstacles;
mod overtaken;
mod runs;
mod sending;
mod standard;
mod templates;

pub use delay::{delay_page, set_delay};
pub use letter::{decide, pdf, show};
pub use list::list;
pub use runs::{run, send, send_page, settle, settle_page, try_now};
pub use sending::{prepare, stop, stop_page};
pub use standard::{standard_page, start_again};
pub use templates::{sample, save_texts, texts_page};

use super::LetterError;
use super::afterwards::Afterwards;
use super::reason::Reason;
use crate::error::{AppError, conflict, internal};
use crate::outbox::OutboxError;

/// What a page says that needs the templates while they cannot be read.
const TEMPLATES_UNREADABLE: &str = "The saved letter templates cannot be read. No letter is made or sent until a programme administrator has settled it on the page Letter templates. Nothing was changed.";

impl From<LetterError> for AppError {
    fn from(error: LetterError) -> Self {
        match error {
            LetterError::NoSuchLetter => Self::NotFound,
            LetterError::Refused(refused) => conflict(refused),
            error @ LetterError::CannotBeWritten(_) => conflict(error),
            // The details are for whoever runs the server; they stand in the job's row and on the command line.
            LetterError::Templates(_) => conflict(TEMPLATES_UNREADABLE),
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

/// Reasons in words. That a newer outcome has taken the letter's place is left out where it is said what happened.
fn words_beside(reasons: &[Reason], afterwards: Option<&Afterwards>) -> Vec<&'static str> {
    let is_told = afterwards.is_some_and(|afterwards| afterwards.is_overtaken);
    reasons
        .iter()
        .filter(|reason| !(is_told && **reason == Reason::Superseded))
        .map(|reason| reason.words())
        .collect()
}
