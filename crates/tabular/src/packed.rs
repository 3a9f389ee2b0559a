//! What a packed workbook will take, measured before the library opens it.

use std::io::{Cursor, Read};

use crate::{Limits, ReadError, WorkbookKind, biff};

/// The most parts a packed workbook may have.
const MOST_PARTS: usize = 5_000;

/// Unpacks every part into nothing and refuses what is too much.
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
            check_repeats(std::io::BufReader::new(&mut counted), limits)?;
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

/// Rows, cells and shared texts that a packed workbook may have, empty ones too: one that says anything takes 32 bytes
/// and more.
pub(super) fn most_cells(limits: &Limits) -> u64 {
    limits.unpacked_bytes / 32
}

/// Pieces of markup that a packed workbook may have: the library stops at each.
pub(super) fn most_markup(limits: &Limits) -> u64 {
    limits.unpacked_bytes / 16
}

/// Counts what the library will stop at, while a part is unpacked: rows, cells and shared texts, four bytes each at
/// least, and markup of any other kind. Writing fails as soon as it is too much.
struct MarkupCounter {
    cells: u64,
    markup: u64,
    most_cells: u64,
    most_markup: u64,
    /// The beginning of the element's name at hand, without its prefix, and its length; `None` outside of a name.
    name: Option<([u8; 4], usize)>,
}

impl MarkupCounter {
    fn new(limits: &Limits) -> Self {
        Self {
            cells: 0,
            markup: 0,
            most_cells: most_cells(limits),
            most_markup: most_markup(limits),
            name: None,
        }
    }

    fn is_over(&self) -> bool {
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

impl std::io::Write for MarkupCounter {
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

/// How far into the shared texts their number must stand.
const SHARED_HEAD_BYTES: u64 = 64 << 10;

/// Refuses shared texts that claim to be more than can be: the library makes room for as many as it is told, and a
/// process that asks for room which no machine has ends there and then.
fn check_shared_texts(part: impl Read, limits: &Limits) -> Result<(), ReadError> {
    use quick_xml::events::Event;
    let head = std::io::BufReader::new(part.take(SHARED_HEAD_BYTES));
    let mut reader = quick_xml::Reader::from_reader(head);
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element))
                if element.local_name().as_ref() == "sst" =>
            {
                let claims = |attribute: &quick_xml::events::attributes::Attribute<'_>| {
                    let digits = attribute.value.bytes().filter(u8::is_ascii_digit);
                    // Beyond 18 digits it is too many, whatever it is.
                    digits
                        .take(18)
                        .fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'))
                };
                let most = element
                    .attributes()
                    .with_checks(false)
                    .filter_map(Result::ok)
                    .filter(|attribute| attribute.key.as_ref() == "uniqueCount")
                    .map(|attribute| claims(&attribute))
                    .max();
                return match most {
                    Some(most) if most > most_cells(limits) => Err(ReadError::SheetTooLarge),
                    _ => Ok(()),
                };
            }
            Ok(Event::Eof) | Err(_) => return Err(ReadError::Damaged),
            Ok(_) => {}
        }
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
    let mut markup = 0u64;
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|_| ReadError::Damaged)?;
        if matches!(
            event,
            Event::Start(_) | Event::Empty(_) | Event::GeneralRef(_)
        ) {
            markup += 1;
            if markup > most_markup(limits) {
                return Err(ReadError::SheetTooLarge);
            }
        }
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
