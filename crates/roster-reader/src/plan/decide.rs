//! Decides what to do with a row that is a child.

use std::collections::HashMap;

use super::outcome::{Action, Held};
use crate::code::{Code, Finding};
use crate::matching::Match;
use crate::matching::merge::{Change, merge};
use crate::row::child::RosterChild;

/// Returns the number of a child whose record is damaged and cannot be compared, when a row may be
/// about that child.
pub type MayBeDamaged<'a> = &'a dyn Fn(&RosterChild) -> Option<i64>;

/// What is known when a row is decided on.
pub(super) struct Known<'a> {
    /// The children held.
    pub(super) held: &'a [Held],
    pub(super) damaged: MayBeDamaged<'a>,
    /// Children held whom an earlier row describes, with that row's number.
    pub(super) taken: HashMap<usize, u32>,
    /// The numbers of the earlier rows that are children, by their place in the file's index.
    pub(super) rows_in_file: Vec<u32>,
}

impl Known<'_> {
    /// Decides by the matches among the children held and among the earlier rows.
    pub(super) fn decide(
        &self,
        child: Box<RosterChild>,
        in_held: Match<usize>,
        in_file: Match<usize>,
        findings: &mut Vec<Finding>,
    ) -> Action {
        match (in_held, in_file) {
            (Match::Same(place), _) => match self.taken.get(&place) {
                Some(of_row) => Action::Duplicate { of_row: *of_row },
                None => self.update(place, &child),
            },
            (_, Match::Same(place)) => Action::Duplicate {
                of_row: self.rows_in_file[place],
            },
            (Match::Review(code, candidates), _) => {
                findings.push(Finding {
                    code,
                    heading: None,
                    message: explain(code, None),
                });
                Action::Review {
                    child,
                    of_row: None,
                    candidates,
                }
            }
            (Match::New, Match::Review(code, places)) => {
                let of_row = places.first().map(|place| self.rows_in_file[*place]);
                findings.push(Finding {
                    code,
                    heading: None,
                    message: explain(code, of_row),
                });
                Action::Review {
                    child,
                    of_row,
                    candidates: Vec::new(),
                }
            }
            (Match::New, Match::New) => hold_for_damaged(child, self.damaged, findings),
        }
    }

    /// Updates a child held by a row that is the same child.
    fn update(&self, place: usize, child: &RosterChild) -> Action {
        let held = &self.held[place];
        let (merged, mut changes) = merge(&held.child, child);
        if !held.on_roll {
            changes.push(Change::Returned);
        }
        if changes.is_empty() {
            Action::Unchanged { held: place }
        } else {
            Action::Changed {
                held: place,
                merged: Box::new(merged),
                changes,
            }
        }
    }
}

/// Adds a new child, or holds it for review when it may be one whose record is damaged:
/// added now, it would be there twice once the record is restored.
fn hold_for_damaged(
    child: Box<RosterChild>,
    damaged: MayBeDamaged<'_>,
    findings: &mut Vec<Finding>,
) -> Action {
    let Some(damaged) = damaged(&child) else {
        return Action::New(child);
    };
    findings.push(Finding {
        code: Code::RecordUnreadable,
        heading: None,
        message: format!(
            "May be child {damaged}, whose record is damaged and cannot be compared. Wait until the record is restored and import the list again, or decide that this is another child."
        ),
    });
    Action::Review {
        child,
        of_row: None,
        candidates: Vec::new(),
    }
}

/// Why a person has to decide.
fn explain(code: Code, of_row: Option<u32>) -> String {
    let other = of_row.map_or("a child already held".to_owned(), |row| {
        format!("the child in row {row}")
    });
    match code {
        Code::NhsNumberShared => format!(
            "The NHS number is that of {other}, but the given name is another. Twins are never put together: correct the number, or decide."
        ),
        Code::UpnShared => {
            format!("The UPN is that of {other}, but the given name is another. Correct the UPN, or decide.")
        }
        Code::NhsNumberConflict => {
            format!("Seems to be {other}, but the NHS numbers differ and both are valid. Decide whether they are one child.")
        }
        Code::IdentifiersDisagree => {
            "The NHS number is that of one child and the UPN that of another. Correct one of them, or decide.".to_owned()
        }
        Code::SeveralMatches => "Several children held have this name and date of birth. Decide which one it is.".to_owned(),
        _ => format!(
            "May be {other}: three of family name, given name, date of birth and postcode agree. Decide whether they are one child."
        ),
    }
}
