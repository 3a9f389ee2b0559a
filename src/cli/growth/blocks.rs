//! A CSV stream cut into blocks of whole rows.
//!
//! A line break inside quotation marks does not end a
//! row, so a block without any quotation mark is cut at its last line break,
//! and only one with some is walked through cell by cell.

use std::io::{self, Read};

/// How much is read at a time: enough to keep threads busy, little enough for
/// the second cache.
const BLOCK: usize = 256 * 1024;

/// The longest row. A longer one is a quotation mark that was never closed.
const LONGEST_ROW: usize = 16 * 1024 * 1024;

/// Cuts what `reader` yields.
pub(super) struct Blocks<R> {
    reader: R,
    /// Read and not yet handed out; begins at a row's beginning.
    held: Vec<u8>,
    ended: bool,
    /// Line breaks handed out so far.
    lines: usize,
}

/// Why the stream cannot be cut further.
#[derive(Debug, thiserror::Error)]
pub(super) enum BlockError {
    #[error(transparent)]
    Read(#[from] io::Error),
    /// A quotation mark opens a cell in or after this line and nothing closes it.
    #[error("line {0}")]
    NeverClosed(usize),
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            held: Vec::new(),
            ended: false,
            lines: 0,
        }
    }

    /// The beginning of the stream, without taking it out.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        if self.held.is_empty() {
            self.fill()?;
        }
        Ok(&self.held)
    }

    /// Drops the first bytes: a byte-order mark, or the header.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.lines += line_breaks(&self.held[..bytes]);
        self.held.drain(..bytes);
    }

    /// The next whole rows, in which `delimiter` parts the cells.
    pub(super) fn next(&mut self, delimiter: u8) -> Result<Option<Vec<u8>>, BlockError> {
        loop {
            if self.held.len() < BLOCK && !self.ended {
                self.fill()?;
                continue;
            }
            let cut = last_row_end(&self.held, delimiter);
            if self.ended {
                let open = cut.open.then_some(BlockError::NeverClosed(self.lines + 1));
                return match (self.held.is_empty(), open) {
                    (true, _) => Ok(None),
                    // Whole rows before the open cell are still handed out.
                    (false, Some(error)) if cut.end == 0 => Err(error),
                    (false, Some(_)) => Ok(Some(self.take(cut.end))),
                    (false, None) => Ok(Some(self.take(self.held.len()))),
                };
            }
            if cut.end > 0 {
                return Ok(Some(self.take(cut.end)));
            }
            if self.held.len() > LONGEST_ROW {
                return Err(BlockError::NeverClosed(self.lines + 1));
            }
            self.fill()?;
        }
    }

    fn take(&mut self, end: usize) -> Vec<u8> {
        let rest = self.held[end..].to_vec();
        self.held.truncate(end);
        self.lines += line_breaks(&self.held);
        std::mem::replace(&mut self.held, rest)
    }

    /// Reads once more: a block's worth, or as much again as is held.
    fn fill(&mut self) -> io::Result<()> {
        let wanted = BLOCK.max(self.held.len()) as u64;
        self.held.reserve(wanted as usize);
        let read = self
            .reader
            .by_ref()
            .take(wanted)
            .read_to_end(&mut self.held)?;
        self.ended = (read as u64) < wanted;
        Ok(())
    }
}

#[expect(clippy::naive_bytecount, reason = "quick enough for a line number")]
fn line_breaks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Where the last whole row of `bytes` ends (0 when there is none), and whether
/// a quoted cell is still open at the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) end: usize,
    pub(super) open: bool,
}

pub(super) fn last_row_end(bytes: &[u8], delimiter: u8) -> Cut {
    if !bytes.contains(&b'"') {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or_else(
            // Old files part rows by a carriage return alone. One at the very
            // end may still have its line feed to come.
            || {
                let all_but_last = &bytes[..bytes.len().saturating_sub(1)];
                all_but_last
                    .iter()
                    .rposition(|byte| *byte == b'\r')
                    .map_or(0, |at| at + 1)
            },
            |at| at + 1,
        );
        return Cut { end, open: false };
    }
    walk(bytes, delimiter, |_| true)
}

/// Where the first row of `bytes` ends, line break included.
pub(super) fn first_row_end(bytes: &[u8], delimiter: u8) -> Option<usize> {
    let cut = walk(bytes, delimiter, |_| false);
    (cut.end > 0).then_some(cut.end)
}

/// Walks through the cells as a CSV reader does: a quotation mark counts at the
/// beginning of a cell only, and two of them inside one are a mark. Stops after
/// the first row for which `go_on` is false.
fn walk(bytes: &[u8], delimiter: u8, go_on: impl Fn(usize) -> bool) -> Cut {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        CellStart,
        Plain,
        Quoted,
        QuoteInQuoted,
    }
    let mut state = State::CellStart;
    let mut end = 0;
    for (at, byte) in bytes.iter().enumerate() {
        state = match (state, *byte) {
            (State::Quoted, b'"') => State::QuoteInQuoted,
            (State::Quoted, _) | (State::CellStart | State::QuoteInQuoted, b'"') => State::Quoted,
            (_, b'\n') => {
                end = at + 1;
                if !go_on(end) {
                    break;
                }
                State::CellStart
            }
            (_, byte) if byte == delimiter || byte == b'\r' => State::CellStart,
            _ => State::Plain,
        };
    }
    Cut {
        end,
        open: state == State::Quoted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Result<Vec<String>, BlockError> {
        let mut blocks = Blocks::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(block) = blocks.next(b',')? {
            found.push(String::from_utf8(block).unwrap());
        }
        Ok(found)
    }

    #[test]
    fn a_line_break_inside_quotation_marks_does_not_end_a_row() {
        let end = |text: &str| last_row_end(text.as_bytes(), b',').end;
        assert_eq!(end("a,b\nc,d"), 4);
        assert_eq!(end("a,b\n\"c\nd"), 4);
        assert_eq!(end("a,\"b\"\"\nc\"\nd"), 10);
        assert_eq!(end("a,5\"\nc,6\"\nd"), 10);
        assert_eq!(end("a"), 0);
        assert_eq!(end("a\rb\rc"), 4);
    }

    #[test]
    fn blocks_put_together_are_the_stream() {
        let row = "female,\"a\nb\",2016-05-04,\"\"\r\n";
        let text = row.repeat(40_000) + "the last row";
        let blocks = blocks(&text).unwrap();
        assert!(blocks.len() > 3);
        assert!(
            blocks[..blocks.len() - 1]
                .iter()
                .all(|block| block.len() % row.len() == 0)
        );
        assert_eq!(blocks.concat(), text);
    }

    #[test]
    fn a_cell_never_closed_is_told_with_its_line_after_the_rows_before_it() {
        let mut blocks = Blocks::new("a\nb\n\"c\nd\n".as_bytes());
        assert_eq!(blocks.next(b',').unwrap().unwrap(), b"a\nb\n");
        assert!(matches!(blocks.next(b','), Err(BlockError::NeverClosed(3))));
    }

    #[test]
    fn an_empty_stream_has_no_blocks() {
        assert!(blocks("").unwrap().is_empty());
    }

    fn records(bytes: &[u8]) -> Vec<csv::ByteRecord> {
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).from_reader(bytes);
        reader
            .into_byte_records()
            .map(|record| record.unwrap())
            .collect()
    }

    proptest::proptest! {
        #[test]
        fn two_parts_of_a_stream_hold_the_rows_of_the_whole(text in "[a,\"\n\r]{0,40}") {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(last_row_end(bytes, b',').end);
            let parts = [records(first), records(second)].concat();
            proptest::prop_assert_eq!(parts, records(bytes));
            let first = first_row_end(bytes, b',').unwrap_or(bytes.len());
            let parts = [records(&bytes[..first]), records(&bytes[first..])].concat();
            proptest::prop_assert_eq!(parts, records(bytes));
        }
    }
}
