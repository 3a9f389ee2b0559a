//! What became of each row of a file, and of the file.

use std::collections::HashSet;
use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::file::Parsed;
use super::outcome::Refusal;
use super::row_result::RowResult;

/// What a row came to.
#[derive(Clone, Debug, Serialize)]
pub struct RowOutcome {
    /// The row as a spreadsheet shows it.
    pub row: u32,
    /// What it came to.
    pub outcome: RowResult,
    /// What was found.
    pub codes: Vec<String>,
    /// In words, with the value and what would be right. Holds personal data.
    pub message: String,
    /// The earlier row that says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_row: Option<u32>,
    /// The child for whom something is written, and whether it is a measurement.
    #[serde(skip)]
    written: Option<(i64, bool)>,
}

/// What a file came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Every row in order.
    pub rows: Vec<RowOutcome>,
    /// Rows with a measurement that went in.
    pub measured: usize,
    /// Rows with a reason that went in.
    pub not_measured: usize,
    /// What is worth saying once for the whole file.
    pub notices: Vec<String>,
}

impl Report {
    /// Rows of one outcome.
    pub fn count(&self, outcome: RowResult) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == outcome)
            .count()
    }

    /// Rows that went in with something to check.
    pub fn with_warnings(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == RowResult::New && !row.codes.is_empty())
            .count()
    }

    /// Writes the file back with what is wrong with each row.
    pub fn write_errors(&self, parsed: &Parsed, out: impl io::Write) -> io::Result<()> {
        let wrong = self
            .rows
            .iter()
            .filter(|row| row.outcome == RowResult::Rejected)
            .map(|row| (row.row, row.message.as_str()))
            .collect();
        parsed.write_errors(&wrong, out)
    }

    /// The report as one object. Holds personal data in its messages.
    pub fn json(&self, parsed: &Parsed) -> Value {
        let told: Vec<&RowOutcome> = self
            .rows
            .iter()
            .filter(|row| row.outcome != RowResult::New || !row.codes.is_empty())
            .collect();
        json!({
            "rows": self.rows.len(),
            "counts": {
                "new": self.count(RowResult::New),
                "matched": self.count(RowResult::Matched),
                "duplicate": self.count(RowResult::Duplicate),
                "review": 0,
                "rejected": self.count(RowResult::Rejected),
                "skipped": self.count(RowResult::Skipped),
                "measured": self.measured,
                "not_measured": self.not_measured,
                "rows_with_warnings": self.with_warnings(),
            },
            "columns": parsed.used,
            "row_outcomes": told,
        })
    }
}

/// What became of a row that tells one child and one outcome.
pub(super) struct Taken {
    pub(super) pupil: i64,
    pub(super) outcome: RowResult,
    pub(super) codes: Vec<String>,
    pub(super) message: String,
    pub(super) of_row: Option<u32>,
    pub(super) measured: bool,
}

/// What a row is told whose child somebody else recorded meanwhile.
pub(super) const CHANGED_MEANWHILE: &str =
    "Somebody recorded this child while the file was read: import it once more.";

impl Report {
    pub(super) fn note(&mut self, row: u32, taken: Result<Taken, Refusal>) {
        let outcome = match taken {
            Ok(taken) => {
                match (taken.outcome, taken.measured) {
                    (RowResult::New, true) => self.measured += 1,
                    (RowResult::New, false) => self.not_measured += 1,
                    _ => {}
                }
                RowOutcome {
                    row,
                    outcome: taken.outcome,
                    codes: taken.codes,
                    message: taken.message,
                    of_row: taken.of_row,
                    written: (taken.outcome == RowResult::New)
                        .then_some((taken.pupil, taken.measured)),
                }
            }
            Err(refusal) => RowOutcome {
                row,
                outcome: refusal.outcome,
                codes: refusal.codes,
                message: refusal.message,
                of_row: None,
                written: None,
            },
        };
        self.rows.push(outcome);
    }

    /// Rejects the rows of children for whom somebody else was quicker.
    pub(super) fn reject_overtaken(&mut self, overtaken: &HashSet<i64>) {
        for row in &mut self.rows {
            let Some((pupil, measured)) = row.written else {
                continue;
            };
            if !overtaken.contains(&pupil) {
                continue;
            }
            if measured {
                self.measured -= 1;
            } else {
                self.not_measured -= 1;
            }
            row.outcome = RowResult::Rejected;
            row.codes = vec!["changed_meanwhile".to_owned()];
            CHANGED_MEANWHILE.clone_into(&mut row.message);
            row.written = None;
        }
    }
}
