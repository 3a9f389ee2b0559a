//! Files of rows and columns, in whatever form they arrive.
//!
//! Reads CSV of any delimiter and encoding and the workbooks of the usual
//! spreadsheet programs into one plain [`Table`], finds its headings, and
//! writes a table back with a column of errors. The one thing to know: rows
//! carry the number a spreadsheet shows, and every limit is checked before
//! memory is taken, so a hostile file costs a bounded amount.

mod biff;
mod compound;
mod csv_text;
mod encoding;
mod error;
mod headings;
#[cfg(test)]
mod hostile_xls;
mod limits;
mod output;
mod packed;
mod synonyms;
mod table;
mod workbook;

pub use error::ReadError;
pub use headings::{HeadingMatch, find_heading_row};
pub use limits::Limits;
pub use output::{ERRORS, neutralised, restored, write_csv_row, write_with_errors};
pub use synonyms::Synonyms;
pub use table::{Row, Table, TableBuilder};

/// What a file is, told from its first bytes and never from its name.
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

/// Tells what a file is.
pub fn file_kind(bytes: &[u8]) -> Result<FileKind, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return workbook::zipped_kind(bytes).map(FileKind::Workbook);
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

/// One table of a file: the only one of a text file, one for each visible sheet
/// with rows of a workbook.
#[derive(Debug)]
pub struct Sheet {
    /// The sheet's name; empty for a text file.
    pub name: String,
    /// Its rows.
    pub table: Table,
}

/// Reads delimited text or a workbook. XML has no one table in it and is read
/// by whoever knows its vocabulary.
///
/// The list is never empty.
pub fn read_sheets(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, ReadError> {
    limits.check_size(bytes.len() as u64)?;
    match file_kind(bytes)? {
        FileKind::Csv => {
            let table = csv_text::read(&encoding::decode(bytes)?, limits)?;
            Ok(vec![Sheet {
                name: String::new(),
                table,
            }])
        }
        FileKind::Workbook(kind) => workbook::read(bytes, kind, limits),
        FileKind::Xml => Err(ReadError::NotATable("an XML document of an unknown kind")),
    }
}

/// Reads a file and takes the one sheet that `wanted` recognises, or the only
/// sheet there is.
pub fn read_table(
    bytes: &[u8],
    limits: &Limits,
    wanted: impl Fn(&Table) -> bool,
) -> Result<Table, ReadError> {
    let mut sheets = read_sheets(bytes, limits)?;
    if sheets.len() > 1 {
        let fits: Vec<bool> = sheets.iter().map(|sheet| wanted(&sheet.table)).collect();
        if fits.iter().filter(|fits| **fits).count() != 1 {
            let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
            return Err(ReadError::SeveralSheets(names.join(", ")));
        }
        let mut fits = fits.into_iter();
        sheets.retain(|_| fits.next().unwrap_or(false));
    }
    sheets
        .pop()
        .map(|sheet| sheet.table)
        .ok_or(ReadError::NoSheet)
}

/// Reads a file and takes the only sheet there is, or those of which `headings`
/// says what their headings are: sheets with the same ones, as for one class
/// each, are put under one another.
pub fn read_lists(
    bytes: &[u8],
    limits: &Limits,
    headings: impl Fn(&Table) -> Option<Vec<String>>,
) -> Result<Table, ReadError> {
    let mut sheets = read_sheets(bytes, limits)?;
    if sheets.len() == 1 {
        return sheets
            .pop()
            .map(|sheet| sheet.table)
            .ok_or(ReadError::NoSheet);
    }
    let names: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
    let several = || ReadError::SeveralSheets(names.join(", "));
    let mut fitting: Vec<(Vec<String>, Sheet)> = sheets
        .into_iter()
        .filter_map(|sheet| Some((headings(&sheet.table)?, sheet)))
        .collect();
    let Some((first, _)) = fitting.first() else {
        return Err(several());
    };
    if fitting.iter().any(|(headings, _)| headings != first) {
        return Err(several());
    }
    if fitting.len() == 1 {
        return fitting
            .pop()
            .map(|(_, sheet)| sheet.table)
            .ok_or(ReadError::NoSheet);
    }
    Table::stacked(
        fitting
            .into_iter()
            .map(|(_, sheet)| (sheet.name, sheet.table))
            .collect(),
        limits,
    )
}

/// The text of a file in any supported encoding.
pub fn decode(bytes: &[u8]) -> Result<std::borrow::Cow<'_, str>, ReadError> {
    encoding::decode(bytes)
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
