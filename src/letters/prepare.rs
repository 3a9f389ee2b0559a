//! From outcomes to letters: makes a letter of every outcome that has none, and looks again at those that wait.
//!
//! Running it twice changes nothing the second time. It reads every identity of the year at once, because whether
//! there is somebody to write to is part of the question; nobody sees them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde::Serialize;
use serde_json::json;

use super::eligibility::{Outcome, reasons};
use super::press::Press;
use super::state::{Kind, State};
use super::texts::{self, Texts};
use super::{LetterError, queries, store, take_back};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::db::Conn;
use crate::identity::{Purpose, Whose};
use crate::settings;

/// What preparing came to: letters now in each state that were not there before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// May go.
    pub ready: usize,
    /// Wait for a decision or for something to be mended.
    pub held: usize,
    /// Wait for an address.
    pub no_contact: usize,
    /// Are not called for.
    pub not_needed: usize,
    /// Were overtaken by a newer outcome.
    pub superseded: usize,
}

impl Prepared {
    fn count(&mut self, state: State) {
        match state {
            State::Ready => self.ready += 1,
            State::Held => self.held += 1,
            State::NoContact => self.no_contact += 1,
            State::NotNeeded => self.not_needed += 1,
            State::Cancelled => self.superseded += 1,
            _ => {}
        }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Prepares the letters of the years in progress. With `dry_run` it says what would be, and changes nothing.
pub fn prepare(
    app: &App,
    press: &Press,
    actor: &Actor,
    dry_run: bool,
) -> Result<Prepared, LetterError> {
    let (today, now) = (app.clock.today(), app.clock.now());
    app.db.write_now(|tx| {
        let mut prepared = Prepared::default();
        for year in queries::years_with_letters(tx, today)? {
            prepare_year(tx, app, press, actor, &year, now, dry_run, &mut prepared)?;
        }
        if !dry_run && !prepared.is_empty() {
            audit::event(
                tx,
                actor,
                now,
                "letters.prepared",
                "letters",
                &json!(prepared),
            )?;
        }
        Ok(prepared)
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "one year's part of the function above"
)]
fn prepare_year(
    tx: &mut Conn,
    app: &App,
    press: &Press,
    actor: &Actor,
    year: &str,
    now: NaiveDateTime,
    dry_run: bool,
    prepared: &mut Prepared,
) -> Result<(), LetterError> {
    let new = queries::pupils_without_a_letter(tx, year)?;
    let waiting = queries::letters_to_look_at_again(tx, year)?;
    let (current, overtaken): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|(_, current)| *current);
    for (letter, _) in overtaken {
        prepared.count(State::Cancelled);
        if !dry_run {
            if letter.state == State::Queued && !take_back(tx, letter.id, now)? {
                // Being sent at this moment: it was true when it was taken up.
                continue;
            }
            store(tx, letter.state, &letter.superseded()?, now)?;
        }
    }
    let again: Vec<_> = current
        .into_iter()
        .map(|(letter, _)| letter)
        .filter(|letter| matches!(letter.state, State::Held | State::NoContact | State::Ready))
        .collect();
    if new.is_empty() && again.is_empty() {
        return Ok(());
    }
    let persons = app
        .identities
        .open(tx, actor, Purpose::Letters, Whose::WholeYear(year))?;
    let texts = Texts::from_setting(settings::get(tx, texts::SETTING)?.as_deref());
    let policy = texts.policy();
    let pupils: Vec<i64> = new
        .iter()
        .copied()
        .chain(again.iter().map(|letter| letter.pupil))
        .collect();
    let children = queries::children(tx, &pupils)?;
    let found: HashMap<i64, _> = children
        .iter()
        .map(|(pupil, child)| {
            let person = persons.get(pupil);
            let reasons = reasons(child, person, &policy, |text| press.prints(text));
            (*pupil, reasons)
        })
        .collect();
    for pupil in new {
        let (Some(child), Some(found)) = (children.get(&pupil), found.get(&pupil)) else {
            continue;
        };
        let kind = match child.outcome {
            Outcome::Measured(_) => Kind::Result,
            Outcome::NotMeasured { .. } => Kind::NotMeasured,
            Outcome::None => continue,
        };
        let id = if dry_run {
            0
        } else {
            queries::insert(tx, pupil, kind, child.version, now)?
        };
        let letter = super::state::Letter {
            id,
            pupil,
            kind,
            version: child.version,
            state: State::Held,
            reasons: Vec::new(),
            decided_by: None,
            decided_at: None,
            sent_at: None,
        }
        .assessed(found)?;
        prepared.count(letter.state);
        if !dry_run {
            store(tx, State::Held, &letter, now)?;
        }
    }
    for letter in again {
        let Some(found) = found.get(&letter.pupil) else {
            continue;
        };
        let (before, was) = (letter.state, letter.reasons.clone());
        let letter = letter.assessed(found)?;
        if letter.state != before {
            prepared.count(letter.state);
        }
        if !dry_run && (letter.state != before || letter.reasons != was) {
            store(tx, before, &letter, now)?;
        }
    }
    Ok(())
}
