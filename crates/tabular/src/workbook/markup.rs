//! Counts the markup of an Excel workbook while it is unpacked.

use std::io::Write;

use crate::Limits;

/// Counts what the library will stop at, while a part is unpacked: rows, cells and shared texts, four bytes each at
/// least, and markup of any other kind. Writing fails as soon as it is too much.
pub(super) struct MarkupCounter {
    cells: u64,
    markup: u64,
    most_cells: u64,
    most_markup: u64,
    /// The beginning of the element's name at hand, without its prefix, and its length; `None` outside of a name.
    name: Option<([u8; 4], usize)>,
}

impl MarkupCounter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            cells: 0,
            markup: 0,
            most_cells: limits.workbook_cells(),
            most_markup: limits.workbook_markup(),
            name: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.cells > self.most_cells || self.markup > self.most_markup
    }

    fn end_name(&mut self, name: [u8; 4], length: usize) {
        self.name = None;
        match name.get(..length) {
            Some(b"c" | b"row" | b"si") => self.cells += 1,
            // The end of an element is its beginning's affair.
            Some(b"") => self.markup -= 1,
            _ => {}
        }
    }
}

impl Write for MarkupCounter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // The library understands UTF-16, too.
        for byte in bytes.iter().filter(|byte| **byte != 0) {
            match (byte, self.name) {
                (b'<', _) => {
                    self.markup += 1;
                    self.name = Some(([0; 4], 0));
                }
                (b'&', None) => self.markup += 1,
                (_, None) => {}
                (b':', Some(_)) => self.name = Some(([0; 4], 0)),
                (b' ' | b'/' | b'>' | b'\t' | b'\r' | b'\n', Some((name, length))) => {
                    self.end_name(name, length);
                }
                (byte, Some((mut name, length))) => {
                    if let Some(place) = name.get_mut(length) {
                        *place = *byte;
                    }
                    self.name = Some((name, length + 1));
                }
            }
        }
        if self.is_over() {
            return Err(std::io::ErrorKind::QuotaExceeded.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
