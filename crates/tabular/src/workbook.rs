//! Workbooks of the usual spreadsheet programs.
//!
//! What a file will take is measured before the library may open it (see
//! [`super::packed`]), because a few kilobytes can unpack to gigabytes, claim
//! millions of cells, or lead in circles.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Ods, OdsError, Reader, SheetVisible, Xls, XlsError, Xlsx, XlsxError};

use super::packed::measure;
use crate::{Limits, ReadError, Sheet, Table, TableBuilder, WorkbookKind, biff, compound};

/// Tells the packed kinds apart by the parts inside.
pub(super) fn zipped_kind(bytes: &[u8]) -> Result<WorkbookKind, ReadError> {
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

/// Reads every visible sheet with rows.
pub(super) fn read(
    bytes: &[u8],
    kind: WorkbookKind,
    limits: &Limits,
) -> Result<Vec<Sheet>, ReadError> {
    if kind == WorkbookKind::Xls {
        biff::check(&compound::workbook_stream(bytes)?, limits)?;
    } else {
        measure(bytes, kind, limits)?;
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

/// Puts cells that arrive by position into rows.
struct RowWriter {
    builder: TableBuilder,
    limits: Limits,
    row: u32,
}

impl RowWriter {
    fn new(limits: &Limits, serial_offset: u32) -> Self {
        let mut builder = TableBuilder::new(limits);
        builder.set_serial_offset(serial_offset);
        Self {
            builder,
            limits: *limits,
            row: 0,
        }
    }

    fn put(&mut self, row: u32, column: u32, text: &str) -> Result<(), ReadError> {
        if text.is_empty() {
            return Ok(());
        }
        if row >= self.limits.rows {
            return Err(ReadError::TooManyRows(self.limits.rows));
        }
        if column as usize >= self.limits.columns {
            return Err(ReadError::TooManyColumns {
                row: row + 1,
                limit: self.limits.columns,
            });
        }
        // Rows come in order; one that does not is the mark of a forged file.
        if row < self.row {
            return Err(ReadError::Damaged);
        }
        if row > self.row {
            self.builder.end_row()?;
            self.builder.skip_rows(row - self.row - 1);
            self.row = row;
        }
        while self.builder.row_len() < column as usize {
            self.builder.push("")?;
        }
        self.builder.push(text)
    }

    fn finish(mut self) -> Result<Option<Table>, ReadError> {
        self.builder.end_row()?;
        match self.builder.finish() {
            Ok(table) => Ok(Some(table)),
            Err(ReadError::Empty) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

/// A cell as text: dates as yyyy-mm-dd, whole numbers without a point.
fn as_text(value: &Data, serial_offset: u32) -> std::borrow::Cow<'_, str> {
    use std::borrow::Cow;
    match value {
        Data::String(text) | Data::DurationIso(text) => Cow::Borrowed(text),
        // "2015-09-01T00:00:00": a date has no time of day.
        Data::DateTimeIso(text) => Cow::Borrowed(text.split('T').next().unwrap_or(text)),
        Data::Int(number) => Cow::Owned(number.to_string()),
        Data::Float(number) => Cow::Owned(number_text(*number)),
        Data::Bool(true) => Cow::Borrowed("TRUE"),
        Data::Bool(false) => Cow::Borrowed("FALSE"),
        Data::DateTime(moment) => Cow::Owned(
            date_of_serial(moment.as_f64() + f64::from(serial_offset))
                .map_or_else(|| number_text(moment.as_f64()), |date| date.to_string()),
        ),
        Data::Error(error) => Cow::Owned(error.to_string()),
        Data::Empty => Cow::Borrowed(""),
    }
}

/// A number without an exponent and without a needless fraction.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

/// The date of a serial number: days since 30 December 1899.
fn date_of_serial(serial: f64) -> Option<chrono::NaiveDate> {
    if !(1.0..100_000.0).contains(&serial) {
        return None;
    }
    chrono::NaiveDate::from_ymd_opt(1899, 12, 30)?
        .checked_add_days(chrono::Days::new(serial as u64))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::packed::most_cells;
    use super::*;

    fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn opendocument(rows: &str) -> Vec<u8> {
        opendocument_file(&opendocument_content(rows))
    }

    fn opendocument_content(rows: &str) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
             xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\">\
             <office:body><office:spreadsheet><table:table table:name=\"Sheet1\">{rows}</table:table></office:spreadsheet></office:body>\
             </office:document-content>"
        )
        .into_bytes()
    }

    fn opendocument_file(content: &[u8]) -> Vec<u8> {
        zipped(&[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("content.xml", content),
            ("META-INF/manifest.xml", b"<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"></manifest:manifest>"),
        ])
    }

    fn refused(bytes: &[u8], limits: &Limits) -> ReadError {
        crate::read_sheets(bytes, limits).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_zip_bomb_is_refused_before_it_unpacks() {
        let noughts = vec![0u8; 8 << 20];
        let bomb = zipped(&[
            ("xl/workbook.xml", b"<workbook/>"),
            ("xl/sharedStrings.xml", &noughts),
        ]);
        assert!(bomb.len() < 20_000, "the bomb is no bomb");
        let limits = Limits {
            unpacked_bytes: 1 << 20,
            ..Limits::UPLOAD
        };
        assert_eq!(refused(&bomb, &limits), ReadError::UnpacksTooLarge(1));
    }

    #[test]
    fn shared_texts_that_claim_to_be_a_trillion_do_not_end_the_process() {
        let texts = |head: &str| {
            zipped(&[
                ("xl/workbook.xml", b"<workbook/>"),
                (
                    "xl/SharedStrings.xml",
                    format!("{head}<si><t>x</t></si></sst>").as_bytes(),
                ),
            ])
        };
        for head in [
            "<sst uniqueCount=\"1000000000000\">",
            "<sst count='1' a='>' uniqueCount = '99999999999999999999'>",
            "<a/><x:sst uniqueCount=\"4194305\">",
        ] {
            assert_eq!(
                refused(&texts(head), &Limits::UPLOAD),
                ReadError::SheetTooLarge,
                "{head}"
            );
        }
        assert_ne!(
            refused(&texts("<sst uniqueCount=\"1000\">"), &Limits::UPLOAD),
            ReadError::SheetTooLarge
        );
    }

    #[test]
    fn a_sheet_of_nothing_but_empty_cells_is_refused_before_it_is_read() {
        let empty = |element: &str, count: usize| {
            let cells = element.repeat(count);
            zipped(&[
                ("xl/workbook.xml", b"<workbook/>"),
                (
                    "xl/worksheets/sheet1.xml",
                    format!("<worksheet><sheetData><row>{cells}</row></sheetData></worksheet>")
                        .as_bytes(),
                ),
            ])
        };
        let most = most_cells(&Limits::UPLOAD) as usize;
        for element in [
            "<c/>",
            "<row/>",
            "<x:c/>",
            "<si/>",
            "<a/><b/><d/>",
            "&amp;&lt;&gt;",
        ] {
            assert_eq!(
                refused(&empty(element, most + 1), &Limits::UPLOAD),
                ReadError::SheetTooLarge,
                "{element}"
            );
        }
        // Fewer are no reason: here only the rest of the workbook is missing.
        assert_ne!(
            refused(&empty("<c/>", 1_000), &Limits::UPLOAD),
            ReadError::SheetTooLarge
        );
    }

    #[test]
    fn other_packed_files_are_told_apart() {
        assert_eq!(
            refused(&zipped(&[("a.txt", b"x")]), &Limits::UPLOAD),
            ReadError::NotATable("a packed (ZIP) file")
        );
        let document = zipped(&[("word/document.xml", b"<x/>")]);
        assert_eq!(
            refused(&document, &Limits::UPLOAD),
            ReadError::NotATable("a word-processor document")
        );
    }

    #[test]
    fn an_opendocument_sheet_is_read_with_its_repeats() {
        let cell = |text: &str| {
            format!(
                "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
            )
        };
        let row = |cells: &str| format!("<table:table-row>{cells}</table:table-row>");
        let blank = "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
        let bytes = opendocument(&format!(
            "{}{}{blank}",
            row(&(cell("Name") + &cell("Sex"))),
            row(&(cell("Jo") + &cell("F")))
        ));
        let sheets = crate::read_sheets(&bytes, &Limits::UPLOAD).unwrap();
        assert_eq!(sheets.len(), 1);
        assert_eq!(
            sheets[0].table.row(1).cells().collect::<Vec<_>>(),
            ["Jo", "F"]
        );
    }

    #[test]
    fn filled_cells_repeated_a_million_times_are_refused() {
        let text = "<text:p>x</text:p></table:table-cell></table:table-row>";
        let rows = format!(
            "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell office:value-type=\"string\">{text}"
        );
        assert_eq!(
            refused(&opendocument(&rows), &Limits::UPLOAD),
            ReadError::TooManyRows(150_000)
        );
        let columns = format!(
            "<table:table-row><table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"16000\">{text}"
        );
        assert!(matches!(
            refused(&opendocument(&columns), &Limits::UPLOAD),
            ReadError::TooManyColumns { .. }
        ));
    }

    #[test]
    fn an_opendocument_sheet_that_breaks_off_does_not_hang() {
        for rows in [
            "<table:table-row>",
            "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>x",
            "</table:table><table:table table:name=\"Sheet2\"><table:table-row>",
        ] {
            let whole = String::from_utf8(opendocument_content(rows)).unwrap();
            let cut = whole
                .split("</table:table></office:spreadsheet>")
                .next()
                .unwrap();
            let bytes = opendocument_file(cut.as_bytes());
            assert_eq!(
                refused(&bytes, &Limits::UPLOAD),
                ReadError::Damaged,
                "{rows}"
            );
        }
    }

    #[test]
    fn opendocument_cells_far_apart_are_refused_whether_they_hold_text_or_numbers() {
        let blank = "<table:table-row table:number-rows-repeated=\"149000\"><table:table-cell/></table:table-row>";
        let number = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";
        let wide = "<table:table-cell table:number-columns-repeated=\"400\"/>";
        let rows = format!(
            "<table:table-row>{number}</table:table-row>{blank}<table:table-row>{wide}{number}</table:table-row>"
        );
        assert_eq!(
            refused(&opendocument(&rows), &Limits::UPLOAD),
            ReadError::SheetTooLarge
        );
        let far = "<table:table-cell table:number-columns-repeated=\"16000\"/>";
        let rows = format!("<table:table-row>{far}{number}</table:table-row>");
        assert!(matches!(
            refused(&opendocument(&rows), &Limits::UPLOAD),
            ReadError::TooManyColumns { row: 1, .. }
        ));
    }

    #[test]
    fn a_cell_in_the_far_corner_takes_no_memory() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_string(0, 0, "Name").unwrap();
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        assert_eq!(
            refused(&bytes, &Limits::UPLOAD),
            ReadError::TooManyRows(150_000)
        );
    }
}
