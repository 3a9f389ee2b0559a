//! Measures the sheets of an `OpenDocument` workbook.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::limits::MOST_CELLS;
use crate::{Limits, ReadError};

/// Refuses a sheet whose cells lie too far apart or are repeated beyond the limits, and a document
/// that breaks off.
///
/// A repeat count is one attribute, but the library makes a full rectangle of the cells it stands
/// for.
pub(super) fn check_repeats(content: impl BufRead, limits: &Limits) -> Result<(), ReadError> {
    let mut reader = Reader::from_reader(content);
    // The library waits for the end of a table even beyond the end of the part.
    let mut depth = 0u32;
    let mut buffer = Vec::new();
    let mut extent = Extent::default();
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
            if markup > limits.workbook_markup() {
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
            Event::Start(element) | Event::Empty(element) => extent.element(element, limits)?,
            Event::Text(text) if !text.as_ref().trim().is_empty() => extent.fill(limits)?,
            Event::CData(_) | Event::GeneralRef(_) => extent.fill(limits)?,
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// How often an element stands for itself, by the attribute `name`.
fn repeats(element: &BytesStart<'_>, name: &str) -> u64 {
    element
        .attributes()
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.as_ref() == name)
        .and_then(|attribute| attribute.value.trim().parse().ok())
        .unwrap_or(1)
}

/// Whether a cell has a value or a formula in its attributes.
fn has_value(cell: &BytesStart<'_>) -> bool {
    cell.attributes().filter_map(Result::ok).any(|attribute| {
        let name = attribute.key.as_ref();
        name.starts_with("office:") || name == "table:formula"
    })
}

/// The rectangles of the sheets while they are read.
#[derive(Default)]
struct Extent {
    /// Rows and cells of all sheets, repeats not counted.
    elements: u64,
    /// Cells of the sheets before this one.
    cells: u64,
    /// Rows of this sheet, the current one included.
    rows: u64,
    /// Columns of the current row, the current cell included.
    columns: u64,
    /// Rows and columns down and across to the last filled cell.
    filled: (u64, u64),
}

impl Extent {
    /// Follows the start of a sheet, a row or a cell.
    fn element(&mut self, element: &BytesStart<'_>, limits: &Limits) -> Result<(), ReadError> {
        match element.name().as_ref() {
            "table:table" => self.next_sheet(),
            "table:table-row" => {
                self.elements += 1;
                self.next_row(repeats(element, "table:number-rows-repeated"));
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.elements += 1;
                if self.elements > limits.workbook_cells() {
                    return Err(ReadError::SheetTooLarge);
                }
                self.next_cell(repeats(element, "table:number-columns-repeated"));
                if has_value(element) {
                    self.fill(limits)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

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

    /// Notes that the current cell has a value.
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
        if self.cells.saturating_add(self.filled.0 * self.filled.1) > MOST_CELLS {
            return Err(ReadError::SheetTooLarge);
        }
        Ok(())
    }
}
