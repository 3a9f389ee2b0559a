//! What the list and the page of a letter say beside it.

use chrono::NaiveDate;

use crate::letters::afterwards::Afterwards;
use crate::letters::due;
use crate::letters::eligibility::{Child, Outcome};
use crate::letters::reason::Reason;
use crate::letters::state::Letter;

/// Reasons in words. That a newer outcome has taken the letter's place is left out where it is said what happened.
pub(super) fn words_beside(
    reasons: &[Reason],
    afterwards: Option<&Afterwards>,
) -> Vec<&'static str> {
    let is_told = afterwards.is_some_and(|afterwards| afterwards.is_overtaken);
    reasons
        .iter()
        .filter(|reason| !(is_told && **reason == Reason::Superseded))
        .map(|reason| reason.words())
        .collect()
}

/// When a letter that has not gone is due; `None` for one that no six weeks run for.
pub(super) fn due_by(letter: &Letter, child: &Child) -> Option<NaiveDate> {
    match &child.outcome {
        Outcome::Measured(measured)
            if letter.version == child.version && due::UNSENT.contains(&letter.state) =>
        {
            Some(due::due_by(measured.on))
        }
        _ => None,
    }
}
