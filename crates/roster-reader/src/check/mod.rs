//! Every rule a row of a roster must meet, and the repairs made on the way.
//!
//! A matter is either a *problem*, and the row waits, or a *warning*, and the row goes in without
//! the doubtful value and is listed. All matters of a row are found at once.

mod notices;
mod subheadings;

use tabular::Table;

use self::notices::{sheets_notice, wrong_year_notice};
use self::subheadings::apply_subheadings;
use crate::columns::Columns;
use crate::columns::slip::{self, Displaced, Slip};
use crate::progress::Step;
use crate::row::check_row::check_row;
use crate::row::checked::Reading;
use crate::row::kind::{self, NotAChild};
use crate::row::layout::Layout;
use crate::row::repeats;

pub use crate::row::checked::{CheckedRow, Context, Glimpse, Verdict};

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

/// How many rows are checked before somebody is told.
const ROWS_TOLD: usize = 500;

/// Checks every row. Uses as many threads as the machine has.
pub fn check(table: &Table, columns: &Columns, context: &Context<'_>) -> Checked {
    let layout = Layout::new(table, columns);
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
                let layout = &layout;
                scope.spawn(move || -> Vec<Reading> {
                    let mut checked = Vec::with_capacity(chunk.len());
                    for some in chunk.chunks(ROWS_TOLD) {
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

/// Passes over the lines of a key or a note under the table: rows that cannot be
/// children, below the last child and set apart from it.
fn pass_over_notes(table: &Table, columns: &Columns, rows: &mut [Reading]) {
    let position = |index: usize| columns.heading_row + 1 + index;
    let Some(last) =
        rows.iter()
            .enumerate()
            .rposition(|(index, reading)| match reading.row.verdict {
                Verdict::Child(_) | Verdict::Skipped => true,
                Verdict::Rejected(_) => !kind::could_be_note(table.row(position(index)), columns),
                Verdict::NotAChild(_) => false,
            })
    else {
        return;
    };
    let mut apart = false;
    for (index, reading) in rows.iter_mut().enumerate().skip(last + 1) {
        let above = table.row(position(index) - 1).number();
        apart |= reading.row.number > above + 1;
        match reading.row.verdict {
            Verdict::NotAChild(_) => apart = true,
            _ if apart => {
                *reading = Reading::from(CheckedRow {
                    number: reading.row.number,
                    verdict: Verdict::NotAChild(NotAChild::Note),
                    findings: Vec::new(),
                });
            }
            _ => {}
        }
    }
}
