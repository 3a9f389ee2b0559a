//! Writes tables as CSV.
//!
//! A cell that a spreadsheet would take for a formula gets an apostrophe in front in every file
//! written, and reading takes that apostrophe off again.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::Table;
use programme::text;

/// The text with an apostrophe in front when a spreadsheet would take it for
/// a formula.
pub fn neutralised(cell: &str) -> Cow<'_, str> {
    if text::looks_like_formula(cell) || text::looks_like_formula(cell.trim_start()) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Takes off the apostrophe that [`neutralised`] put in front, and the one with
/// which a person marks a number as text in a spreadsheet.
pub fn restored(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest)
            if text::looks_like_formula(rest) || rest.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            rest
        }
        _ => cell,
    }
}

/// The heading of the column of errors.
pub const ERRORS: &str = "Errors";

/// Writes one row of CSV with every cell neutralised.
pub fn write_csv_row<W: Write, S: AsRef<str>>(
    writer: &mut csv::Writer<W>,
    cells: impl IntoIterator<Item = S>,
) -> Result<(), csv::Error> {
    for cell in cells {
        writer.write_field(neutralised(cell.as_ref()).as_bytes())?;
    }
    writer.write_record(None::<&[u8]>)
}

/// Writes a table back as CSV with a further column "Errors".
///
/// `heading_row` is the position of the headings in the table; `errors` gives
/// the text for a row by its number. UTF-8 with a byte-order mark, without
/// which spreadsheets misread accents; blank rows are written too, so that
/// every row keeps its number. A column "Errors" that is the last already, as in
/// a file that comes back, is written anew.
pub fn write_with_errors<W: Write>(
    table: &Table,
    heading_row: usize,
    errors: impl Fn(u32) -> Option<String>,
    mut out: W,
) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let headings = table.row(heading_row);
    let comes_back = headings.cell(headings.len().saturating_sub(1)).trim() == ERRORS;
    let width = if comes_back {
        headings.len() - 1
    } else {
        table.width()
    };
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
    let mut number = 0;
    for row in table.rows() {
        while number + 1 < row.number() {
            writer.write_record(std::iter::repeat_n("", width + 1))?;
            number += 1;
        }
        number = row.number();
        let last = if row.index() == heading_row {
            Some(ERRORS.to_owned())
        } else {
            errors(row.number())
        };
        let cells = (0..width)
            .map(|column| Cow::Borrowed(row.cell(column)))
            .chain([Cow::Owned(last.unwrap_or_default())]);
        write_csv_row(&mut writer, cells)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, read_sheets};

    #[test]
    fn the_users_own_file_comes_back_with_a_column_of_errors() {
        let sheets = read_sheets(
            "Name,Note\n\nJo,=1+1\nAl,\"a\nb\"\n".as_bytes(),
            &Limits::UPLOAD,
        )
        .unwrap();
        let table = &sheets[0].table;
        let mut out = Vec::new();
        write_with_errors(
            table,
            0,
            |row| (row == 3).then(|| "No date of birth.".to_owned()),
            &mut out,
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\u{feff}Name,Note,Errors\n,,\nJo,'=1+1,No date of birth.\nAl,\"a\nb\",\n"
        );
    }

    #[test]
    fn a_file_that_comes_back_keeps_one_column_of_errors() {
        let sheets = read_sheets(b"Name,Note,Errors\nJo,x,No date.\n", &Limits::UPLOAD).unwrap();
        let mut out = Vec::new();
        write_with_errors(&sheets[0].table, 0, |_| None, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\u{feff}Name,Note,Errors\nJo,x,\n"
        );
    }

    #[test]
    fn formulas_are_made_harmless_and_read_back_as_they_were() {
        for cell in [
            "=1+1", "+44 7700", "-x", "@sum", " =1", "＝1+1", "＋1", "－1", "＠sum", " ＝1",
        ] {
            assert!(neutralised(cell).starts_with('\''), "{cell}");
        }
        assert_eq!(neutralised("O'Brien"), "O'Brien");
        assert_eq!(restored("'=1+1"), "=1+1");
        assert_eq!(restored("'Brien"), "'Brien");
        assert_eq!(restored("'07700900123"), "07700900123");
    }
}
