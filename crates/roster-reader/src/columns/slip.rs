//! Cells that stand in the wrong columns.
//!
//! When a cell is inserted or deleted in a spreadsheet everything right of it
//! moves. One message that says from which row on is worth more than one
//! problem for every cell.

use crate::columns::column::Columns;
use crate::columns::field::Field;
use crate::columns::values::is_plausible;
use programme::text;
use tabular::{Row, Table};

/// What happened to the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Displaced {
    /// They moved by so many columns, to the right when positive.
    By(i8),
    /// Those of two columns changed places.
    Swapped(u16, u16),
}

/// A run of rows whose cells have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slip {
    /// Position of the first such row in the table.
    pub first: usize,
    /// Position of the last one.
    pub last: usize,
    /// What happened to their cells.
    pub how: Displaced,
}

/// The fewest cells that must be wrong where they stand and right where they
/// would have been.
const LEAST_EVIDENCE: usize = 4;

/// What happened to the cells of a row in which so many matters were found.
pub(crate) fn displaced(row: Row<'_>, columns: &Columns, matters: usize) -> Option<Displaced> {
    if matters >= LEAST_EVIDENCE - 1 {
        let by = moved_by(row, columns);
        if by != 0 {
            return Some(Displaced::By(by));
        }
    }
    (matters >= 2).then(|| swapped(row, columns)).flatten()
}

/// Two columns each of whose cells is wrong where it stands and right in the
/// other's place, when there are just two such.
fn swapped(row: Row<'_>, columns: &Columns) -> Option<Displaced> {
    let fits = |field: Field, column: usize| {
        let cell = text::clean(row.cell(column));
        is_plausible(field, &cell).filter(|_| !cell.is_empty())
    };
    let wrong: Vec<(usize, Field)> = columns
        .columns
        .iter()
        .enumerate()
        .filter_map(|(index, column)| Some((index, column.field?)))
        .filter(|(index, field)| fits(*field, *index) == Some(false))
        .take(6)
        .collect();
    let mut pairs = wrong.iter().enumerate().flat_map(|(place, first)| {
        wrong[place + 1..]
            .iter()
            .map(move |second| (*first, *second))
    });
    let changed = |((one, of_one), (two, of_two)): &((usize, Field), (usize, Field))| {
        fits(*of_one, *two) == Some(true) && fits(*of_two, *one) == Some(true)
    };
    let ((one, _), (two, _)) = pairs.find(changed)?;
    if pairs.any(|pair| changed(&pair)) {
        return None;
    }
    Some(Displaced::Swapped(one as u16, two as u16))
}

/// By how many columns the cells of a row have moved, or 0.
fn moved_by(row: Row<'_>, columns: &Columns) -> i8 {
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

/// Runs of neighbouring rows that moved alike. `moved` are positions with
/// what happened to each, in order.
pub(crate) fn runs(moved: &[(usize, Displaced)]) -> Vec<Slip> {
    let mut runs: Vec<Slip> = Vec::new();
    for (position, how) in moved {
        match runs.last_mut() {
            // A sound row in between, perhaps one corrected by hand, does not end a run.
            Some(run) if run.how == *how && *position <= run.last + 2 => run.last = *position,
            _ => runs.push(Slip {
                first: *position,
                last: *position,
                how: *how,
            }),
        }
    }
    runs
}

impl Displaced {
    /// In words: "have moved one column to the right".
    pub(crate) fn words(self, columns: &Columns) -> String {
        match self {
            Self::By(by) => format!(
                "have moved {} to the {}",
                if by.abs() == 1 {
                    "one column"
                } else {
                    "two columns"
                },
                if by > 0 { "right" } else { "left" }
            ),
            Self::Swapped(one, two) => {
                let heading = |column: u16| &columns.columns[usize::from(column)].heading;
                format!(
                    "“{}” and “{}” appear to be swapped",
                    heading(one),
                    heading(two)
                )
            }
        }
    }
}

impl Slip {
    /// What happened, in words, with the rows as a spreadsheet shows them.
    pub fn message(&self, table: &Table, columns: &Columns) -> String {
        let (first, last) = (
            table.row(self.first).number(),
            table.row(self.last).number(),
        );
        let rows = if first == last {
            format!("in row {first}")
        } else if self.last + 1 == table.len() {
            format!("from row {first} on (to row {last}, the last)")
        } else {
            format!("from row {first} to row {last}")
        };
        match self.how {
            Displaced::By(by) => format!(
                "Columns appear to {} {rows}. Move the cells back under their headings and upload the file again.",
                Displaced::By(by).words(columns)
            ),
            swapped @ Displaced::Swapped(..) => format!(
                "The values under {} {rows}. Put them back under their headings and upload the file again.",
                swapped.words(columns)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{Choices, find_columns};
    use tabular::{Limits, read_table};

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
        let runs =
            runs(&[(3, 1), (4, 1), (6, 1), (20, -1)].map(|(row, by)| (row, Displaced::By(by))));
        assert_eq!(
            runs,
            [
                Slip {
                    first: 3,
                    last: 6,
                    how: Displaced::By(1)
                },
                Slip {
                    first: 20,
                    last: 20,
                    how: Displaced::By(-1)
                }
            ]
        );
    }

    /// Rows of the canonical sample, as many as asked for.
    fn sample(rows: usize) -> Vec<Vec<String>> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/data/rosters/canonical.csv"
        );
        let table = read_table(&std::fs::read(path).unwrap(), &Limits::UPLOAD, |_| true).unwrap();
        let cells = |row: Row<'_>| -> Vec<String> {
            (0..table.width())
                .map(|column| row.cell(column).to_owned())
                .collect()
        };
        let mut lines = vec![cells(table.row(0))];
        lines.extend((0..rows).map(|row| cells(table.row(1 + row % (table.len() - 1)))));
        lines
    }

    /// The slips that checking finds after the rows from `from` on were changed.
    fn slips(
        rows: usize,
        from: usize,
        change: impl Fn(&mut Vec<String>),
    ) -> Vec<(u32, u32, Displaced)> {
        let mut lines = sample(rows);
        lines.iter_mut().skip(from - 1).for_each(change);
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        for line in &lines {
            writer.write_record(line).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let table = read_table(&bytes, &Limits::UPLOAD, |_| true).unwrap();
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        let schools = crate::schools::Schools::default();
        let context = crate::check::Context {
            start_year: 2026,
            schools: &schools,
            school: None,
            progress: &crate::progress::Progress::default(),
        };
        crate::check::check(&table, &columns, &context)
            .slips
            .iter()
            .map(|slip| {
                (
                    table.row(slip.first).number(),
                    table.row(slip.last).number(),
                    slip.how,
                )
            })
            .collect()
    }

    #[test]
    fn a_slip_is_found_wherever_it_begins_and_whichever_way_it_goes() {
        for (rows, from) in [(20, 3), (20, 15), (20, 21), (5_000, 3_400)] {
            let last = rows as u32 + 1;
            // Columns 1 to 3 in a short list, the second in a long one.
            let places = if rows > 1_000 { 2..3 } else { 1..4 };
            for place in places {
                assert_eq!(
                    slips(rows, from, |row| row.insert(place, String::new())),
                    [(from as u32, last, Displaced::By(1))],
                    "right at {place}, {rows} rows from {from}"
                );
                assert_eq!(
                    slips(rows, from, |row| drop(row.remove(place))),
                    [(from as u32, last, Displaced::By(-1))],
                    "left at {place}, {rows} rows from {from}"
                );
            }
        }
    }

    #[test]
    fn two_columns_that_changed_places_are_named() {
        for (one, two) in [(6, 7), (4, 6), (2, 14), (1, 2)] {
            let found = slips(60, 40, |row| row.swap(one, two));
            let how = Displaced::Swapped(one as u16, two as u16);
            assert_eq!(found, [(40, 61, how)], "{one} and {two}");
        }
    }

    #[test]
    fn an_honest_list_full_of_blanks_has_no_slip() {
        for column in 1..15 {
            let found = slips(200, 2, |row| {
                for other in (1..27).filter(|other| other % 14 == column % 14 || *other > 15) {
                    row[other].clear();
                }
            });
            assert_eq!(found, [], "without column {column}");
        }
        let bare = slips(200, 2, |row| {
            for column in [1, 2, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] {
                row[column].clear();
            }
        });
        assert_eq!(bare, []);
    }
}
