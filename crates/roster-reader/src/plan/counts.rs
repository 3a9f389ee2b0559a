//! How many rows of a plan come to what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::{Action, Plan};
use crate::code::Strength;

/// How many rows came to what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows that are children's.
    pub rows: usize,
    /// New children.
    pub new: usize,
    /// Children already held, changed or not.
    pub matched: usize,
    /// Of these, those described just as before.
    pub unchanged: usize,
    /// The same child as an earlier row.
    pub duplicate: usize,
    /// Held for a person.
    pub review: usize,
    /// Cannot go in as they stand.
    pub rejected: usize,
    /// Other year groups.
    pub skipped: usize,
    /// Rows that go in with a warning.
    pub rows_with_warnings: usize,
    /// What differs in the children held, by the word for it.
    pub changed: BTreeMap<String, usize>,
    /// Children proposed to have left.
    pub leavers: usize,
}

impl Plan {
    /// How many rows came to what.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            leavers: self.leavers.len(),
            ..Counts::default()
        };
        for row in &self.rows {
            counts.rows += 1;
            let mut goes_in = true;
            match &row.action {
                Action::New(_) => counts.new += 1,
                Action::Unchanged { .. } => {
                    counts.matched += 1;
                    counts.unchanged += 1;
                }
                Action::Changed { changes, .. } => {
                    counts.matched += 1;
                    for change in changes {
                        *counts
                            .changed
                            .entry(change.as_str().to_owned())
                            .or_default() += 1;
                    }
                }
                Action::Duplicate { .. } => counts.duplicate += 1,
                Action::Review { .. } => counts.review += 1,
                Action::Rejected => counts.rejected += 1,
                Action::Skipped => counts.skipped += 1,
                Action::NotAChild(_) => {
                    counts.rows -= 1;
                    goes_in = false;
                }
            }
            goes_in &= !matches!(row.action, Action::Rejected | Action::Skipped);
            counts.rows_with_warnings += usize::from(goes_in && row.has(Strength::Warning));
        }
        counts
    }
}
