//! Findings about one measurement.

use serde::{Deserialize, Serialize};

use super::{Code, Strength};

/// One finding, with its message to the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// A sentence for the person who measured.
    pub message: String,
}

/// Everything found about one measurement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What keeps it from being saved, the most telling first.
    pub rejects: Vec<Finding>,
    /// What has to be confirmed.
    pub warnings: Vec<Finding>,
}

impl Findings {
    /// Whether the measurement may be saved.
    pub fn can_be_saved(&self) -> bool {
        self.rejects.is_empty()
    }

    /// The codes found, the rejects first.
    pub fn codes(&self) -> impl Iterator<Item = Code> {
        self.rejects
            .iter()
            .chain(&self.warnings)
            .map(|finding| finding.code)
    }

    pub(super) fn add(&mut self, code: Code, message: String) {
        let list = match code.strength() {
            Strength::Reject => &mut self.rejects,
            Strength::Warn => &mut self.warnings,
        };
        list.push(Finding { code, message });
    }
}
