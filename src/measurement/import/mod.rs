//! Measurements from elsewhere: reading the rows, finding the child of each, and what becomes of it.
//!
//! A row may tell the child by any of its particulars, and is taken only when exactly one child
//! of the year fits all of them. The identities of the year are compared in memory and shown to nobody.

mod child;
mod error;
mod file;
mod outcome;
mod report;
mod row_result;
mod rows;
mod run;

pub use error::ImportError;
pub use file::{Parsed, parse};
pub use report::{Report, RowOutcome};
pub use row_result::RowResult;
pub use run::{Mode, import};
