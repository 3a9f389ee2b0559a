//! Measures what a packed (ZIP) workbook unpacks to.

use std::io::{BufReader, Cursor, Read};

use super::markup::MarkupCounter;
use super::opendocument::check_repeats;
use super::shared_texts::check_shared_texts;
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
    let mut counter = MarkupCounter::new(limits);
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| ReadError::Damaged)?;
        let is_content = part.name().is_ok_and(|name| name == "content.xml");
        let mut part = part.take(left + 1);
        // A sheet may lie in a part of any name.
        let unpacked = if kind == WorkbookKind::Xlsx {
            match std::io::copy(&mut part, &mut counter) {
                Ok(unpacked) => unpacked,
                Err(_) if counter.is_over() => return Err(ReadError::SheetTooLarge),
                Err(_) => return Err(ReadError::Damaged),
            }
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
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| ReadError::Damaged)?;
        let holds_texts = part
            .name()
            .is_ok_and(|name| name.to_ascii_lowercase().ends_with("sharedstrings.xml"));
        if kind == WorkbookKind::Xlsx && holds_texts {
            check_shared_texts(part, limits)?;
        }
    }
    Ok(())
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
