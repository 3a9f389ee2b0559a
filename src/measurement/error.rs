//! What a refused recording is on a page.

use super::record::RecordError;
use crate::error::{AppError, conflict, internal};

impl From<RecordError> for AppError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NoSuchChild => Self::NotFound,
            RecordError::NameRemoved | RecordError::NothingToUndo => conflict(error),
            RecordError::Identity(error) => error.into(),
            RecordError::Database(error) => error.into(),
            RecordError::Limits(_) => internal(error),
        }
    }
}
