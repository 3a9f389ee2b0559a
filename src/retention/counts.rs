//! What a run counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::wipe_queries::Wiped;
use crate::db::dialect;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Names erased, by academic year.
    pub names: BTreeMap<String, i64>,
    /// Versions of measurements coarsened to the month.
    pub measurements: usize,
    /// Versions of reasons for no measurement coarsened to the month.
    pub not_measured: usize,
    /// Uploaded files wiped.
    pub uploads: usize,
    /// Rows of imports wiped.
    pub import_rows: usize,
    /// Earlier states of a child's record wiped.
    pub import_befores: usize,
    /// Letters cancelled, because nobody is left to write to.
    pub letters: usize,
    /// Messages wiped.
    pub messages: usize,
    /// Names that were erased without having been opened, because their key was not there or did not fit.
    pub unopened: i64,
    /// How often the run was taken up again after it had been cut off.
    pub resumed: usize,
}

impl Counts {
    /// Names erased in all.
    pub fn all_names(&self) -> i64 {
        self.names.values().sum()
    }

    pub(super) fn add(&mut self, wiped: &Wiped) {
        self.uploads += wiped.uploads;
        self.import_rows += wiped.import_rows;
        self.import_befores += wiped.import_befores;
        self.letters += wiped.letters;
        self.messages += wiped.messages;
    }

    pub(super) fn add_coarsened(&mut self, coarsened: dialect::Coarsened) {
        self.measurements += coarsened.measurements;
        self.not_measured += coarsened.not_measured;
    }
}
