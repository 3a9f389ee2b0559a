//! Reads a file of any supported kind into tables.

use crate::{FileKind, Limits, ReadError, Sheet, Table, csv_text, encoding, file_kind, workbook};

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
