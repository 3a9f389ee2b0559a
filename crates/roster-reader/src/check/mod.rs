//! Every rule a row of a roster must meet, and the repairs made on the way.
//!
//! A matter is either a *problem*, and the row waits, or a *warning*, and the row goes in without
//! the doubtful value and is listed. All matters of a row are found at once.

mod file;
mod notes;
mod notices;
mod subheadings;

pub use crate::row::checked::{CheckedRow, Context, Glimpse, Verdict};
pub use file::{Checked, check};
