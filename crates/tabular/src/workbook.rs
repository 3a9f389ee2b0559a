//! Workbooks of the usual spreadsheet programs.
//!
//! The one thing to know: what a file will take is measured before the library
//! may open it, because a few kilobytes can unpack to gigabytes, claim millions
//! of cells, or lead in circles.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Ods, OdsError, Reader, SheetVisible, Xls, XlsError, Xlsx, XlsxError};

use crate::{Limits, ReadError, Sheet, Table, TableBuilder, WorkbookKind, biff, compound};

/// The most parts a packed workbook may have.
const MOST_PARTS: usize = 5_000;

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

/// Unpacks every part into nothing and refuses what is too much.
fn measure(bytes: &[u8], kind: WorkbookKind, limits: &Limits) -> Result<(), ReadError> {
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
            if cells.found > most_cells(limits) {
                return Err(ReadError::SheetTooLarge);
            }
            unpacked
        } else if kind == WorkbookKind::Ods && is_content {
            let mut counted = Counted {
                inner: &mut part,
                bytes: 0,
            };
            check_repeats(std::io::BufReader::new(&mut counted), limits)?;
            counted.bytes
        } else {
            std::io::copy(&mut part, &mut std::io::sink()).map_err(|_| ReadError::Damaged)?
        };
        left = left.checked_sub(unpacked).ok_or_else(too_large)?;
    }
    Ok(())
}

/// Rows and cells that a packed workbook may have, empty ones too: one that says anything takes 16 bytes and more.
fn most_cells(limits: &Limits) -> u64 {
    limits.unpacked_bytes / 16
}

/// Counts the rows and cells of sheets, empty ones too: four bytes each, and the library looks at every one.
#[derive(Default)]
struct CellCounter {
    found: u64,
    /// The name of the element at hand, without its prefix; `None` outside of one's name.
    name: Option<Vec<u8>>,
}

impl std::io::Write for CellCounter {
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

/// Counts what is read.
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

/// Refuses an `OpenDocument` sheet whose cells lie too far apart or are repeated
/// beyond the limits: a repeat count is one attribute, the cells it stands for
/// are not, and the library makes a full rectangle of them. Refuses one that
/// breaks off, too.
fn check_repeats(content: impl std::io::BufRead, limits: &Limits) -> Result<(), ReadError> {
    use quick_xml::events::{BytesStart, Event};
    let mut reader = quick_xml::Reader::from_reader(content);
    // The library waits for the end of a table even beyond the end of the part.
    let mut depth = 0u32;
    let mut buffer = Vec::new();
    let repeats = |element: &BytesStart<'_>, name: &str| -> u64 {
        element
            .attributes()
            .filter_map(Result::ok)
            .find(|attribute| attribute.key.as_ref() == name)
            .and_then(|attribute| attribute.value.trim().parse().ok())
            .unwrap_or(1)
    };
    let mut extent = Extent::default();
    let mut elements = 0u64;
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|_| ReadError::Damaged)?;
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof if depth > 0 => return Err(ReadError::Damaged),
            _ => {}
        }
        match &event {
            Event::Start(element) | Event::Empty(element) => match element.name().as_ref() {
                "table:table" => extent.next_sheet(),
                "table:table-row" => {
                    elements += 1;
                    extent.next_row(repeats(element, "table:number-rows-repeated"));
                }
                "table:table-cell" | "table:covered-table-cell" => {
                    elements += 1;
                    if elements > most_cells(limits) {
                        return Err(ReadError::SheetTooLarge);
                    }
                    extent.next_cell(repeats(element, "table:number-columns-repeated"));
                    let has_value = element
                        .attributes()
                        .filter_map(Result::ok)
                        .any(|attribute| {
                            let name = attribute.key.as_ref();
                            name.starts_with("office:") || name == "table:formula"
                        });
                    if has_value {
                        extent.fill(limits)?;
                    }
                }
                _ => {}
            },
            Event::Text(text) if !text.as_ref().trim().is_empty() => extent.fill(limits)?,
            Event::CData(_) | Event::GeneralRef(_) => extent.fill(limits)?,
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The rectangles of the sheets while they are read.
#[derive(Default)]
struct Extent {
    /// Cells of the sheets before this one.
    cells: u64,
    /// Rows of this sheet, the one at hand included.
    rows: u64,
    /// Columns of the row at hand, the cell at hand included.
    columns: u64,
    /// Rows and columns down and across to the last filled cell.
    filled: (u64, u64),
}

impl Extent {
    fn next_sheet(&mut self) {
        self.cells = self
            .cells
            .saturating_add(self.filled.0.saturating_mul(self.filled.1));
        (self.rows, self.columns, self.filled) = (0, 0, (0, 0));
    }

    fn next_row(&mut self, repeats: u64) {
        self.rows = self.rows.saturating_add(repeats);
        self.columns = 0;
    }

    fn next_cell(&mut self, repeats: u64) {
        self.columns = self.columns.saturating_add(repeats);
    }

    /// The cell at hand has something in it.
    fn fill(&mut self, limits: &Limits) -> Result<(), ReadError> {
        if self.rows == 0 || self.columns == 0 {
            return Ok(());
        }
        if self.rows > u64::from(limits.rows) {
            return Err(ReadError::TooManyRows(limits.rows));
        }
        if self.columns > limits.columns as u64 {
            return Err(ReadError::TooManyColumns {
                row: self.rows as u32,
                limit: limits.columns,
            });
        }
        self.filled = (self.rows, self.filled.1.max(self.columns));
        if self.cells.saturating_add(self.filled.0 * self.filled.1) > biff::MOST_CELLS {
            return Err(ReadError::SheetTooLarge);
        }
        Ok(())
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
        for element in ["<c/>", "<row/>", "<x:c/>"] {
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
