//! What a page answers when something goes wrong with letters.

use crate::error::{AppError, conflict, internal};
use crate::letters::error::LetterError;
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
