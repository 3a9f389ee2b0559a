//! From outcomes to letters: makes a letter of every outcome that has none, and looks again at those that wait.
//!
//! Running it twice changes nothing the second time. It reads every identity of the year at once, because whether
//! there is somebody to write to is part of the question; nobody sees them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde::Serialize;
use serde_json::json;

use super::assess::Assessor;
use super::delay::{self, Delay};
use super::eligibility::{Child, Outcome};
use super::error::LetterError;
use super::press::Press;
use super::queries;
use super::reason::Reason;
use super::saved_texts::current_texts;
use super::sending_queries::{self, Moment};
use super::state::{Kind, Letter, State};
use super::store::{store, take_back};
use super::texts::Texts;
use crate::access::Scope;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::db::{Conn, dialect};
use crate::identity::{Purpose, Whose};

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

/// Prepares the letters of the years in progress, for the schools in scope. With `dry_run` it says what would be, and
/// changes nothing.
pub fn prepare(
    app: &App,
    press: &Press,
    actor: &Actor,
    scope: &Scope,
    dry_run: bool,
) -> Result<Prepared, LetterError> {
    let (today, now) = (app.clock.today(), app.clock.now());
    app.db.write_now(|tx| {
        // Two processes that prepare at once would both find the same outcomes without a letter.
        dialect::lock_letters(tx)?;
        let mut run = Run {
            app,
            press,
            actor,
            scope,
            now,
            dry_run,
            texts: current_texts(tx)?,
            delay: delay::delay(tx)?,
            moments: HashMap::new(),
            made_at: HashMap::new(),
            prepared: Prepared::default(),
        };
        for year in queries::years_with_letters(tx, today)? {
            run.year(tx, &year)?;
        }
        let prepared = run.prepared;
        if !dry_run && !prepared.is_empty() {
            audit::event(
                tx,
                actor,
                now,
                Action::LettersPrepared,
                "letters",
                &json!(prepared),
            )?;
        }
        Ok(prepared)
    })
}

/// One run of preparing: what it works with, and what it has come to so far.
struct Run<'a> {
    app: &'a App,
    press: &'a Press,
    actor: &'a Actor,
    scope: &'a Scope,
    now: NaiveDateTime,
    dry_run: bool,
    texts: Texts,
    delay: Delay,
    /// When the outcomes of the year in hand came about, by child.
    moments: HashMap<i64, Moment>,
    /// When the waiting letters of the year in hand were made, by letter.
    made_at: HashMap<i64, NaiveDateTime>,
    prepared: Prepared,
}

impl Run<'_> {
    /// Prepares the letters of one year.
    fn year(&mut self, tx: &mut Conn, year: &str) -> Result<(), LetterError> {
        let new = queries::pupils_without_a_letter(tx, self.scope, year)?;
        let waiting = queries::letters_to_look_at_again(tx, self.scope, year)?;
        let (current, overtaken): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, current)| *current);
        self.overtake(tx, overtaken.into_iter().map(|(letter, _)| letter))?;
        let again: Vec<Letter> = current
            .into_iter()
            .map(|(letter, _)| letter)
            .filter(|letter| matches!(letter.state, State::Held | State::NoContact | State::Ready))
            .collect();
        let pupils: Vec<i64> = new
            .iter()
            .copied()
            .chain(again.iter().map(|letter| letter.pupil))
            .collect();
        if pupils.is_empty() {
            return Ok(());
        }
        let whose = match self.scope {
            Scope::Everything => Whose::WholeYear(year),
            Scope::Schools(_) => Whose::Pupils(&pupils),
        };
        let persons = self
            .app
            .identities
            .open(tx, self.actor, Purpose::Letters, whose)?;
        let children = queries::children(tx, &pupils)?;
        self.moments = sending_queries::outcome_moments(tx, &pupils)?;
        let waiting: Vec<i64> = again.iter().map(|letter| letter.id).collect();
        self.made_at = sending_queries::made_at(tx, &waiting)?;
        let before: HashMap<i64, &[Reason]> = again
            .iter()
            .map(|letter| (letter.pupil, letter.reasons.as_slice()))
            .collect();
        let assessor = Assessor::new(self.press, &self.texts, self.app.clock.today());
        let found: HashMap<i64, Vec<Reason>> = children
            .iter()
            .map(|(pupil, child)| {
                let before = before.get(pupil).copied().unwrap_or_default();
                let identity = persons.found(*pupil);
                (*pupil, assessor.reasons(before, child, identity))
            })
            .collect();
        for pupil in new {
            if let (Some(child), Some(found)) = (children.get(&pupil), found.get(&pupil)) {
                self.make(tx, child, found)?;
            }
        }
        for letter in again {
            if let Some(found) = found.get(&letter.pupil) {
                self.look_again(tx, letter, found)?;
            }
        }
        Ok(())
    }

    /// Cancels letters whose outcome a newer one has replaced.
    fn overtake(
        &mut self,
        tx: &mut Conn,
        letters: impl Iterator<Item = Letter>,
    ) -> Result<(), LetterError> {
        for letter in letters {
            self.prepared.count(State::Cancelled);
            if self.dry_run {
                continue;
            }
            if letter.state == State::Queued && !take_back(tx, letter.id, self.now)? {
                // Being sent at this moment: it was true when it was taken up.
                continue;
            }
            store(tx, letter.state, &letter.superseded()?, self.now)?;
        }
        Ok(())
    }

    /// Makes the letter of a child's outcome.
    fn make(&mut self, tx: &mut Conn, child: &Child, found: &[Reason]) -> Result<(), LetterError> {
        let kind = match child.outcome {
            Outcome::Measured(_) => Kind::Result,
            Outcome::NotMeasured { .. } => Kind::NotMeasured,
            Outcome::None => return Ok(()),
        };
        let id = if self.dry_run {
            0
        } else {
            queries::insert(tx, child.pupil, kind, child.version, self.now)?
        };
        let letter = Letter::new(id, child.pupil, kind, child.version).assessed(found)?;
        let letter = self.with_its_moment(letter);
        self.prepared.count(letter.state);
        if !self.dry_run {
            store(tx, State::Held, &letter, self.now)?;
        }
        Ok(())
    }

    /// Looks again at a letter that waits.
    fn look_again(
        &mut self,
        tx: &mut Conn,
        letter: Letter,
        found: &[Reason],
    ) -> Result<(), LetterError> {
        let before = letter.clone();
        let letter = self.with_its_moment(letter.assessed(found)?);
        if letter.state != before.state {
            self.prepared.count(letter.state);
        }
        if !self.dry_run && letter != before {
            store(tx, before.state, &letter, self.now)?;
        }
        Ok(())
    }

    /// The letter with the moment from which it may be sent.
    fn with_its_moment(&self, letter: Letter) -> Letter {
        let made_at = self.made_at.get(&letter.id).copied().unwrap_or(self.now);
        let send_after = self.moments.get(&letter.pupil).and_then(|moment| {
            let from = sending_queries::delay_counts_from(letter.version, *moment, made_at);
            self.delay.send_after(from)
        });
        Letter {
            send_after,
            ..letter
        }
    }
}
