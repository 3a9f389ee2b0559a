//! Checks a whole file.

use tabular::Table;

use super::notes::pass_over_notes;
use super::notices::{sheets_notice, wrong_year_notice};
use super::subheadings::apply_subheadings;
use crate::columns::Columns;
use crate::columns::slip::{self, Displaced, Slip};
use crate::progress::Step;
use crate::row::check_row::check_row;
use crate::row::checked::{CheckedRow, Context, Reading};
use crate::row::layout::Layout;
use crate::row::repeats;

/// A whole file after checking.
#[derive(Debug)]
pub struct Checked {
    /// Every row below the headings that is not blank.
    pub rows: Vec<CheckedRow>,
    /// Runs of rows whose cells have moved.
    pub slips: Vec<Slip>,
    /// What is worth saying once for the whole file.
    pub notices: Vec<String>,
}

/// How many rows are checked between two reports of progress.
const ROWS_REPORTED: usize = 500;

/// Checks every row. Uses as many threads as the machine has.
pub fn check(table: &Table, columns: &Columns, context: &Context<'_>) -> Checked {
    let layout = Layout::new(table, columns);
    let mut rows = check_rows(table, columns, &layout, context);
    if layout.year_from_subheading || layout.class_from_subheading {
        apply_subheadings(table, columns, &layout, context, &mut rows);
    }
    pass_over_notes(table, columns, &mut rows);
    repeats::gather_contacts(&mut rows, layout.one_contact_each());
    let first = columns.heading_row + 1;
    let moved: Vec<(usize, Displaced)> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, reading)| Some((first + index, reading.displaced?)))
        .collect();
    let mut notices = layout.dates.notices();
    notices.extend(wrong_year_notice(&rows, context.start_year));
    notices.extend(sheets_notice(table));
    Checked {
        rows: rows.into_iter().map(|reading| reading.row).collect(),
        slips: slip::runs(&moved),
        notices,
    }
}

/// Checks each row by itself, in blocks that the threads share out.
fn check_rows(
    table: &Table,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
) -> Vec<Reading> {
    let positions: Vec<usize> = (columns.heading_row + 1..table.len()).collect();
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8);
    let chunk = positions.len().div_ceil(threads).max(500);
    context.progress.begin(Step::Checking, positions.len());
    let mut rows: Vec<Reading> = Vec::with_capacity(positions.len());
    std::thread::scope(|scope| {
        let workers: Vec<_> = positions
            .chunks(chunk)
            .map(|chunk| {
                scope.spawn(move || -> Vec<Reading> {
                    let mut checked = Vec::with_capacity(chunk.len());
                    for some in chunk.chunks(ROWS_REPORTED) {
                        checked.extend(some.iter().map(|position| {
                            check_row(table.row(*position), columns, layout, context)
                        }));
                        context.progress.add(some.len());
                    }
                    checked
                })
            })
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(chunk) => rows.extend(chunk),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    rows
}
