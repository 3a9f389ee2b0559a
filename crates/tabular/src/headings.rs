//! Finds the row of headings.
//!
//! A table may open with a title and notes, so the row of headings is the row in which most cells
//! are recognised, which is not always the first.

use crate::{Row, Table};

/// How well a row does as the row of headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadingMatch {
    /// Position of the row in the table.
    pub index: usize,
    /// How many of its cells were recognised.
    pub recognised: usize,
}

/// How far down the headings are looked for, in rows that are not blank.
const SEARCHED_ROWS: usize = 25;

/// The row, among the first 25, with most cells that `recognises` knows; the
/// upper one where two are equal. `None` when no row has at least `least`.
pub fn find_heading_row(
    table: &Table,
    least: usize,
    recognises: impl Fn(&str) -> bool,
) -> Option<HeadingMatch> {
    let mut best: Option<HeadingMatch> = None;
    for row in table.rows().take(SEARCHED_ROWS) {
        let recognised = recognised_cells(row, &recognises);
        if recognised >= least && best.is_none_or(|best| recognised > best.recognised) {
            best = Some(HeadingMatch {
                index: row.index(),
                recognised,
            });
        }
    }
    best
}

fn recognised_cells(row: Row<'_>, recognises: &impl Fn(&str) -> bool) -> usize {
    // A cell of running text is no heading, whatever words are in it.
    row.cells()
        .filter(|cell| !cell.trim().is_empty() && cell.len() <= 80 && recognises(cell))
        .count()
}
