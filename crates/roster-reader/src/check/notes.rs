//! Lines of a key or a note under the table.

use tabular::Table;

use crate::columns::Columns;
use crate::row::checked::{CheckedRow, Reading, Verdict};
use crate::row::kind::{self, NotAChild};

/// Passes over the lines of a key or a note under the table: rows that cannot be
/// children, below the last child and set apart from it.
pub(super) fn pass_over_notes(table: &Table, columns: &Columns, rows: &mut [Reading]) {
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
