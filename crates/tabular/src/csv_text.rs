//! Delimited text.
//!
//! The library skips empty lines silently, so they are counted here in the text itself. Without
//! that, every row number after an empty line would be wrong.

use crate::{Limits, ReadError, Table, TableBuilder};

/// The delimiters that are tried, the likeliest first.
const DELIMITERS: [u8; 5] = [b',', b'\t', b';', b'|', b'^'];

/// Reads decoded text.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Table, ReadError> {
    let mut builder = TableBuilder::new(limits);
    let (text, announced) = announced_delimiter(text, &mut builder);
    let delimiter = announced.unwrap_or_else(|| likeliest_delimiter(text));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = csv::ByteRecord::new();
    let bytes = text.as_bytes();
    let mut last_breaks = false;
    loop {
        let blank = blank_lines(bytes, reader.position().byte() as usize);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => return Err(ReadError::Encoding),
        }
        builder.skip_rows(blank);
        last_breaks = false;
        for cell in &record {
            // The text was valid and cells are cut at ASCII characters.
            let cell = std::str::from_utf8(cell).map_err(|_| ReadError::Encoding)?;
            last_breaks |= cell.contains('\n');
            builder.push(cell)?;
        }
        builder.end_row()?;
    }
    if last_breaks && text.matches('"').count() % 2 == 1 {
        return Err(ReadError::OpenQuote(builder.row_number()));
    }
    builder.finish()
}

/// Reads the line `sep=;` with which some programs begin, whatever ends it.
fn announced_delimiter<'t>(text: &'t str, builder: &mut TableBuilder) -> (&'t str, Option<u8>) {
    let Some(end) = text.find(['\r', '\n']).filter(|end| *end <= 7) else {
        return (text, None);
    };
    // Saved again by another program the line may be quoted, or end in commas.
    let line = text[..end].trim_matches('"');
    let Some(&delimiter) = line
        .strip_prefix("sep=")
        .or_else(|| line.strip_prefix("SEP="))
        .and_then(|rest| rest.as_bytes().first())
        .filter(|delimiter| delimiter.is_ascii())
    else {
        return (text, None);
    };
    let rest = &text[end..];
    let rest = rest
        .strip_prefix("\r\n")
        .or_else(|| rest.strip_prefix(['\r', '\n']))
        .unwrap_or(rest);
    builder.skip_rows(1);
    (rest, Some(delimiter))
}

/// How many empty lines stand at a position.
fn blank_lines(bytes: &[u8], mut position: usize) -> u32 {
    // The second half of the line end before it.
    if position > 0
        && bytes.get(position - 1) == Some(&b'\r')
        && bytes.get(position) == Some(&b'\n')
    {
        position += 1;
    }
    let mut count = 0;
    while let Some(byte) = bytes.get(position) {
        position += match byte {
            b'\r' if bytes.get(position + 1) == Some(&b'\n') => 2,
            b'\r' | b'\n' => 1,
            _ => break,
        };
        count += 1;
    }
    count
}

/// The delimiter that cuts the first rows most evenly into most cells.
fn likeliest_delimiter(text: &str) -> u8 {
    let end = text.len().min(1 << 16);
    let sample = &text.as_bytes()[..end];
    let score = |delimiter: u8| -> usize {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(sample);
        let mut widths: Vec<usize> = reader
            .byte_records()
            .take(40)
            .filter_map(Result::ok)
            .map(|record| record.len())
            .collect();
        widths.sort_unstable();
        let median = widths.get(widths.len() / 2).copied().unwrap_or(0);
        if median < 2 {
            return 0;
        }
        let even = widths.iter().filter(|width| **width == median).count();
        median * even
    };
    let mut best = (0, b',');
    for delimiter in DELIMITERS {
        let score = score(delimiter);
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
        read(text, &Limits::UPLOAD)
            .unwrap()
            .rows()
            .map(|row| (row.number(), row.cells().map(str::to_owned).collect()))
            .collect()
    }

    fn row(number: u32, cells: &[&str]) -> (u32, Vec<String>) {
        (
            number,
            cells.iter().map(|cell| (*cell).to_owned()).collect(),
        )
    }

    #[test]
    fn blank_lines_count_and_line_breaks_in_cells_do_not() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "", "", "\"1\n2\",c", ",", "d,e", ""].join(end);
            assert_eq!(
                rows(&text),
                [
                    row(1, &["a", "b"]),
                    row(4, &["1\n2", "c"]),
                    row(6, &["d", "e"])
                ],
                "{end:?}"
            );
        }
        assert_eq!(rows("\n\na,b\n"), [row(3, &["a", "b"])]);
        assert_eq!(
            rows("a,b\r\rc,d"),
            [row(1, &["a", "b"]), row(3, &["c", "d"])]
        );
    }

    #[test]
    fn the_delimiter_is_found() {
        for delimiter in [",", ";", "\t", "|"] {
            let text = ["Name", "\"Smith, J; K\"", "x"].join(delimiter)
                + "\n"
                + &["a", "b, c", "d"].join(delimiter);
            assert_eq!(rows(&text)[0].1.len(), 3, "{delimiter}");
        }
        for line in ["sep=;\n", "sep=;\r\n", "sep=;\r", "\"sep=;\"\n"] {
            assert_eq!(
                rows(&format!("{line}a;b\n")),
                [row(2, &["a", "b"])],
                "{line:?}"
            );
        }
        assert_eq!(rows("sep=\t\na\tb\n"), [row(2, &["a", "b"])]);
    }

    #[test]
    fn a_quotation_mark_never_closed_is_named_by_its_row() {
        let error = read("a,b\nc,\"d\ne,f\ng,h\n", &Limits::UPLOAD).unwrap_err();
        assert_eq!(error, ReadError::OpenQuote(2));
        // A mark inside a cell does not open anything.
        assert_eq!(rows("a,b\nc,5\" pipe\n").len(), 2);
    }

    #[test]
    fn hostile_widths_are_refused() {
        let wide = "x,".repeat(10_000);
        assert_eq!(
            read(&wide, &Limits::UPLOAD).unwrap_err(),
            ReadError::TooManyColumns { row: 1, limit: 500 }
        );
        let long = "x".repeat(1 << 20);
        assert_eq!(
            read(&format!("a,b\n{long},c"), &Limits::UPLOAD).unwrap_err(),
            ReadError::CellTooLong {
                row: 2,
                limit: 100_000
            }
        );
    }
}
