//! The records of the older binary workbook ([MS-XLS]), as far as they can do harm.
//!
//! The library reads every sheet into a full rectangle of cells and every formula into text, as
//! large as the file claims. This module adds up beforehand, record by record, how much memory that
//! takes, and refuses a file that would take too much before the library opens it.

use std::ops::RangeInclusive;

use crate::compound::{u16_at, u32_at};
use crate::limits::MOST_CELLS;
use crate::{Limits, ReadError};

/// The most sheets.
const MOST_SHEETS: usize = 1_000;
/// The most records that continue one record: 40 MB of shared strings.
const MOST_CONTINUED: usize = 5_000;
/// The longest record of a formula; the format allows 1,800 bytes of tokens.
const LONGEST_FORMULA: usize = 2_200;

const FORMULA: u16 = 0x0006;
const END: u16 = 0x000a;
const NAME: u16 = 0x0018;
const CONTINUE: u16 = 0x003c;
const SHEET: u16 = 0x0085;
const MANY_NUMBERS: u16 = 0x00bd;
const RICH_TEXT: u16 = 0x00d6;
const SHARED_STRINGS: u16 = 0x00fc;
const SHARED_TEXT: u16 = 0x00fd;
const DIMENSIONS: u16 = 0x0200;
const NUMBER: u16 = 0x0203;
const TEXT: u16 = 0x0204;
const LOGICAL: u16 = 0x0205;
const FORMULA_TEXT: u16 = 0x0207;
const SHORT_NUMBER: u16 = 0x027e;
const FORMAT: u16 = 0x041e;
const BEGIN: u16 = 0x0809;

/// One record with those that continue it.
struct Record<'s> {
    kind: u16,
    data: &'s [u8],
    continued: Vec<&'s [u8]>,
}

/// Takes the next record off the stream; `None` at its end.
fn next_record<'s>(stream: &mut &'s [u8]) -> Result<Option<Record<'s>>, ReadError> {
    let Some((kind, data)) = take(stream) else {
        return Ok(None);
    };
    let mut continued = Vec::new();
    while stream.len() > 4 && u16_at(stream, 0) == CONTINUE {
        let (_, data) = take(stream).ok_or(ReadError::Damaged)?;
        continued.push(data);
        if continued.len() > MOST_CONTINUED {
            return Err(ReadError::Damaged);
        }
    }
    Ok(Some(Record {
        kind,
        data,
        continued,
    }))
}

fn take<'s>(stream: &mut &'s [u8]) -> Option<(u16, &'s [u8])> {
    let length = usize::from(u16_at(stream.get(..4)?, 2));
    let data = stream.get(4..4 + length)?;
    let kind = u16_at(stream, 0);
    *stream = &stream[4 + length..];
    Some((kind, data))
}

/// What a workbook would take.
#[derive(Default)]
struct Demand {
    /// Cells of the rectangles.
    cells: u64,
    /// Characters in cells.
    text: u64,
    /// Bytes of formula tokens.
    tokens: u64,
    /// The longest name a formula may repeat.
    longest_name: u64,
    /// The length of each shared string, in characters.
    strings: Vec<u16>,
}

/// Refuses a workbook that would take more than the limits allow.
pub(super) fn check(stream: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let mut demand = Demand {
        longest_name: 31,
        ..Demand::default()
    };
    let mut sheets = Vec::new();
    let mut rest = stream;
    while let Some(record) = next_record(&mut rest)? {
        match record.kind {
            SHEET => sheets.push(u32_at(record.data, 0) as usize),
            SHARED_STRINGS => demand.strings = shared_strings(&record)?,
            NAME => {
                let length = record.data.get(3).copied().unwrap_or(0);
                demand.longest_name = demand.longest_name.max(u64::from(length));
            }
            FORMAT => fits_its_record(record.data, 2)?,
            END => break,
            _ => {}
        }
        if sheets.len() > MOST_SHEETS {
            return Err(ReadError::SheetTooLarge);
        }
    }
    let mut walked = 0;
    for place in sheets {
        let mut rest = stream.get(place..).ok_or(ReadError::Damaged)?;
        let all = rest.len();
        check_sheet(&mut rest, &mut demand, limits)?;
        walked += all - rest.len();
        // Sheets that share their records: each would be read anew.
        if walked > 2 * stream.len() {
            return Err(ReadError::Damaged);
        }
    }
    Ok(())
}

fn check_sheet(stream: &mut &[u8], demand: &mut Demand, limits: &Limits) -> Result<(), ReadError> {
    let (mut begun, mut depth) = (false, 0usize);
    let mut filled = Rectangle::default();
    while let Some(record) = next_record(stream)? {
        if depth > 0 {
            match record.kind {
                BEGIN => depth += 1,
                END => depth -= 1,
                _ => {}
            }
            continue;
        }
        match record.kind {
            BEGIN if begun => depth += 1,
            BEGIN => begun = true,
            END => break,
            _ => demand.add(&record)?,
        }
        demand.check_text(limits)?;
        if let Some((row, columns)) = cells_of(&record) {
            filled.include(row, columns);
            if demand.cells + filled.cells() > MOST_CELLS {
                return Err(ReadError::SheetTooLarge);
            }
        }
    }
    demand.cells += filled.cells();
    Ok(())
}

impl Demand {
    /// Adds what one record of a sheet takes, and refuses a record that lies about its length.
    fn add(&mut self, record: &Record<'_>) -> Result<(), ReadError> {
        let data = record.data;
        match record.kind {
            DIMENSIONS if claimed(data) > MOST_CELLS => Err(ReadError::SheetTooLarge),
            TEXT | RICH_TEXT => fits_its_record(data, 6),
            FORMULA_TEXT => fits_its_record(data, 0),
            SHARED_TEXT => {
                let string = self.strings.get(u32_at(data, 6) as usize);
                self.text += u64::from(string.copied().unwrap_or(0));
                Ok(())
            }
            FORMULA if data.len() > LONGEST_FORMULA => Err(ReadError::Damaged),
            FORMULA => {
                self.tokens += data.len() as u64;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refuses more text than the limits allow.
    fn check_text(&self, limits: &Limits) -> Result<(), ReadError> {
        // A token of five bytes may stand for a whole name.
        let formulas = self.tokens.saturating_mul(self.longest_name) / 5;
        if self.text.max(formulas) > limits.unpacked_bytes {
            return Err(ReadError::UnpacksTooLarge(limits.unpacked_bytes >> 20));
        }
        Ok(())
    }
}

/// The row and the columns of the cells in a record; `None` for records without cells.
fn cells_of(record: &Record<'_>) -> Option<(u64, RangeInclusive<u64>)> {
    let data = record.data;
    let (row, first) = (u64::from(u16_at(data, 0)), u64::from(u16_at(data, 2)));
    match record.kind {
        MANY_NUMBERS => {
            let last = u64::from(u16_at(data, data.len().saturating_sub(2)));
            Some((row, first..=last))
        }
        FORMULA | RICH_TEXT | SHARED_TEXT | NUMBER | TEXT | LOGICAL | SHORT_NUMBER => {
            Some((row, first..=first))
        }
        _ => None,
    }
}

/// The rectangle that the library makes of a sheet's cells: top, bottom, left and right.
#[derive(Default)]
struct Rectangle(Option<[u64; 4]>);

impl Rectangle {
    fn include(&mut self, row: u64, columns: RangeInclusive<u64>) {
        let (first, last) = columns.into_inner();
        let [top, bottom, left, right] = self.0.unwrap_or([row, row, first, last]);
        self.0 = Some([
            top.min(row),
            bottom.max(row),
            left.min(first),
            right.max(first).max(last),
        ]);
    }

    fn cells(&self) -> u64 {
        self.0.map_or(0, |[top, bottom, left, right]| {
            (bottom - top + 1) * (right - left + 1)
        })
    }
}

/// How many cells a record of dimensions claims: rows are given as the first
/// and the one after the last, columns alike.
fn claimed(data: &[u8]) -> u64 {
    let (first_row, rows, first_column, columns) = if data.len() == 10 {
        (
            u32::from(u16_at(data, 0)),
            u32::from(u16_at(data, 2)),
            u16_at(data, 4),
            u16_at(data, 6),
        )
    } else {
        (
            u32_at(data, 0),
            u32_at(data, 4),
            u16_at(data, 8),
            u16_at(data, 10),
        )
    };
    // A first column beyond the last one is taken for 0.
    let first_column = if first_column > 0xff || columns < first_column {
        0
    } else {
        first_column
    };
    u64::from(rows.saturating_sub(first_row)) * u64::from(columns.saturating_sub(first_column))
}

/// Refuses a text that claims to be longer than its record.
fn fits_its_record(data: &[u8], at: usize) -> Result<(), ReadError> {
    let characters = usize::from(u16_at(data, at));
    if characters > data.len() {
        Err(ReadError::Damaged)
    } else {
        Ok(())
    }
}

/// The lengths of the shared strings, read as the library reads them.
fn shared_strings(record: &Record<'_>) -> Result<Vec<u16>, ReadError> {
    let mut lengths = Vec::new();
    let mut pieces = record.continued.iter();
    let mut data = record.data.get(8..).ok_or(ReadError::Damaged)?;
    loop {
        while data.is_empty() {
            match pieces.next() {
                Some(piece) => data = piece,
                None => return Ok(lengths),
            }
        }
        if data.len() < 3 {
            return Err(ReadError::Damaged);
        }
        let characters = u16_at(data, 0);
        let flags = data[2];
        let mut at = 3;
        let mut behind = 0usize;
        if flags & 8 != 0 {
            behind += 4 * usize::from(u16_at(data, at));
            at += 2;
        }
        if flags & 4 != 0 {
            behind = behind.saturating_add(u32_at(data, at) as usize);
            at += 4;
        }
        data = data.get(at..).ok_or(ReadError::Damaged)?;
        lengths.push(characters);
        // Where a record ends within a string, the next begins with its width.
        let mut width = 1 + usize::from(flags & 1);
        let mut left = usize::from(characters);
        while left > 0 {
            let here = left.min(data.len() / width);
            data = &data[here * width..];
            left -= here;
            if left > 0 {
                let piece = pieces.next().ok_or(ReadError::Damaged)?;
                let first = piece.first().ok_or(ReadError::Damaged)?;
                width = 1 + usize::from(first & 1);
                data = &piece[1..];
            }
        }
        while behind > 0 {
            let here = behind.min(data.len());
            data = &data[here..];
            behind -= here;
            if behind > 0 {
                data = pieces.next().ok_or(ReadError::Damaged)?;
            }
        }
    }
}
