//! Builds a table from cells that arrive by position.

use crate::{Limits, ReadError, Table, TableBuilder};

/// Builds a table from cells that arrive by position, row after row.
pub(super) struct RowWriter {
    builder: TableBuilder,
    limits: Limits,
    row: u32,
}

impl RowWriter {
    pub(super) fn new(limits: &Limits, serial_offset: u32) -> Self {
        let mut builder = TableBuilder::new(limits);
        builder.set_serial_offset(serial_offset);
        Self {
            builder,
            limits: *limits,
            row: 0,
        }
    }

    pub(super) fn put(&mut self, row: u32, column: u32, text: &str) -> Result<(), ReadError> {
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

    pub(super) fn finish(mut self) -> Result<Option<Table>, ReadError> {
        self.builder.end_row()?;
        match self.builder.finish() {
            Ok(table) => Ok(Some(table)),
            Err(ReadError::Empty) => Ok(None),
            Err(other) => Err(other),
        }
    }
}
