//! Files of rows and columns, in whatever form they arrive.
//!
//! Reads CSV of any delimiter and encoding and the workbooks of the usual spreadsheet programs into
//! one plain [`Table`], finds its headings, and writes a table back with a column of errors.
//!
//! Rows carry the number that a spreadsheet shows. Every limit is checked before memory is
//! allocated, so a hostile file costs a bounded amount.

mod biff;
mod compound;
mod csv_text;
mod encoding;
mod error;
mod headings;
#[cfg(test)]
mod hostile_xls;
mod kind;
mod limits;
mod output;
mod read;
mod sheet;
mod synonyms;
mod table;
mod workbook;

pub use encoding::decode;
pub use error::ReadError;
pub use headings::{HeadingMatch, find_heading_row};
pub use kind::{FileKind, WorkbookKind, file_kind};
pub use limits::Limits;
pub use output::{ERRORS, neutralised, restored, write_csv_row, write_with_errors};
pub use read::{read_lists, read_sheets, read_table};
pub use sheet::Sheet;
pub use synonyms::Synonyms;
pub use table::{Row, Table, TableBuilder};
