//! A plan: what would be done with each row.

use crate::code::{Code, Finding, Strength};
use crate::columns::slip::Slip;
use crate::matching::merge::Change;
use crate::row::child::RosterChild;
use crate::row::kind::NotAChild;

/// A child already held.
#[derive(Debug, Clone)]
pub struct Held {
    /// The child's number in the database.
    pub pupil: i64,
    /// Whether it is on roll, as far as is known.
    pub on_roll: bool,
    /// The child as it is held.
    pub child: RosterChild,
}

/// What an import would do.
#[derive(Debug)]
pub struct Plan {
    /// Every row below the headings that is not blank, in order.
    pub rows: Vec<PlannedRow>,
    /// Children of the same schools and year groups who are on no row:
    /// positions in the list of children held. Proposed to have left.
    pub leavers: Vec<usize>,
    /// Runs of rows whose cells have moved.
    pub slips: Vec<Slip>,
    /// What is worth saying once for the whole file.
    pub notices: Vec<String>,
}

/// What would be done with one row.
#[derive(Debug)]
pub struct PlannedRow {
    /// The row's number as a spreadsheet shows it.
    pub number: u32,
    /// What would be done.
    pub action: Action,
    /// Everything found.
    pub findings: Vec<Finding>,
}

/// What would be done with a row.
#[derive(Debug)]
pub enum Action {
    /// A new child.
    New(Box<RosterChild>),
    /// A child held who is described just as before.
    Unchanged {
        /// Position in the list of children held.
        held: usize,
    },
    /// A child held who is described differently.
    Changed {
        /// Position in the list of children held.
        held: usize,
        /// The child as it would be.
        merged: Box<RosterChild>,
        /// What differs.
        changes: Vec<Change>,
    },
    /// The same child as an earlier row.
    Duplicate {
        /// That row's number.
        of_row: u32,
    },
    /// A person decides.
    Review {
        /// The child as uploaded.
        child: Box<RosterChild>,
        /// The earlier row it may be the same as.
        of_row: Option<u32>,
        /// Positions of the children held that it may be.
        candidates: Vec<usize>,
    },
    /// Cannot go in as it stands.
    Rejected,
    /// Another year group.
    Skipped,
    /// Not a child.
    NotAChild(NotAChild),
}

impl Action {
    /// The stable word for it in reports.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Unchanged { .. } | Self::Changed { .. } => "matched",
            Self::Duplicate { .. } => "duplicate",
            Self::Review { .. } => "review",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::NotAChild(kind) => kind.as_str(),
        }
    }
}

impl PlannedRow {
    /// Whether anything of this strength was found.
    pub fn has(&self, strength: Strength) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code.strength() == strength)
    }

    /// What was found beyond repairs, in words, a sentence each. `None` when
    /// there is nothing to say.
    pub fn message(&self) -> Option<String> {
        let sentences: Vec<String> = self
            .findings
            .iter()
            .filter(|finding| {
                finding.code.strength() != Strength::Repair
                    || matches!(self.action, Action::Skipped)
                    || matches!(finding.code, Code::ContactAdded | Code::ContactNotAdded)
            })
            .map(|finding| match &finding.heading {
                Some(heading) if !heading.is_empty() => format!("{heading}: {}", finding.message),
                _ => finding.message.clone(),
            })
            .collect();
        match (&self.action, sentences.is_empty()) {
            (Action::Duplicate { of_row }, true) => {
                Some(format!("The same child as row {of_row}; not added again."))
            }
            (_, true) => None,
            (_, false) => Some(sentences.join(" ")),
        }
    }
}
