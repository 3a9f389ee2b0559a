//! Pages: recording a class, and the warnings that wait to be confirmed.

mod class;
mod list;
mod progress;
mod row;
mod warnings;

pub use class::{record_page, record_row, record_rows};
pub use list::record_list;
pub use progress::{quality_json, tally_json};
pub use warnings::warnings;

use crate::error::{AppError, conflict, internal};
use crate::measurement::RecordError;

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
