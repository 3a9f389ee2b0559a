//! What waits in an import, sealed with the key of its year.
//!
//! Rows that cannot go in and rows a person decides on hold names like any
//! other; so do the uploaded bytes and the copies kept for undoing.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::child::RosterChild;
use super::code::Finding;
use super::import::ImportError;
use super::queries;
use crate::db::Conn;
use crate::identity::{SealError, Sealer};

/// What the sealed bytes of an upload are bound to.
pub(super) const UPLOAD: &str = "import upload";
const ROW: &str = "import row";
const BEFORE: &str = "import before";

/// A row on its way to wait.
#[derive(Debug)]
pub(super) struct WaitingRow {
    pub(super) number: i32,
    pub(super) outcome: &'static str,
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
    for (import, row, sealed) in queries::rows_waiting_in_year(tx, year)? {
        known.insert(Content::open(sealer, import, row, &sealed)?.cells);
    }
    Ok(rows
        .into_iter()
        .filter(|row| !known.contains(&row.content.cells))
        .collect())
}
