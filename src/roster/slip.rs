//! Cells that stand in the wrong columns.
//!
//! When a cell is inserted or deleted in a spreadsheet everything right of it
//! moves. One message that says from which row on is worth more than one
//! problem for every cell.

use super::columns::Columns;
use super::field::Field;
use super::values::is_plausible;
use crate::fields::text;
use crate::tabular::{Row, Table};

/// A run of rows whose cells have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slip {
    /// Position of the first such row in the table.
    pub first: usize,
    /// Position of the last one.
    pub last: usize,
    /// By how many columns, to the right when positive.
    pub by: i8,
}

/// The fewest cells that must be wrong where they stand and right where they
/// would have been.
const LEAST_EVIDENCE: usize = 4;

/// By how many columns the cells of a row have moved, or 0.
pub(super) fn moved_by(row: Row<'_>, columns: &Columns) -> i8 {
    let wrong = count(row, columns, 0);
    if wrong.implausible < LEAST_EVIDENCE || wrong.implausible <= wrong.plausible {
        return 0;
    }
    // Only the cells that are wrong where they stand count: the ones left of
    // the slip have not moved.
    [1i8, -1, 2, -2]
        .into_iter()
        .map(|by| (by, count(row, columns, by)))
        .filter(|(_, there)| {
            there.plausible >= LEAST_EVIDENCE
                && there.plausible > wrong.plausible + 2
                && there.implausible * 3 <= there.plausible + 2
        })
        .max_by_key(|(by, there)| (there.plausible, -by.abs()))
        .map_or(0, |(by, _)| by)
}

struct Count {
    plausible: usize,
    implausible: usize,
}

/// How many typed cells would be plausible if the row had moved by `by`
/// columns; the school's number, usually the first column, stays put.
fn count(row: Row<'_>, columns: &Columns, by: i8) -> Count {
    let mut count = Count {
        plausible: 0,
        implausible: 0,
    };
    for (index, column) in columns.columns.iter().enumerate() {
        let Some(field) = column
            .field
            .filter(|field| !matches!(field, Field::Urn | Field::DfeNumber))
        else {
            continue;
        };
        let Some(place) = index.checked_add_signed(isize::from(by)) else {
            continue;
        };
        let cell = text::clean(row.cell(place));
        if cell.is_empty() {
            continue;
        }
        match is_plausible(field, &cell) {
            Some(true) => count.plausible += 1,
            Some(false) => count.implausible += 1,
            None => {}
        }
    }
    count
}

/// Runs of neighbouring rows that moved alike. `moved` are positions with the
/// columns each moved by, in order.
pub(super) fn runs(moved: &[(usize, i8)]) -> Vec<Slip> {
    let mut runs: Vec<Slip> = Vec::new();
    for (position, by) in moved {
        match runs.last_mut() {
            // A sound row in between, perhaps one mended by hand, does not end a run.
            Some(run) if run.by == *by && *position <= run.last + 2 => run.last = *position,
            _ => runs.push(Slip {
                first: *position,
                last: *position,
                by: *by,
            }),
        }
    }
    runs
}

impl Slip {
    /// What happened, in words, with the rows as a spreadsheet shows them.
    pub fn message(&self, table: &Table) -> String {
        let (first, last) = (
            table.row(self.first).number(),
            table.row(self.last).number(),
        );
        let columns = if self.by.abs() == 1 {
            "one column"
        } else {
            "two columns"
        };
        let way = if self.by > 0 { "right" } else { "left" };
        let rows = if first == last {
            format!("in row {first}")
        } else if self.last + 1 == table.len() {
            format!("from row {first} on (to row {last}, the last)")
        } else {
            format!("from row {first} to row {last}")
        };
        format!(
            "Columns appear to have moved {columns} to the {way} {rows}. Move the cells back under their headings and upload the file again."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::columns::{Choices, find_columns};
    use crate::tabular::{Limits, read_table};

    const HEADINGS: &str = "URN,UPN,NHS number,Given name,Family name,Date of birth,Sex,Year group,Ethnicity,Postcode\n";
    const SOUND: &str = "900101,H999200120042,9990135614,Noah,Wilson,2016-05-23,M,6,WBRI,EB1 5AQ\n";
    const RIGHT: &str =
        "900101,,H999200120042,9990135614,Noah,Wilson,2016-05-23,M,6,WBRI,EB1 5AQ\n";
    const LEFT: &str = "900101,9990135614,Noah,Wilson,2016-05-23,M,6,WBRI,EB1 5AQ\n";
    const BAD: &str = "900101,H99,99,Noah,Wilson,soon,X,Z,WXYZ,EB1\n";

    fn moved(rows: &[&str]) -> Vec<i8> {
        let text = format!("{HEADINGS}{}", rows.concat());
        let table = read_table(text.as_bytes(), &Limits::UPLOAD, |_| true).unwrap();
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        table
            .rows()
            .skip(1)
            .map(|row| moved_by(row, &columns))
            .collect()
    }

    #[test]
    fn moved_rows_are_told_from_sound_and_from_bad_ones() {
        assert_eq!(moved(&[SOUND, RIGHT, LEFT, BAD]), [0, 1, -1, 0]);
    }

    #[test]
    fn neighbouring_rows_make_one_run() {
        let runs = runs(&[(3, 1), (4, 1), (6, 1), (20, -1)]);
        assert_eq!(
            runs,
            [
                Slip {
                    first: 3,
                    last: 6,
                    by: 1
                },
                Slip {
                    first: 20,
                    last: 20,
                    by: -1
                }
            ]
        );
    }
}
