//! What became of the outcome that a letter reports, when it no longer stands: undone, replaced, or its child opted out.
//!
//! A letter that went cannot be called back. Its page and every list say that the parents hold a result that no longer
//! stands, since when and by whom, and what can be done.

use std::collections::HashMap;

use serde::Serialize;

use super::earlier_queries;
use super::error::LetterError;
use super::queries as letters;
use super::state::{Kind, Letter, State};
use programme::Coded as _;

use crate::audit::{self, Action, Done};
use crate::clock::local;
use crate::db::{self, Conn};
use crate::records::outcome::{History, histories};
use crate::records::pupil::{self, OutcomeKind, Pupil};
use crate::wording::long_date;

/// Every action that makes a new version of a child's outcome: one event for each version.
const VERSIONS: [Action; 5] = [
    Action::MeasurementRecorded,
    Action::MeasurementNotMeasured,
    Action::MeasurementUndone,
    Action::MeasurementPutBack,
    Action::MeasurementReassessed,
];

/// The action that sets a child's flags, opting out among them.
const FLAGS: Action = Action::ChildFlagsSet;

/// What became of the outcome that a letter reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Afterwards {
    /// What happened, when and by whom: a sentence.
    pub happened: String,
    /// What that means for the parents and what can be done: sentences.
    pub help: &'static str,
    /// The letter about the outcome that stands now.
    pub newer: Option<i64>,
    /// Whether the result no longer stands; an opted-out child's does.
    pub is_overtaken: bool,
}

/// What became of the outcomes that these letters report, by letter; those whose outcome stands are left out.
pub fn afterwards(
    tx: &mut Conn,
    letters: &[&Letter],
) -> Result<HashMap<i64, Afterwards>, LetterError> {
    let mut pupils: Vec<i64> = letters.iter().map(|letter| letter.pupil).collect();
    pupils.sort_unstable();
    pupils.dedup();
    let rows = rows(tx, &pupils)?;
    let histories = histories(tx, &pupils)?;
    let known = Known {
        versions: audit::done_to(tx, &pupils, &VERSIONS)?,
        flags: audit::done_to(tx, &pupils, &[FLAGS])?,
        newest: earlier_queries::letters_of_standing_outcomes(tx, &pupils)?,
    };
    let nothing = History::default();
    Ok(letters
        .iter()
        .filter_map(|letter| {
            let row = rows.get(&letter.pupil)?;
            let history = histories.get(&letter.pupil).unwrap_or(&nothing);
            Some((letter.id, known.of(letter, row, history)?))
        })
        .collect())
}

/// What became of the outcomes that a child's letters report, by letter; those whose outcome stands are left out.
pub fn afterwards_of_child(
    tx: &mut Conn,
    pupil: i64,
) -> Result<HashMap<i64, Afterwards>, LetterError> {
    let letters = letters::of_pupil(tx, pupil)?;
    afterwards(tx, &letters.iter().collect::<Vec<_>>())
}

fn rows(tx: &mut Conn, pupils: &[i64]) -> Result<HashMap<i64, Pupil>, db::Error> {
    let rows = pupil::pupils(tx, pupils)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// What is known of the children of a page.
struct Known {
    versions: HashMap<i64, Vec<Done>>,
    flags: HashMap<i64, Vec<Done>>,
    /// The letters about the outcomes that stand.
    newest: HashMap<i64, i64>,
}

impl Known {
    fn of(&self, letter: &Letter, row: &Pupil, history: &History) -> Option<Afterwards> {
        let standing = row.outcome_version;
        // Where nothing is recorded of a version, the name has gone and only what stood then is left.
        if history.original(letter.version) == 0 {
            return None;
        }
        let newer = self.newest.get(&letter.pupil).copied();
        if let Some(at) = history.taken_away_at(letter.version, standing) {
            let done = self.version(letter.pupil, standing, at);
            let is_undone = done.map_or_else(
                || history.original(letter.version) > history.original(standing),
                |done| done.action == Action::MeasurementUndone.code(),
            );
            return Some(Afterwards {
                happened: happened(letter.kind, is_undone, done),
                help: help(
                    letter.state,
                    row.outcome != OutcomeKind::None,
                    newer.is_some(),
                ),
                newer,
                is_overtaken: true,
            });
        }
        let has_gone = matches!(letter.state, State::Sent | State::InDoubt);
        (row.opted_out && has_gone && letter.kind == Kind::Result).then(|| Afterwards {
            happened: opted_out(self.flags.get(&letter.pupil).and_then(|done| done.first())),
            help: "The parents have this letter, or may have it. The measurement is kept, and no further letter is sent unless a nurse decides so.",
            newer: None,
            is_overtaken: false,
        })
    }

    /// What made the version `at` of a child whose outcome stands at `standing`: one event for each version, so it is
    /// found by counting from the newest.
    fn version(&self, pupil: i64, standing: i32, at: i32) -> Option<&Done> {
        let place = usize::try_from(standing - at).ok()?;
        self.versions.get(&pupil)?.get(place)
    }
}

fn on_and_by(done: Option<&Done>) -> String {
    done.map_or_else(String::new, |done| {
        format!(" on {} by {}", long_date(local(done.at).date()), done.by)
    })
}

fn happened(kind: Kind, is_undone: bool, done: Option<&Done>) -> String {
    let when = on_and_by(done);
    match (kind, is_undone) {
        (Kind::Result, true) => {
            format!("The measurement this letter reports was undone{when}.")
        }
        (Kind::Result, false) => {
            format!("The measurement this letter reports was replaced{when}.")
        }
        (Kind::NotMeasured, true) => {
            format!("The reason this letter reports was undone{when}.")
        }
        (Kind::NotMeasured, false) => {
            format!("The reason this letter reports was replaced{when}.")
        }
    }
}

fn opted_out(done: Option<&Done>) -> String {
    match done {
        Some(_) => format!(
            "A parent has withdrawn the child. The child’s flags were last set{}.",
            on_and_by(done)
        ),
        None => "A parent has withdrawn the child.".to_owned(),
    }
}

/// What can be done about a letter whose outcome no longer stands. `something_stands`: another outcome has taken its
/// place; `has_newer`: a letter about that one has been made.
fn help(state: State, something_stands: bool, has_newer: bool) -> &'static str {
    match state {
        State::Sent if !something_stands => {
            "The parents have a letter with a result that no longer stands. Record the child’s outcome again: the letter about it says that it replaces this one."
        }
        State::Sent if has_newer => {
            "The parents have a letter with a result that no longer stands. The letter about the outcome that stands now says that it replaces this one."
        }
        State::Sent => {
            "The parents have a letter with a result that no longer stands. A letter about the outcome that stands now is made within the hour, or when you prepare letters; it says that it replaces this one."
        }
        State::InDoubt => {
            "Find out whether this letter arrived. If it did, the parents have a result that no longer stands; the letter about the child’s next outcome says that it replaces this one."
        }
        State::Queued => {
            "This letter waits in the outbox and is taken back before it is handed over."
        }
        _ => "This letter is not sent.",
    }
}

#[cfg(test)]
mod tests {
    use programme::Coded as _;

    use super::*;

    #[test]
    fn every_state_of_a_letter_has_words_that_fit_it() {
        for state in State::ALL.iter().copied() {
            let told = help(state, false, false);
            let parents_have_it = told.contains("The parents have a letter");
            assert_eq!(parents_have_it, state == State::Sent, "{state:?}: {told}");
        }
    }

    #[test]
    fn without_an_event_nothing_is_said_of_when_and_by_whom() {
        assert_eq!(
            happened(Kind::Result, true, None),
            "The measurement this letter reports was undone."
        );
    }
}
