//! What an import would do, before anything is done.
//!
//! The one thing to know: the plan is worked out afresh from the checked rows
//! and the children held at that moment, so confirming an old preview never
//! writes what is no longer true.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::check::{Checked, CheckedRow, Verdict};
use crate::code::{Code, Finding, Strength};
use crate::columns::slip::Slip;
use crate::matching::merge::{Change, merge};
use crate::matching::{Index, Match};
use crate::row::child::RosterChild;
use crate::row::kind::NotAChild;
use programme::{Urn, YearGroup, text};

/// A child already held.
#[derive(Debug, Clone)]
pub struct Held {
    /// The child's number.
    pub pupil: i64,
    /// Whether it is on roll, as far as is known.
    pub on_roll: bool,
    /// The child.
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

/// How many rows came to what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
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

/// Says of a row whether it may be a child whose record is damaged and cannot be compared: the
/// child's number.
pub type MayBeDamaged<'a> = &'a dyn Fn(&RosterChild) -> Option<i64>;

/// Works out what an import would do.
///
/// A row that fits no child held and may be one whose record is damaged waits for a person.
pub fn plan(checked: Checked, held: &[Held], damaged: MayBeDamaged<'_>) -> Plan {
    let mut held_index = Index::with_capacity(held.len());
    for one in held {
        let traits = held_index.traits(&one.child.person, one.child.urn);
        held_index.add(traits);
    }
    let mut file_index = held_index.sibling(checked.rows.len());
    let mut rows_in_file: Vec<u32> = Vec::with_capacity(checked.rows.len());
    let mut taken: HashMap<usize, u32> = HashMap::new();
    let mut seen: HashSet<usize> = HashSet::new();
    let mut covered: HashSet<(Urn, YearGroup)> = HashSet::new();
    let glimpses = Glimpses::new(held, &checked.rows);

    let mut rows = Vec::with_capacity(checked.rows.len());
    for CheckedRow {
        number,
        verdict,
        mut findings,
    } in checked.rows
    {
        let action = match verdict {
            Verdict::Rejected(glimpse) => {
                seen.extend(glimpses.held_seen_in(&glimpse));
                Action::Rejected
            }
            Verdict::Skipped => Action::Skipped,
            Verdict::NotAChild(kind) => Action::NotAChild(kind),
            Verdict::Child(child) => {
                covered.insert((child.urn, child.year_group));
                let traits = held_index.traits(&child.person, child.urn);
                let in_held = held_index.find(&traits, Code::PossibleMatch);
                let in_file = file_index.find(&traits, Code::PossibleDuplicate);
                let action = decide(
                    child,
                    in_held,
                    in_file,
                    held,
                    &taken,
                    &rows_in_file,
                    &mut findings,
                );
                let action = hold_for_damaged(action, damaged, &mut findings);
                match &action {
                    Action::Unchanged { held } | Action::Changed { held, .. } => {
                        taken.insert(*held, number);
                        seen.insert(*held);
                    }
                    Action::Review { candidates, .. } => seen.extend(candidates),
                    _ => {}
                }
                if !matches!(action, Action::Duplicate { .. }) {
                    file_index.add(traits);
                    rows_in_file.push(number);
                }
                action
            }
        };
        rows.push(PlannedRow {
            number,
            action,
            findings,
        });
    }
    let leavers = held
        .iter()
        .enumerate()
        .filter(|(place, one)| {
            one.on_roll
                && !seen.contains(place)
                && covered.contains(&(one.child.urn, one.child.year_group))
        })
        .map(|(place, _)| place)
        .collect();
    Plan {
        rows,
        leavers,
        slips: checked.slips,
        notices: checked.notices,
    }
}

/// What to do with a row that is a child.
fn decide(
    child: Box<RosterChild>,
    in_held: Match<usize>,
    in_file: Match<usize>,
    held: &[Held],
    taken: &HashMap<usize, u32>,
    rows_in_file: &[u32],
    findings: &mut Vec<Finding>,
) -> Action {
    let mut review = |code: Code, message: String| {
        findings.push(Finding {
            code,
            heading: None,
            message,
        });
    };
    match (in_held, in_file) {
        (Match::Same(place), _) => {
            if let Some(of_row) = taken.get(&place) {
                return Action::Duplicate { of_row: *of_row };
            }
            let one = &held[place];
            let (merged, mut changes) = merge(&one.child, &child);
            if !one.on_roll {
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
        (_, Match::Same(place)) => Action::Duplicate {
            of_row: rows_in_file[place],
        },
        (Match::Review(code, candidates), _) => {
            review(code, explain(code, None));
            Action::Review {
                child,
                of_row: None,
                candidates,
            }
        }
        (Match::New, Match::Review(code, places)) => {
            let of_row = places.first().map(|place| rows_in_file[*place]);
            review(code, explain(code, of_row));
            Action::Review {
                child,
                of_row,
                candidates: Vec::new(),
            }
        }
        (Match::New, Match::New) => Action::New(child),
    }
}

/// Holds a child for review who would be new but may be one whose record is
/// damaged: added now, it would be there twice once the record is mended.
fn hold_for_damaged(
    action: Action,
    damaged: MayBeDamaged<'_>,
    findings: &mut Vec<Finding>,
) -> Action {
    let Action::New(child) = action else {
        return action;
    };
    let Some(damaged) = damaged(&child) else {
        return Action::New(child);
    };
    findings.push(Finding {
        code: Code::RecordUnreadable,
        heading: None,
        message: format!(
            "May be child {}, whose record is damaged and cannot be compared. Wait until the record is restored and import the list again, or decide that this is another child.",
            damaged
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

/// Finds the children held of whom a rejected row gives a glimpse.
struct Glimpses {
    by_number: HashMap<String, usize>,
    by_name: HashMap<(String, String), Vec<usize>>,
}

impl Glimpses {
    /// Empty unless there is a rejected row to look for.
    fn new(held: &[Held], rows: &[CheckedRow]) -> Self {
        let mut glimpses = Self {
            by_number: HashMap::new(),
            by_name: HashMap::new(),
        };
        if !rows
            .iter()
            .any(|row| matches!(row.verdict, Verdict::Rejected(_)))
        {
            return glimpses;
        }
        for (place, one) in held.iter().enumerate() {
            let person = &one.child.person;
            glimpses.by_number.extend(
                person
                    .nhs_number
                    .as_ref()
                    .map(|number| (number.to_string(), place)),
            );
            glimpses
                .by_number
                .extend(person.upn.as_ref().map(|upn| (upn.to_string(), place)));
            let name = (
                text::folded(&person.given_name),
                text::folded(&person.family_name),
            );
            glimpses.by_name.entry(name).or_default().push(place);
        }
        glimpses
    }

    fn held_seen_in(&self, glimpse: &crate::check::Glimpse) -> Vec<usize> {
        let numbers = [
            glimpse.nhs_number.as_ref().map(ToString::to_string),
            glimpse.upn.as_ref().map(ToString::to_string),
        ];
        let by_number = numbers
            .iter()
            .flatten()
            .filter_map(|number| self.by_number.get(number))
            .copied();
        let name = (
            text::folded(&glimpse.given_name),
            text::folded(&glimpse.family_name),
        );
        by_number
            .chain(self.by_name.get(&name).into_iter().flatten().copied())
            .collect()
    }
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
        let said: Vec<String> = self
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
        match (&self.action, said.is_empty()) {
            (Action::Duplicate { of_row }, true) => {
                Some(format!("The same child as row {of_row}; not added again."))
            }
            (_, true) => None,
            (_, false) => Some(said.join(" ")),
        }
    }
}
