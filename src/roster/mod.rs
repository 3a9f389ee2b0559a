//! Rosters: the lists of children that schools send, in any layout.
//!
//! A file's way in: bytes → table → columns → checked rows → plan → one
//! transaction. Everything up to the plan is plain values in and plain values
//! out; nothing is written before a person (or a command) confirms the plan.

mod apply;
pub mod check;
pub mod child;
pub mod code;
pub mod columns;
mod contacts;
pub mod ctf;
pub mod decide;
mod errors_file;
pub mod export;
pub mod field;
pub mod geography;
mod headings;
#[cfg(test)]
mod hostile;
pub mod import;
#[cfg(test)]
mod layouts;
pub mod matching;
pub mod merge;
pub mod pages;
pub mod plan;
pub mod progress;
mod queries;
pub mod report;
mod rows;
#[cfg(test)]
mod samples;
pub mod schools;
pub mod slip;
pub mod staged;
pub mod underway;
mod values;
mod waiting;

pub use apply::Applied;
pub use errors_file::write_errors;
pub use geography::locate_homes;
pub use queries::{
    ImportRecord, import_in_scope, imports, open_years, remembered_choices, schools as all_schools,
};

use crate::tabular::{FileKind, Limits, ReadError, Table, file_kind, read_table};

/// Reads a file of any supported layout into a table with a row of headings.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Table, ReadError> {
    limits.check_size(bytes.len() as u64)?;
    match file_kind(bytes)? {
        FileKind::Xml => ctf::read(bytes, limits),
        FileKind::Csv | FileKind::Workbook(_) => read_table(bytes, limits, columns::has_headings),
    }
}
