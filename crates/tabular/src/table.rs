//! A table of cells, kept compactly.

use crate::{Limits, ReadError};

/// Rows of text cells. Blank rows are not kept, but their numbers are passed
/// over, so that [`Row::number`] is what a spreadsheet shows.
///
/// All text stands in one string with the ends of the cells beside it: 100,000
/// rows of 30 columns take their text and 12 MB.
#[derive(Debug, Default)]
pub struct Table {
    text: String,
    /// End of each cell in `text`.
    ends: Vec<u32>,
    rows: Vec<RowSpan>,
    blank_rows: u32,
    serial_offset: u32,
    /// The sheets a table was put together from: first position and name.
    sheets: Vec<(usize, String)>,
}

#[derive(Debug, Clone, Copy)]
struct RowSpan {
    number: u32,
    /// Index of the row's first cell in `ends`.
    first: u32,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table,
    index: usize,
}

impl Table {
    /// How many rows are not blank.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row with anything in it.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many blank rows were passed over.
    pub fn blank_rows(&self) -> u32 {
        self.blank_rows
    }

    /// The row at a position, blank rows not counted.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, index: usize) -> Row<'_> {
        assert!(index < self.rows.len(), "no row at position {index}");
        Row { table: self, index }
    }

    /// The rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|index| Row { table: self, index })
    }

    /// Days to add to a serial number of this file's spreadsheet program, whose
    /// day 0 is not always 30 December 1899: 1,462 in the 1904 date system.
    pub fn serial_offset(&self) -> u32 {
        self.serial_offset
    }

    /// The name of the sheet a row came from, when the table was put together
    /// from several.
    pub fn sheet_of(&self, index: usize) -> Option<&str> {
        let after = self.sheets.partition_point(|(first, _)| *first <= index);
        let (_, name) = self.sheets.get(after.checked_sub(1)?)?;
        Some(name)
    }

    /// The sheets the table was put together from, each with the numbers of its
    /// first and last row here; empty when there is only one.
    pub fn sheets(&self) -> impl Iterator<Item = (&str, u32, u32)> {
        self.sheets
            .iter()
            .enumerate()
            .map(|(place, (first, name))| {
                let end = self
                    .sheets
                    .get(place + 1)
                    .map_or(self.rows.len(), |(next, _)| *next);
                (
                    name.as_str(),
                    self.rows[*first].number,
                    self.rows[end - 1].number,
                )
            })
    }

    /// Puts tables under one another, the rows numbered on.
    pub fn stacked(tables: Vec<(String, Self)>, limits: &Limits) -> Result<Self, ReadError> {
        let mut builder = TableBuilder::new(limits);
        let mut sheets = Vec::with_capacity(tables.len());
        let mut serial_offset = 0;
        for (name, table) in tables {
            let above = builder.row_number();
            sheets.push((builder.table.rows.len(), name));
            serial_offset = serial_offset.max(table.serial_offset);
            for row in table.rows() {
                builder.skip_rows(above + row.number() - 1 - builder.row_number());
                for cell in row.cells() {
                    builder.push(cell)?;
                }
                builder.end_row()?;
            }
        }
        let mut table = builder.finish()?;
        table.serial_offset = serial_offset;
        table.sheets = sheets;
        Ok(table)
    }

    /// The number of columns of the widest row.
    pub fn width(&self) -> usize {
        self.rows().map(Row::len).max().unwrap_or(0)
    }
}

impl<'t> Row<'t> {
    /// The number a spreadsheet shows beside the row, from 1.
    pub fn number(self) -> u32 {
        self.table.rows[self.index].number
    }

    /// The position in the table, blank rows not counted.
    pub fn index(self) -> usize {
        self.index
    }

    fn cells_range(self) -> std::ops::Range<usize> {
        let first = self.table.rows[self.index].first as usize;
        let end = self
            .table
            .rows
            .get(self.index + 1)
            .map_or(self.table.ends.len(), |next| next.first as usize);
        first..end
    }

    /// How many cells the row has.
    pub fn len(self) -> usize {
        self.cells_range().len()
    }

    /// Whether the row has no cells.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The text of a cell as it came; empty beyond the end of the row.
    pub fn cell(self, column: usize) -> &'t str {
        let range = self.cells_range();
        let position = range.start + column;
        if position >= range.end {
            return "";
        }
        let start = if position == 0 {
            0
        } else {
            self.table.ends[position - 1] as usize
        };
        &self.table.text[start..self.table.ends[position] as usize]
    }

    /// The cells in order.
    pub fn cells(self) -> impl Iterator<Item = &'t str> {
        (0..self.len()).map(move |column| self.cell(column))
    }
}

/// Shows the row's number and no cell.
impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({})", self.number())
    }
}

/// Builds a table cell by cell, within limits.
pub struct TableBuilder {
    table: Table,
    limits: Limits,
    number: u32,
    row_start: usize,
    text_start: usize,
    filled: usize,
}

impl TableBuilder {
    /// An empty table.
    pub fn new(limits: &Limits) -> Self {
        Self {
            table: Table::default(),
            limits: *limits,
            number: 0,
            row_start: 0,
            text_start: 0,
            filled: 0,
        }
    }

    /// A table that begins with a row of headings numbered 0, for sources that
    /// have records and no heading row of their own.
    pub fn headed(
        limits: &Limits,
        headings: impl Iterator<Item = String>,
    ) -> Result<Self, ReadError> {
        let mut builder = Self::new(limits);
        for heading in headings {
            builder.push(&heading)?;
        }
        builder.end_row()?;
        if let Some(row) = builder.table.rows.first_mut() {
            row.number = 0;
        }
        builder.number = 0;
        Ok(builder)
    }

    /// Sets the day from which serial numbers count, see
    /// [`Table::serial_offset`].
    pub fn set_serial_offset(&mut self, days: u32) {
        self.table.serial_offset = days;
    }

    /// Adds a cell to the current row.
    pub fn push(&mut self, cell: &str) -> Result<(), ReadError> {
        if cell.len() > self.limits.cell_bytes {
            return Err(ReadError::CellTooLong {
                row: self.number + 1,
                limit: self.limits.cell_bytes,
            });
        }
        // Empty cells beyond the limit are what a spreadsheet leaves behind a
        // formatted row; only a filled one makes the table too wide.
        if self.table.ends.len() - self.row_start >= self.limits.columns {
            return if cell.trim().is_empty() {
                Ok(())
            } else {
                Err(ReadError::TooManyColumns {
                    row: self.number + 1,
                    limit: self.limits.columns,
                })
            };
        }
        if (self.table.text.len() + cell.len()) as u64 > self.limits.unpacked_bytes {
            return Err(ReadError::UnpacksTooLarge(self.limits.unpacked_bytes >> 20));
        }
        self.table.text.push_str(cell);
        let end = u32::try_from(self.table.text.len())
            .map_err(|_| ReadError::UnpacksTooLarge(u64::from(u32::MAX) >> 20))?;
        self.table.ends.push(end);
        if !cell.trim().is_empty() {
            self.filled = self.table.ends.len() - self.row_start;
        }
        Ok(())
    }

    /// How many cells the current row has.
    pub fn row_len(&self) -> usize {
        self.table.ends.len() - self.row_start
    }

    /// Ends the current row. A row without a filled cell is counted, not kept.
    pub fn end_row(&mut self) -> Result<(), ReadError> {
        self.number += 1;
        if self.filled == 0 {
            self.table.ends.truncate(self.row_start);
            self.table.text.truncate(self.text_start);
            self.table.blank_rows += 1;
        } else {
            if self.number > self.limits.rows {
                return Err(ReadError::TooManyRows(self.limits.rows));
            }
            self.table.ends.truncate(self.row_start + self.filled);
            self.table
                .text
                .truncate(self.table.ends.last().map_or(0, |end| *end as usize));
            self.table.rows.push(RowSpan {
                number: self.number,
                first: self.row_start as u32,
            });
        }
        self.row_start = self.table.ends.len();
        self.text_start = self.table.text.len();
        self.filled = 0;
        Ok(())
    }

    /// Passes over blank rows.
    pub fn skip_rows(&mut self, count: u32) {
        self.number = self.number.saturating_add(count);
        self.table.blank_rows = self.table.blank_rows.saturating_add(count);
    }

    /// The number of the row last ended.
    pub fn row_number(&self) -> u32 {
        self.number
    }

    /// The table.
    pub fn finish(self) -> Result<Table, ReadError> {
        if self.table.rows.is_empty() {
            Err(ReadError::Empty)
        } else {
            Ok(self.table)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_under_one_another_are_numbered_on() {
        let table = |rows: &[&str]| {
            let mut builder = TableBuilder::new(&Limits::UPLOAD);
            for cell in rows {
                builder.push(cell).unwrap();
                builder.end_row().unwrap();
            }
            builder.finish().unwrap()
        };
        let both = Table::stacked(
            vec![
                ("6A".to_owned(), table(&["Name", "", "Ann"])),
                ("6B".to_owned(), table(&["", "Name", "Bo"])),
            ],
            &Limits::UPLOAD,
        )
        .unwrap();
        assert_eq!(
            both.rows().map(Row::number).collect::<Vec<_>>(),
            [1, 3, 5, 6]
        );
        assert_eq!(
            both.sheets().collect::<Vec<_>>(),
            [("6A", 1, 3), ("6B", 5, 6)]
        );
        assert_eq!(both.sheet_of(2), Some("6B"));
        assert_eq!(both.row(3).cell(0), "Bo");
    }

    #[test]
    fn rows_keep_the_number_a_spreadsheet_shows() {
        let mut builder = TableBuilder::new(&Limits::UPLOAD);
        for row in [&["a", "b"][..], &["", " "], &["c", "", "d", ""]] {
            for cell in row {
                builder.push(cell).unwrap();
            }
            builder.end_row().unwrap();
        }
        let table = builder.finish().unwrap();
        assert_eq!(table.rows().map(Row::number).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(table.row(1).cells().collect::<Vec<_>>(), ["c", "", "d"]);
        assert_eq!(table.row(0).cell(7), "");
        assert_eq!((table.width(), table.blank_rows()), (3, 1));
    }
}
