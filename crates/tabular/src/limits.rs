//! How much of a file is taken before it is refused.

use crate::ReadError;

/// The most cells of all sheets of a workbook together, blank ones inside their rectangles
/// included; each takes some 60 bytes.
pub(crate) const MOST_CELLS: u64 = 6_000_000;

/// The limits on one file.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the file as it arrives.
    pub file_bytes: u64,
    /// Bytes it may unpack to.
    pub unpacked_bytes: u64,
    /// Rows, counted as a spreadsheet does.
    pub rows: u32,
    /// Columns.
    pub columns: usize,
    /// Bytes of text in one cell. A spreadsheet's own limit is 32,767
    /// characters.
    pub cell_bytes: usize,
}

impl Limits {
    /// For a file named on the command line: a whole area of a million children.
    pub const COMMAND_LINE: Self = Self {
        file_bytes: 512 << 20,
        unpacked_bytes: 1024 << 20,
        rows: 1_200_000,
        columns: 500,
        cell_bytes: 100_000,
    };

    /// For a file uploaded in the browser.
    pub const UPLOAD: Self = Self {
        file_bytes: 32 << 20,
        unpacked_bytes: 128 << 20,
        rows: 150_000,
        columns: 500,
        cell_bytes: 100_000,
    };

    /// Refuses a file by its size alone, before it is read.
    pub fn check_size(&self, bytes: u64) -> Result<(), ReadError> {
        if bytes > self.file_bytes {
            Err(ReadError::TooLarge(self.file_bytes >> 20))
        } else {
            Ok(())
        }
    }

    /// The most rows, cells and shared texts of a packed workbook, empty ones included: one that
    /// holds a value takes at least 32 bytes.
    pub(crate) fn workbook_cells(&self) -> u64 {
        self.unpacked_bytes / 32
    }

    /// The most pieces of markup of a packed workbook: the library stops at each.
    pub(crate) fn workbook_markup(&self) -> u64 {
        self.unpacked_bytes / 16
    }
}
