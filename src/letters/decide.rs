//! What a person decides about a letter, each with its event in the same transaction.

use chrono::NaiveDateTime;
use programme::Coded as _;
use serde_json::json;

use super::error::LetterError;
use super::ledger::note_disclosure;
use super::state::{Letter, Refused, State};
use super::store::{store, take_back};
use super::{queries, sending_queries};
use crate::access::Scope;
use crate::audit::{self, Action};
use crate::outbox::{self, OutboxError};
use crate::work::Work;

/// What can be decided.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may go in spite of its reasons.
    LetGo,
    /// It must wait.
    Hold,
    /// It arrived: the doubt is settled.
    Arrived,
    /// It is to be sent once more, with the same Message-ID.
    SendAgain,
}

impl Decision {
    /// What the event of it says was done.
    fn action(self) -> Action {
        match self {
            Self::LetGo => Action::LetterLetGo,
            Self::Hold => Action::LetterHold,
            Self::Arrived => Action::LetterArrived,
            Self::SendAgain => Action::LetterSendAgain,
        }
    }

    /// What can be decided about a letter where it stands.
    pub fn possible(letter: &Letter) -> Vec<Self> {
        let now = NaiveDateTime::default();
        match letter.state {
            State::InDoubt => vec![Self::Arrived, Self::SendAgain],
            State::Failed => vec![Self::SendAgain],
            State::Ready | State::Queued => vec![Self::Hold],
            State::Held | State::NotNeeded if letter.clone().let_go("", now).is_ok() => {
                vec![Self::LetGo]
            }
            _ => Vec::new(),
        }
    }
}

/// Carries out a decision.
pub fn decide(
    work: &mut Work<'_>,
    scope: &Scope,
    id: i64,
    decision: Decision,
) -> Result<Letter, LetterError> {
    let letter = queries::find_in_scope(work.tx, id, scope)?.ok_or(LetterError::NoSuchLetter)?;
    carry_out(work, letter, decision)
}

/// Carries out one decision about every letter in `state` at the schools in scope; returns how many there were. A
/// letter that has moved on in the meantime is left alone.
pub fn decide_all(
    work: &mut Work<'_>,
    scope: &Scope,
    state: State,
    decision: Decision,
) -> Result<usize, LetterError> {
    let mut decided = 0;
    for letter in sending_queries::in_state(work.tx, scope, state)? {
        if Decision::possible(&letter).contains(&decision) {
            carry_out(work, letter, decision)?;
            decided += 1;
        }
    }
    Ok(decided)
}

fn carry_out(
    work: &mut Work<'_>,
    letter: Letter,
    decision: Decision,
) -> Result<Letter, LetterError> {
    let (by, now) = (&work.actor.label, work.now);
    let (id, from) = (letter.id, letter.state);
    let after = match decision {
        Decision::LetGo => letter.let_go(by, now)?,
        Decision::Hold => {
            let held = letter.hold(by, now)?;
            if from == State::Queued && !take_back(work.tx, id, now)? {
                return Err(Refused::NotFromHere.into());
            }
            held
        }
        Decision::Arrived => {
            let parcel = outbox::find_of_letter(work.tx, id)?.ok_or(LetterError::NoSuchLetter)?;
            let sent = parcel
                .delivery
                .clone()
                .arrived()
                .map_err(OutboxError::from)?;
            outbox::step(work.tx, &parcel, sent, None, now)?;
            let sent = letter.sent(now)?;
            note_disclosure(work, &sent)?;
            sent
        }
        // The parcel stays where it ended until the letter is queued again, with its Message-ID.
        Decision::SendAgain => letter.try_again(by, now)?,
    };
    store(work.tx, from, &after, now)?;
    let action = decision.action();
    let detail = json!({"from": from.code(), "to": after.state.code()});
    audit::event(
        work.tx,
        work.actor,
        now,
        action,
        &format!("letter:{id}"),
        &detail,
    )?;
    Ok(after)
}
