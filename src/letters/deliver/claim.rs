//! Step 2: messages taken up, looked at once more, and written.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::SystemTime;

use chrono::NaiveDateTime;
use lettre::{Address, Message};

use super::{Post, Report, Written};
use crate::db::Conn;
use crate::identity::{Opened, Purpose, Whose};
use crate::letters::compose::compose;
use crate::letters::content::Content;
use crate::letters::eligibility::{self, Child, Policy};
use crate::letters::error::LetterError;
use crate::letters::press;
use crate::letters::queries;
use crate::letters::reason::Reason;
use crate::letters::saved_texts::readable_texts;
use crate::letters::sending_queries;
use crate::letters::state::{Letter, State};
use crate::letters::stop::is_stopped;
use crate::letters::store::store;
use crate::letters::texts::Texts;
use crate::outbox::{self, Kind, OutboxError, Parcel};

/// Stands for no run among the texts that a worker knows.
const NO_RUN: i64 = 0;

impl Post<'_> {
    /// Step 2: takes up to `limit` messages, looks once more whether each may go, and writes those that may. What is
    /// held back, or cannot be written, is counted in `report`.
    pub fn claim(&self, limit: i64, report: &mut Report) -> Result<Vec<Written>, LetterError> {
        let (now, today) = (self.app.clock.now(), self.app.clock.today());
        let claimed = self.app.db.write_now(|tx| -> Result<_, LetterError> {
            report.stopped = is_stopped(tx)?;
            let texts = readable_texts(tx)?;
            report.templates_unreadable = texts.is_none();
            let parcels = outbox::claim(tx, report.which(), &self.owner, now, limit)?;
            let policy = texts.as_ref().map(Texts::policy).unwrap_or_default();
            self.read_texts(tx, texts, &parcels)?;
            let (letters, children, persons) = self.look_up(tx, &parcels)?;
            let mut may_go = Vec::new();
            for parcel in parcels {
                let Kind::Letter { letter, .. } = parcel.kind else {
                    may_go.push((parcel, None));
                    continue;
                };
                let letter = letters
                    .iter()
                    .find(|found| found.id == letter)
                    .cloned()
                    .ok_or(LetterError::NoSuchLetter)?;
                match self.last_look(&letter, &children, &persons, &policy)? {
                    LastLook::MayGo => may_go.push((parcel, Some(letter))),
                    LastLook::Held(held) => {
                        take_back(tx, &parcel, now)?;
                        store(tx, letter.state, &held, now)?;
                        report.held += 1;
                    }
                    LastLook::NotQueued => take_back(tx, &parcel, now)?,
                }
            }
            Ok((may_go, children, persons))
        });
        let (parcels, children, persons) = claimed?;
        let mut written = Vec::new();
        for (parcel, letter) in parcels {
            if self.must_end() {
                self.give_back(&parcel)?;
                continue;
            }
            let content = letter.as_ref().and_then(|letter| {
                let child = children.get(&letter.pupil)?;
                let person = persons.people.get(&letter.pupil)?;
                compose(child, person, &self.texts_of(&parcel), today)
            });
            written.extend(self.write_or_set_aside(parcel, letter, content, report)?);
        }
        Ok(written)
    }

    /// Writes a message; one that cannot be written is set aside and counted in `report`.
    fn write_or_set_aside(
        &self,
        parcel: Parcel,
        letter: Option<Letter>,
        content: Option<Content>,
        report: &mut Report,
    ) -> Result<Option<Written>, LetterError> {
        match self.write(&parcel, letter.as_ref(), content) {
            Ok((message, content)) => Ok(Some(Written {
                parcel,
                message,
                letter: letter.zip(content),
            })),
            Err(error) => {
                tracing::error!(
                    message = parcel.id,
                    error = %error,
                    "a message cannot be written"
                );
                self.set_aside(&parcel, error, report)?;
                Ok(None)
            }
        }
    }

    /// Reads the texts of the runs to which these messages belong, where they are not known yet.
    fn read_texts(
        &self,
        tx: &mut Conn,
        now: Option<Texts>,
        parcels: &[Parcel],
    ) -> Result<(), LetterError> {
        let mut known = self.texts.borrow_mut();
        // Of messages that belong to no run: those of now.
        if let Some(now) = now {
            known.insert(NO_RUN, now);
        }
        for run in parcels.iter().filter_map(|parcel| parcel.run) {
            if let Entry::Vacant(entry) = known.entry(run) {
                let run = sending_queries::run(tx, run)?;
                let texts = run.map(|run| run.texts).filter(|texts| !texts.is_empty());
                entry.insert(Texts::from_setting(texts.as_deref())?);
            }
        }
        Ok(())
    }

    fn texts_of(&self, parcel: &Parcel) -> Texts {
        let known = self.texts.borrow();
        known
            .get(&parcel.run.unwrap_or(NO_RUN))
            .cloned()
            .unwrap_or_default()
    }

    /// Letters, children and identities of these messages.
    #[expect(clippy::type_complexity, reason = "three things that belong together")]
    fn look_up(
        &self,
        tx: &mut Conn,
        parcels: &[Parcel],
    ) -> Result<(Vec<Letter>, HashMap<i64, Child>, Opened), LetterError> {
        let mut letters = Vec::new();
        for parcel in parcels {
            if let Kind::Letter { letter, .. } = parcel.kind {
                letters.extend(queries::find(tx, letter)?);
            }
        }
        let pupils: Vec<i64> = letters.iter().map(|letter| letter.pupil).collect();
        let children = queries::children(tx, &pupils)?;
        let persons =
            self.app
                .identities
                .open(tx, &self.actor, Purpose::Letters, Whose::Pupils(&pupils))?;
        Ok((letters, children, persons))
    }

    /// Whether a letter may go after all.
    fn last_look(
        &self,
        letter: &Letter,
        children: &HashMap<i64, Child>,
        persons: &Opened,
        policy: &Policy,
    ) -> Result<LastLook, LetterError> {
        if letter.state != State::Queued {
            return Ok(LastLook::NotQueued);
        }
        let Some(child) = children.get(&letter.pupil) else {
            return Err(LetterError::NoSuchLetter);
        };
        if child.version != letter.version {
            return Ok(LastLook::Held(letter.clone().superseded()?));
        }
        let identity = persons.found(letter.pupil);
        let found = eligibility::reasons(child, identity, policy, |text| self.press.prints(text));
        let looked_at = letter.clone().assessed(&found)?;
        Ok(if looked_at.state == State::Queued {
            LastLook::MayGo
        } else {
            LastLook::Held(looked_at)
        })
    }

    /// Writes a message.
    fn write(
        &self,
        parcel: &Parcel,
        letter: Option<&Letter>,
        content: Option<Content>,
    ) -> Result<(Message, Option<Content>), Unwritten> {
        let from = &self.app.config.mail.from;
        let date = SystemTime::from(self.app.clock.now().and_utc());
        if letter.is_none() {
            let notice = outbox::open_notice(self.app.identities.keyring(), parcel)
                .map_err(|error| Unwritten::Content(error.into()))?;
            let message = press::notice(&notice, from, &parcel.message_id, date)
                .map_err(Unwritten::Content)?;
            return Ok((message, None));
        }
        let content = content.ok_or_else(|| {
            Unwritten::Content(anyhow::anyhow!("there is nothing that it could say"))
        })?;
        if content.to.parse::<Address>().is_err() {
            return Err(Unwritten::Address);
        }
        let message = self
            .press
            .message(
                &self.app.templates,
                &content,
                from,
                &parcel.message_id,
                date,
            )
            .map_err(Unwritten::Content)?;
        Ok((message, Some(content)))
    }

    /// A letter that cannot be written is held with the reason, a notice waits for a person.
    fn set_aside(
        &self,
        parcel: &Parcel,
        error: Unwritten,
        report: &mut Report,
    ) -> Result<(), LetterError> {
        let now = self.app.clock.now();
        let Kind::Letter { letter, .. } = parcel.kind else {
            let failed = parcel
                .delivery
                .clone()
                .give_up(&self.owner)
                .map_err(OutboxError::from)?;
            let why = Some("it could not be written");
            self.app
                .db
                .write_now(|tx| outbox::step(tx, parcel, failed, why, now))?;
            report.failed += 1;
            return Ok(());
        };
        let reason = match error {
            Unwritten::Address => Reason::NoUsableContact,
            Unwritten::Content(_) => Reason::CannotBeWritten,
        };
        self.app.db.write_now(|tx| -> Result<(), LetterError> {
            take_back(tx, parcel, now)?;
            let letter = queries::find(tx, letter)?.ok_or(LetterError::NoSuchLetter)?;
            store(tx, letter.state, &letter.set_aside(reason)?, now)
        })?;
        report.held += 1;
        Ok(())
    }

    /// Gives a message back untouched, for whoever sends next.
    pub(super) fn give_back(&self, parcel: &Parcel) -> Result<(), LetterError> {
        let now = self.app.clock.now();
        let back = parcel
            .delivery
            .clone()
            .give_back(&self.owner, now)
            .map_err(OutboxError::from)?;
        let given = self
            .app
            .db
            .write_now(|tx| outbox::step(tx, parcel, back, None, now));
        match given {
            // Taken back meanwhile.
            Ok(()) | Err(OutboxError::NotFromHere(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What the last look found.
enum LastLook {
    /// Nothing stands in the way.
    MayGo,
    /// The letter as it must wait.
    Held(Letter),
    /// The letter is not waiting to be sent: its message is left over.
    NotQueued,
}

/// Why a message could not be written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    /// The recipient's address is none; it is not repeated.
    #[error("the recipient’s address is not an email address")]
    Address,
    /// The content, the template or a font.
    #[error("{0}")]
    Content(anyhow::Error),
}

/// Takes a claimed message back.
fn take_back(tx: &mut Conn, parcel: &Parcel, now: NaiveDateTime) -> Result<(), LetterError> {
    let cancelled = parcel
        .delivery
        .clone()
        .cancel()
        .map_err(OutboxError::from)?;
    Ok(outbox::step(tx, parcel, cancelled, None, now)?)
}
