//! What becomes of a row: the values that checking passes on.

use programme::{NhsNumber, Upn, Urn};

use crate::code::Finding;
use crate::columns::slip::Displaced;
use crate::progress::Progress;
use crate::row::child::RosterChild;
use crate::row::contacts::Ranked;
use crate::row::kind::NotAChild;
use crate::schools::Schools;

/// What a file is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The calendar year in which the academic year starts.
    pub start_year: i32,
    /// The schools on the list.
    pub schools: &'c Schools,
    /// The school the file is for, when that was said beside it.
    pub school: Option<Urn>,
    /// Counts the rows that are checked.
    pub progress: &'c Progress,
}

/// A row after checking.
#[derive(Debug)]
pub struct CheckedRow {
    /// The row's number as a spreadsheet shows it.
    pub number: u32,
    /// What came of it.
    pub verdict: Verdict,
    /// Everything found, repairs included.
    pub findings: Vec<Finding>,
}

/// What came of checking a row.
#[derive(Debug)]
pub enum Verdict {
    /// A child that can go in.
    Child(Box<RosterChild>),
    /// A child that cannot go in as the row stands, with what can be read of it.
    Rejected(Glimpse),
    /// A child of another year group.
    Skipped,
    /// Not a child.
    NotAChild(NotAChild),
}

/// What can be read of a child whose row is rejected: enough to see that it is
/// on the list, so that nobody proposes that it has left.
#[derive(Default)]
pub struct Glimpse {
    /// NHS number.
    pub nhs_number: Option<NhsNumber>,
    /// UPN.
    pub upn: Option<Upn>,
    /// Given name, or empty.
    pub given_name: String,
    /// Family name, or empty.
    pub family_name: String,
}

/// Shows nothing, so that a value in a log or a panic gives nobody away.
impl std::fmt::Debug for Glimpse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Glimpse(…)")
    }
}

/// A row on its way through the check.
pub(crate) struct Reading {
    pub(crate) row: CheckedRow,
    /// What happened to its cells, when they are not where they should be.
    pub(crate) displaced: Option<Displaced>,
    /// The contacts of a row that has nothing else.
    pub(crate) contacts: Vec<Ranked>,
    /// The priorities of the child's contacts.
    pub(crate) priorities: Vec<Option<u8>>,
}

impl From<CheckedRow> for Reading {
    fn from(row: CheckedRow) -> Self {
        Self {
            row,
            displaced: None,
            contacts: Vec::new(),
            priorities: Vec::new(),
        }
    }
}
