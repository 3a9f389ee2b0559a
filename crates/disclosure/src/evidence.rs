//! What the audit found, kept with the release it is about.

use serde::{Deserialize, Serialize};

use crate::design::FEWEST_VALUES;

/// The result of one audit of one place and year group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    pub(crate) cells: u64,
    pub(crate) sensitive: u64,
    pub(crate) exposed: u64,
    pub(crate) narrowest: Option<u32>,
    pub(crate) solved: u64,
    pub(crate) contradiction: bool,
}

impl Findings {
    /// Counts one sensitive count with the number of values left.
    pub(crate) fn note(&mut self, values: Option<u32>, nought_possible: bool) {
        self.sensitive += 1;
        if !protected(values, nought_possible) {
            self.exposed += 1;
        }
        if let Some(values) = values {
            self.narrowest = Some(self.narrowest.map_or(values, |now| now.min(values)));
        }
    }

    pub(crate) fn passed(&self) -> bool {
        self.exposed == 0 && !self.contradiction
    }
}

/// Whether a count with this many values left, nought among them or not, is protected.
fn protected(values: Option<u32>, nought_possible: bool) -> bool {
    nought_possible && values.is_none_or(|values| values >= FEWEST_VALUES)
}

/// The evidence of an audit: what was asked, what was hidden, what is left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Counts asked about, shown or implied.
    pub cells: u64,
    /// Those of them that are 0 to 7.
    pub sensitive: u64,
    /// Figures hidden by the rules on small numbers.
    pub hidden_first: u64,
    /// Figures left out because others would have given something away.
    pub hidden_by_audit: u64,
    /// Figures moved on by a step or two, for the same reason.
    pub moved_by_audit: u64,
    /// Blocks of figures that stay as they were in an earlier release.
    pub kept_from_earlier: u64,
    /// The fewest values that remain possible for any count of 0 to 7; `None`
    /// where nothing limits any of them.
    pub narrowest: Option<u32>,
    /// Counts of 0 to 7 with fewer than six values left, or whose being nought
    /// is ruled out. A release with any cannot be published.
    pub exposed: u64,
    /// Programmes solved, linear and integer.
    pub programmes: u64,
    /// Seconds the audit took, as measured by the caller; nought if it did not.
    pub seconds: f64,
}

impl Evidence {
    /// Whether nothing is exposed.
    pub fn passed(&self) -> bool {
        self.exposed == 0
    }

    pub(crate) fn add(&mut self, findings: &Findings) {
        self.cells += findings.cells;
        self.sensitive += findings.sensitive;
        self.exposed += findings.exposed + u64::from(findings.contradiction);
        self.programmes += findings.solved;
        self.narrowest = match (self.narrowest, findings.narrowest) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}
