//! How far a year has come, school by school: what the Progress page lists and the tiles of Home sum up.

use std::collections::BTreeMap;

use crate::access::Scope;
use crate::db::{Conn, Error};
use crate::letters;
use crate::letters::state::State;
use crate::measurement::participation::Tally;
use crate::measurement::tallies;

/// The states of a letter that may go, goes or went.
const READY_OR_SENT: [State; 3] = [State::Ready, State::Queued, State::Sent];

/// How far a school has come, or several together. Each number is part of the one before it: eligible, measured,
/// ready or sent, sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Outcomes of its children.
    pub(super) tally: Tally,
    /// Measured children whose result may go to the parents or went.
    pub(super) ready_or_sent: i64,
    /// Measured children whose result went.
    pub(super) sent: i64,
}

impl Line {
    fn add(&mut self, other: &Self) {
        self.tally.add(&other.tally);
        self.ready_or_sent += other.ready_or_sent;
        self.sent += other.sent;
    }
}

/// How far the schools of a scope have come.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// A line for each school with children or a head-count, by URN.
    pub(super) schools: BTreeMap<i32, Line>,
    /// All of them together.
    pub(super) total: Line,
}

/// How far the schools of a scope have come in a year.
pub(super) fn progress(tx: &mut Conn, scope: &Scope, year: &str) -> Result<Progress, Error> {
    let mut found = Progress::default();
    for (urn, groups) in tallies(tx, scope, year)? {
        let line = found.schools.entry(urn).or_default();
        for tally in groups.values() {
            line.tally.add(tally);
        }
    }
    for (urn, children) in letters::children_with_result(tx, scope, year, &READY_OR_SENT)? {
        found.schools.entry(urn).or_default().ready_or_sent = children;
    }
    for (urn, children) in letters::children_with_result(tx, scope, year, &[State::Sent])? {
        found.schools.entry(urn).or_default().sent = children;
    }
    for line in found.schools.values() {
        found.total.add(line);
    }
    Ok(found)
}
