//! Recognises the kind of a file by its content.

use std::io::Cursor;

use crate::{ReadError, encoding};

/// The kind of a file, recognised by its first bytes and never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Delimited text.
    Csv,
    /// A workbook of any of the supported kinds.
    Workbook(WorkbookKind),
    /// XML.
    Xml,
}

/// The supported kinds of workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkbookKind {
    /// Office Open XML, .xlsx or .xlsm.
    Xlsx,
    /// The older binary workbook, .xls.
    Xls,
    /// `OpenDocument`, .ods.
    Ods,
}

/// Recognises the kind of a file, or refuses a kind that holds no table.
pub fn file_kind(bytes: &[u8]) -> Result<FileKind, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return zipped_kind(bytes).map(FileKind::Workbook);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Ok(FileKind::Workbook(WorkbookKind::Xls));
    }
    for (magic, what) in [
        (&b"%PDF"[..], "a PDF document"),
        (b"\x1f\x8b", "a compressed (gzip) file"),
        (b"7z\xbc\xaf", "a compressed (7z) file"),
        (b"Rar!", "a compressed (RAR) file"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"{\\rtf", "a word-processor document"),
    ] {
        if bytes.starts_with(magic) {
            return Err(ReadError::NotATable(what));
        }
    }
    let start = encoding::start_of_text(bytes);
    let start = start.trim_start();
    // Compared as bytes: the ninth byte may lie inside a character.
    let begins = |tag: &[u8]| {
        start
            .as_bytes()
            .get(..tag.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(tag))
    };
    if begins(b"<html") || (begins(b"<!doctype") && start.to_ascii_lowercase().contains("html")) {
        return Err(ReadError::NotATable(
            "a web page (some systems give such files the ending .xls; open it in Excel and save it as an Excel workbook)",
        ));
    }
    if start.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        return Err(ReadError::NotATable(
            "an XML spreadsheet of an older kind (open it in Excel and save it as an Excel workbook)",
        ));
    }
    if start.starts_with("<?xml") || start.starts_with("<CTfile") || start.starts_with("<!DOCTYPE")
    {
        return Ok(FileKind::Xml);
    }
    Ok(FileKind::Csv)
}

/// Recognises the kind of a packed (ZIP) workbook by the names of its parts.
fn zipped_kind(bytes: &[u8]) -> Result<WorkbookKind, ReadError> {
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ReadError::Damaged)?;
    let mut names = archive.file_names();
    if names.any(|name| name.is_ok_and(|name| name.eq_ignore_ascii_case("xl/workbook.xml"))) {
        return Ok(WorkbookKind::Xlsx);
    }
    let has = |wanted: &str| archive.index_for_name(wanted).is_some();
    if has("word/document.xml") {
        return Err(ReadError::NotATable("a word-processor document"));
    }
    if has("content.xml") && has("mimetype") {
        return Ok(WorkbookKind::Ods);
    }
    Err(ReadError::NotATable("a packed (ZIP) file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_across_the_ninth_byte_is_no_panic() {
        assert_eq!(file_kind("abcdefg\u{1f338},".as_bytes()), Ok(FileKind::Csv));
        assert_eq!(
            file_kind(b"<!DOCTYPE html><table>"),
            Err(ReadError::NotATable(
                "a web page (some systems give such files the ending .xls; open it in Excel and save it as an Excel workbook)"
            ))
        );
    }
}
