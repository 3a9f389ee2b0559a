//! What each column of a file is.
//!
//! A column is recognised by its heading, else by its values, else by what a person chose for the
//! same layout before. Where that leaves a doubt there is a [`Question`], and nothing is imported
//! until it is answered.

mod column;
pub(crate) mod dates;
mod doubles;
pub mod field;
mod find;
mod heading_rows;
mod headings;
mod neighbours;
pub mod slip;
pub(crate) mod values;

pub use column::{Choices, Column, Columns, ColumnsError, How, Question, fingerprint};
pub use find::{find_columns, roster_headings};
