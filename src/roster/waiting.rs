//! What waits in an import, sealed with the key of its year.
//!
//! Rows that cannot go in and rows a person decides on hold names like any
//! other; so do the uploaded bytes and the copies kept for undoing.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::ImportError;
use super::import::{Parsed, Prepared};
use super::state::{Decided, WaitsFor};
use super::waiting_queries;
use crate::db::Conn;
use crate::identity::{SealError, Sealer};
use roster_reader::plan::{Action, Held};
use roster_reader::{code::Finding, row::child::RosterChild};
use tabular::{Row, restored};

/// What the sealed bytes of an upload are bound to.
pub(super) const UPLOAD: &str = "import upload";
const ROW: &str = "import row";
const BEFORE: &str = "import before";

/// A row on its way to wait.
#[derive(Debug)]
pub(super) struct WaitingRow {
    pub(super) number: i32,
    pub(super) outcome: WaitsFor,
    pub(super) codes: String,
    pub(super) pupil: Option<i64>,
    pub(super) content: Content,
}

/// What is sealed of a waiting row.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) headings: Vec<String>,
    pub(super) cells: Vec<String>,
    /// The child as uploaded, when only a decision is missing.
    pub(super) child: Option<RosterChild>,
    /// The earlier row of the file it may be the same as.
    pub(super) of_row: Option<u32>,
    /// The children held that it may be.
    pub(super) candidates: Vec<i64>,
    pub(super) findings: Vec<Finding>,
}

/// A child as it was before an import changed it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) on_roll: bool,
    pub(super) child: RosterChild,
}

/// A number that stands for a row of an import.
fn place(import: i64, row: i64) -> i64 {
    (import << 32) | (row & 0xffff_ffff)
}

impl Content {
    pub(super) fn seal(
        &self,
        sealer: &Sealer,
        import: i64,
        row: i32,
    ) -> Result<Vec<u8>, ImportError> {
        Ok(sealer.seal(ROW, place(import, i64::from(row)), &to_json(self)?)?)
    }

    pub(super) fn open(
        sealer: &Sealer,
        import: i64,
        row: i32,
        sealed: &[u8],
    ) -> Result<Self, ImportError> {
        from_json(
            &sealer.open(ROW, place(import, i64::from(row)), sealed)?,
            ROW,
        )
    }
}

impl Before {
    /// What a child held is now.
    pub(super) fn of(held: &Held) -> Self {
        Self {
            on_roll: held.on_roll,
            child: held.child.clone(),
        }
    }

    pub(super) fn seal(
        &self,
        sealer: &Sealer,
        import: i64,
        pupil: i64,
    ) -> Result<Vec<u8>, ImportError> {
        Ok(sealer.seal(BEFORE, place(import, pupil), &to_json(self)?)?)
    }

    pub(super) fn open(
        sealer: &Sealer,
        import: i64,
        pupil: i64,
        sealed: &[u8],
    ) -> Result<Self, ImportError> {
        from_json(&sealer.open(BEFORE, place(import, pupil), sealed)?, BEFORE)
    }
}

fn to_json(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    // Plain structs of texts always serialise.
    serde_json::to_vec(value)
        .map(Zeroizing::new)
        .map_err(|_| SealError::DoesNotOpen(ROW).into())
}

fn from_json<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
    what: &'static str,
) -> Result<T, ImportError> {
    // serde's message could quote a name.
    serde_json::from_slice(bytes).map_err(|_| SealError::DoesNotOpen(what).into())
}

/// Leaves out the rows that wait already, cell for cell, in an earlier import:
/// the same file a second time asks nothing twice.
pub(super) fn not_waiting_yet(
    tx: &mut Conn,
    sealer: &Sealer,
    year: &str,
    rows: Vec<WaitingRow>,
) -> Result<Vec<WaitingRow>, ImportError> {
    if rows.is_empty() {
        return Ok(rows);
    }
    let mut known: HashSet<Vec<String>> = HashSet::new();
    for (_, import, row, sealed) in waiting_queries::rows_waiting_in_year(tx, year)? {
        known.insert(Content::open(sealer, import, row, &sealed)?.cells);
    }
    Ok(rows
        .into_iter()
        .filter(|row| !known.contains(&row.content.cells))
        .collect())
}

/// The most comparisons of a waiting row with a new one; a whole area's roster
/// is no corrected copy of another.
const MOST_COMPARISONS: usize = 5_000_000;

/// The rows that an earlier import left waiting and that come in with this one, corrected. Comparing every waiting row
/// with every new one may take long, so it is done before the lock is taken; see [`end_waiting`].
pub(super) fn corrected(
    tx: &mut Conn,
    sealer: &Sealer,
    year: &str,
    prepared: &Prepared,
    parsed: &Parsed,
) -> Result<Vec<i64>, ImportError> {
    let waiting = waiting_queries::rows_waiting_in_year(tx, year)?;
    if waiting.len().saturating_mul(prepared.plan.rows.len()) > MOST_COMPARISONS {
        return Ok(Vec::new());
    }
    let first = parsed.columns.heading_row + 1;
    let mut corrected = Vec::new();
    for (id, of_import, number, sealed) in waiting {
        let content = Content::open(sealer, of_import, number, &sealed)?;
        let same_layout = parsed
            .columns
            .columns
            .iter()
            .zip(&content.headings)
            .all(|(column, heading)| column.heading == *heading);
        if !same_layout || content.headings.len() > parsed.columns.columns.len() {
            continue;
        }
        let came_in = prepared.plan.rows.iter().enumerate().any(|(index, row)| {
            let goes_in = matches!(
                row.action,
                Action::New(_) | Action::Changed { .. } | Action::Unchanged { .. }
            );
            goes_in && is_corrected(&content.cells, parsed.table.row(first + index))
        });
        if came_in {
            corrected.push(id);
        }
    }
    Ok(corrected)
}

/// Ends the waiting of rows that came in corrected; one that was decided meanwhile stays as it was decided.
pub(super) fn end_waiting(tx: &mut Conn, corrected: &[i64]) -> Result<(), ImportError> {
    for id in corrected {
        waiting_queries::decide_row(tx, *id, Decided::Corrected, None)?;
    }
    Ok(())
}

/// Whether a row is a waiting one with a few cells mended.
fn is_corrected(cells: &[String], row: Row<'_>) -> bool {
    let filled = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let same = cells
        .iter()
        .enumerate()
        .filter(|(column, cell)| {
            !cell.trim().is_empty() && restored(row.cell(*column)) == restored(cell)
        })
        .count();
    same >= 4 && same + 3 >= filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use tabular::{Limits, read_sheets};

    #[test]
    fn a_row_with_a_few_cells_mended_is_the_same_row() {
        let sheets = read_sheets(
            b"900101,Ava,Hill,2016-01-01,F,6A,1 Road\n900101,Bo,Ng,2016-02-02,M,6A,2 Road\n",
            &Limits::UPLOAD,
        )
        .unwrap();
        let waiting: Vec<String> = ["900101", "Ava", "Hill", "soon", "", "6A", "1 Road"]
            .map(str::to_owned)
            .to_vec();
        assert!(is_corrected(&waiting, sheets[0].table.row(0)));
        assert!(!is_corrected(&waiting, sheets[0].table.row(1)));
    }
}
