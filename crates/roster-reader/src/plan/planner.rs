//! Works out a plan row by row.

use std::collections::{HashMap, HashSet};

use programme::{Urn, YearGroup};

use super::decide::{Known, MayBeDamaged};
use super::glimpses::Glimpses;
use super::outcome::{Action, Held, Plan, PlannedRow};
use crate::check::{Checked, CheckedRow, Verdict};
use crate::code::{Code, Finding};
use crate::matching::Index;
use crate::row::child::RosterChild;

/// Works out what an import would do.
///
/// A row that fits no child held and may be one whose record is damaged waits for a person.
pub fn plan(checked: Checked, held: &[Held], damaged: MayBeDamaged<'_>) -> Plan {
    let mut planner = Planner::new(held, damaged, checked.rows.len());
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
                planner.seen.extend(glimpses.held_seen_in(&glimpse));
                Action::Rejected
            }
            Verdict::Skipped => Action::Skipped,
            Verdict::NotAChild(kind) => Action::NotAChild(kind),
            Verdict::Child(child) => planner.plan_child(number, child, &mut findings),
        };
        rows.push(PlannedRow {
            number,
            action,
            findings,
        });
    }
    Plan {
        rows,
        leavers: planner.leavers(),
        slips: checked.slips,
        notices: checked.notices,
    }
}

/// The children held and the rows so far, while a plan is made.
struct Planner<'a> {
    known: Known<'a>,
    held_index: Index,
    /// The children of the rows so far, duplicates left out.
    file_index: Index,
    /// Positions of the children held who are on a row, or may be.
    seen: HashSet<usize>,
    /// Schools and year groups that the file is about.
    covered: HashSet<(Urn, YearGroup)>,
}

impl<'a> Planner<'a> {
    fn new(held: &'a [Held], damaged: MayBeDamaged<'a>, rows: usize) -> Self {
        let mut held_index = Index::with_capacity(held.len());
        for one in held {
            let traits = held_index.traits(&one.child.person, one.child.urn);
            held_index.add(traits);
        }
        Self {
            known: Known {
                held,
                damaged,
                taken: HashMap::new(),
                rows_in_file: Vec::with_capacity(rows),
            },
            file_index: held_index.sibling(rows),
            held_index,
            seen: HashSet::new(),
            covered: HashSet::new(),
        }
    }

    fn plan_child(
        &mut self,
        number: u32,
        child: Box<RosterChild>,
        findings: &mut Vec<Finding>,
    ) -> Action {
        self.covered.insert((child.urn, child.year_group));
        let traits = self.held_index.traits(&child.person, child.urn);
        let in_held = self.held_index.find(&traits, Code::PossibleMatch);
        let in_file = self.file_index.find(&traits, Code::PossibleDuplicate);
        let action = self.known.decide(child, in_held, in_file, findings);
        match &action {
            Action::Unchanged { held } | Action::Changed { held, .. } => {
                self.known.taken.insert(*held, number);
                self.seen.insert(*held);
            }
            Action::Review { candidates, .. } => self.seen.extend(candidates),
            _ => {}
        }
        if !matches!(action, Action::Duplicate { .. }) {
            self.file_index.add(traits);
            self.known.rows_in_file.push(number);
        }
        action
    }

    /// Children on roll, of a school and year group the file is about, who are on no row.
    fn leavers(&self) -> Vec<usize> {
        self.known
            .held
            .iter()
            .enumerate()
            .filter(|(place, one)| {
                one.on_roll
                    && !self.seen.contains(place)
                    && self
                        .covered
                        .contains(&(one.child.urn, one.child.year_group))
            })
            .map(|(place, _)| place)
            .collect()
    }
}
