//! Measures what a packed (ZIP) workbook unpacks to.

use std::io::{BufReader, Cursor, Read, Write};

use super::opendocument::check_repeats;
use crate::{Limits, ReadError, WorkbookKind};

/// The most parts a packed workbook may have.
const MOST_PARTS: usize = 5_000;

/// Unpacks every part without keeping it, and refuses a workbook beyond the limits.
pub(super) fn measure(bytes: &[u8], kind: WorkbookKind, limits: &Limits) -> Result<(), ReadError> {
    let too_large = || ReadError::UnpacksTooLarge(limits.unpacked_bytes >> 20);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ReadError::Damaged)?;
    if archive.len() > MOST_PARTS {
        return Err(too_large());
    }
    let mut left = limits.unpacked_bytes;
    let mut cells = CellCounter::default();
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| ReadError::Damaged)?;
        let is_content = part.name().is_ok_and(|name| name == "content.xml");
        let mut part = part.take(left + 1);
        // A sheet may lie in a part of any name.
        let unpacked = if kind == WorkbookKind::Xlsx {
            let unpacked = std::io::copy(&mut part, &mut cells).map_err(|_| ReadError::Damaged)?;
            if cells.found > limits.workbook_cells() {
                return Err(ReadError::SheetTooLarge);
            }
            unpacked
        } else if kind == WorkbookKind::Ods && is_content {
            let mut counted = Counted {
                inner: &mut part,
                bytes: 0,
            };
            check_repeats(BufReader::new(&mut counted), limits)?;
            counted.bytes
        } else {
            std::io::copy(&mut part, &mut std::io::sink()).map_err(|_| ReadError::Damaged)?
        };
        left = left.checked_sub(unpacked).ok_or_else(too_large)?;
    }
    Ok(())
}

/// Counts the rows and cells of sheets, empty ones too: each is only four bytes long, and the library
/// looks at every one.
#[derive(Default)]
struct CellCounter {
    found: u64,
    /// The element name being read, without its prefix; `None` outside of a name.
    name: Option<Vec<u8>>,
}

impl Write for CellCounter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            match (byte, &mut self.name) {
                (b'<', name) => *name = Some(Vec::new()),
                (_, None) => {}
                (b':', Some(name)) => name.clear(),
                (b' ' | b'/' | b'>' | b'\t' | b'\r' | b'\n', Some(name)) => {
                    if name == b"c" || name == b"row" {
                        self.found += 1;
                    }
                    self.name = None;
                }
                // No name that is looked for is longer.
                (byte, Some(name)) if name.len() < 64 => name.push(*byte),
                (_, name) => *name = None,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
