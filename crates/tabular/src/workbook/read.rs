//! Reads the visible sheets of a workbook.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Ods, OdsError, Reader, SheetVisible, Xls, XlsError, Xlsx, XlsxError};

use super::cell::as_text;
use super::row_writer::RowWriter;
use super::unpacked;
use crate::{Limits, ReadError, Sheet, WorkbookKind, biff, compound};

/// Reads every visible sheet with rows.
pub(crate) fn read(
    bytes: &[u8],
    kind: WorkbookKind,
    limits: &Limits,
) -> Result<Vec<Sheet>, ReadError> {
    if kind == WorkbookKind::Xls {
        biff::check(&compound::workbook_stream(bytes)?, limits)?;
    } else {
        unpacked::measure(bytes, kind, limits)?;
    }
    // The library has been seen to panic on damaged files; here that is one
    // more damaged file.
    let sheets = catch_unwind(AssertUnwindSafe(|| match kind {
        WorkbookKind::Xlsx => read_xlsx(bytes, limits),
        WorkbookKind::Xls => read_xls(bytes, limits),
        WorkbookKind::Ods => read_ods(bytes, limits),
    }))
    .unwrap_or(Err(ReadError::Damaged))?;
    if sheets.is_empty() {
        Err(ReadError::NoSheet)
    } else {
        Ok(sheets)
    }
}

fn read_xlsx(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, ReadError> {
    let explain = |error: &XlsxError| match error {
        XlsxError::Password => ReadError::Password,
        _ => ReadError::Damaged,
    };
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| explain(&error))?;
    let names = visible(workbook.sheets_metadata());
    let serial_offset = serial_offset(workbook.has_1904_epoch());
    let mut sheets = Vec::new();
    for name in names {
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else {
            continue;
        };
        let mut rows = RowWriter::new(limits, serial_offset);
        while let Some(cell) = cells.next_cell().map_err(|error| explain(&error))? {
            let (row, column) = cell.get_position();
            let value = Data::from(cell.get_value().clone());
            rows.put(row, column, &as_text(&value, serial_offset))?;
        }
        if let Some(table) = rows.finish()? {
            sheets.push(Sheet { name, table });
        }
    }
    Ok(sheets)
}

fn read_xls(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, ReadError> {
    let mut workbook: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        XlsError::Password => ReadError::Password,
        _ => ReadError::Damaged,
    })?;
    let serial_offset = serial_offset(workbook.has_1904_epoch());
    from_ranges(&mut workbook, limits, serial_offset)
}

fn read_ods(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, ReadError> {
    let mut workbook: Ods<_> = Ods::new(Cursor::new(bytes)).map_err(|error| match error {
        OdsError::Password => ReadError::Password,
        _ => ReadError::Damaged,
    })?;
    from_ranges(&mut workbook, limits, 0)
}

/// Days from 30 December 1899 to day 0 of the workbook.
fn serial_offset(counts_from_1904: bool) -> u32 {
    if counts_from_1904 { 1_462 } else { 0 }
}

fn from_ranges<'b, W: Reader<Cursor<&'b [u8]>>>(
    workbook: &mut W,
    limits: &Limits,
    serial_offset: u32,
) -> Result<Vec<Sheet>, ReadError> {
    let mut sheets = Vec::new();
    for name in visible(workbook.sheets_metadata()) {
        let Ok(range) = workbook.worksheet_range(&name) else {
            continue;
        };
        let (first_row, first_column) = range.start().unwrap_or_default();
        let mut rows = RowWriter::new(limits, serial_offset);
        for (row, column, value) in range.used_cells() {
            rows.put(
                first_row + row as u32,
                first_column + column as u32,
                &as_text(value, serial_offset),
            )?;
        }
        if let Some(table) = rows.finish()? {
            sheets.push(Sheet { name, table });
        }
    }
    Ok(sheets)
}

/// The visible sheets, or all when none is.
fn visible(sheets: &[calamine::Sheet]) -> Vec<String> {
    let names = |visible_only: bool| -> Vec<String> {
        sheets
            .iter()
            .filter(|sheet| !visible_only || sheet.visible == SheetVisible::Visible)
            .map(|sheet| sheet.name.clone())
            .collect()
    };
    let shown = names(true);
    if shown.is_empty() {
        names(false)
    } else {
        shown
    }
}
