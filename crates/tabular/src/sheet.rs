//! A named table of a file.

use crate::Table;

/// One table of a file: the only one of a text file, one for each visible sheet
/// with rows of a workbook.
#[derive(Debug)]
pub struct Sheet {
    /// The sheet's name; empty for a text file.
    pub name: String,
    /// Its rows.
    pub table: Table,
}
