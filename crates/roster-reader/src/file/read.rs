//! Reads a file of any supported layout.

use tabular::{FileKind, Limits, ReadError, Table, file_kind, read_lists};

use crate::columns;
use crate::file::ctf;

/// Reads a file of any supported layout into a table with a row of headings.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Table, ReadError> {
    limits.check_size(bytes.len() as u64)?;
    match file_kind(bytes)? {
        FileKind::Xml => ctf::read(bytes, limits),
        FileKind::Csv | FileKind::Workbook(_) => {
            read_lists(bytes, limits, columns::roster_headings)
        }
    }
}
