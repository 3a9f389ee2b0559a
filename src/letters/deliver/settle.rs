//! Steps 3 to 5: begun, handed over, and what came of it; and what a process that died has left.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Post, Report, SEALED_AS, Written};
use crate::audit::{self, Action};
use crate::identity::IdentityError;
use crate::letters::error::LetterError;
use crate::letters::ledger::note_disclosure;
use crate::letters::queries;
use crate::letters::state::State;
use crate::letters::stop::is_stopped;
use crate::letters::store::store;
use crate::mail::{MailError, Verdict};
use crate::outbox::{self, Delivery, Kind, OutboxError, Outcome, Parcel};
use crate::work::Work;

impl Post<'_> {
    /// Step 3: commits that this message is being sent, and keeps what it says. False when it must not go after all:
    /// letters have been stopped, or somebody has held this one.
    pub fn begin(&self, written: &mut Written) -> Result<bool, LetterError> {
        let now = self.app.clock.now();
        let parcel = &mut written.parcel;
        let is_letter = written.letter.is_some();
        let begun = self.app.db.write_now(|tx| -> Result<_, LetterError> {
            if is_letter && is_stopped(tx)? {
                let back = parcel
                    .delivery
                    .clone()
                    .give_back(&self.owner, now)
                    .map_err(OutboxError::from)?;
                outbox::step(tx, parcel, back, None, now)?;
                return Ok(None);
            }
            let sending = parcel
                .delivery
                .clone()
                .begin(&self.owner, now)
                .map_err(OutboxError::from)?;
            outbox::step(tx, parcel, sending.clone(), None, now)?;
            if let (Some((letter, content)), Kind::Letter { year, .. }) =
                (&written.letter, &parcel.kind)
            {
                let stands = queries::find(tx, letter.id)?;
                if stands.is_none_or(|stands| stands.state != State::Queued) {
                    return Err(OutboxError::from(outbox::NotFromHere).into());
                }
                let plain = serde_json::to_vec(content).map_err(anyhow::Error::from)?;
                let sealed = self
                    .sealer(year)?
                    .seal(SEALED_AS, letter.id, &plain)
                    .map_err(IdentityError::from)?;
                outbox::keep_content(tx, parcel.id, &sealed)?;
            }
            Ok(Some(sending))
        });
        match begun {
            Ok(Some(sending)) => {
                parcel.delivery = sending;
                Ok(true)
            }
            Ok(None) | Err(LetterError::Outbox(OutboxError::NotFromHere(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Step 4: talks to the mail server.
    pub fn hand_over(&self, written: &Written) -> Result<(), MailError> {
        self.app
            .mailer
            .send(&written.message, &written.parcel.message_id)
    }

    /// Step 5: writes down how it went. The first message that is taken after a fault ends the fault.
    pub fn settle(
        &self,
        written: &Written,
        result: &Result<(), MailError>,
    ) -> Result<Delivery, LetterError> {
        let verdict = result.as_ref().err().map(MailError::verdict);
        let give_up_at = written.parcel.give_up_at;
        let outcome = match verdict {
            None => Outcome::Taken,
            Some(Verdict::Later) => Outcome::NotTaken { give_up_at },
            Some(Verdict::Refused) => Outcome::Refused,
            Some(Verdict::InDoubt) => Outcome::Unclear,
            Some(Verdict::Unavailable | Verdict::Misconfigured) => Outcome::NotTried,
        };
        let error = result.as_ref().err().map(ToString::to_string);
        let ends_fault =
            outcome == Outcome::Taken && self.together.was_faulty.swap(false, Ordering::SeqCst);
        self.app.write_now(&self.actor, |work| {
            let now = work.now;
            // Another process may have called it a doubt meanwhile; what this one knows is better.
            let parcel =
                outbox::find(work.tx, written.parcel.id)?.ok_or(LetterError::NoSuchLetter)?;
            let to = parcel
                .delivery
                .clone()
                .settle(&self.owner, outcome, now)
                .map_err(OutboxError::from)?;
            outbox::step(work.tx, &parcel, to.clone(), error.as_deref(), now)?;
            follow(work, &parcel, &to)?;
            if ends_fault {
                outbox::clear_fault(work.tx, work.actor, now)?;
            }
            Ok(to)
        })
    }

    /// Takes up what a process that died has left: gives back what it had not begun to send, and settles or doubts
    /// what it had.
    pub fn recover(&self) -> Result<Report, LetterError> {
        let now = self.app.clock.now();
        let mut report = Report::default();
        let left = self
            .app
            .db
            .read_now(|tx| outbox::expired(tx, now, 10_000))?;
        for parcel in left {
            let has_gone = self.app.mailer.has_gone(&parcel.message_id);
            let to = parcel
                .delivery
                .clone()
                .expire(now, has_gone, parcel.give_up_at)
                .map_err(OutboxError::from)?;
            let done = self
                .app
                .write_now(&self.actor, |work| -> Result<(), LetterError> {
                    let why = matches!(to, Delivery::InDoubt { .. })
                        .then_some("sending was cut off; it may have arrived");
                    outbox::step(work.tx, &parcel, to.clone(), why, work.now)?;
                    follow(work, &parcel, &to)
                });
            match done {
                Ok(()) if matches!(parcel.delivery, Delivery::Sending { .. }) => report.count(&to),
                Ok(()) | Err(LetterError::Outbox(OutboxError::NotFromHere(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(report)
    }
}

/// What a step of a message means for its letter. What was taken, or has arrived, goes into the ledger; a doubt does
/// not, because nobody knows.
fn follow(work: &mut Work<'_>, parcel: &Parcel, to: &Delivery) -> Result<(), LetterError> {
    let now = work.now;
    let Kind::Letter { letter, .. } = parcel.kind else {
        return Ok(());
    };
    let letter = queries::find(work.tx, letter)?.ok_or(LetterError::NoSuchLetter)?;
    let (id, from) = (letter.id, letter.state);
    let (after, action) = match to {
        Delivery::Sent => (letter.sent(now)?, Action::LetterSent),
        Delivery::InDoubt { .. } => (letter.doubted()?, Action::LetterInDoubt),
        Delivery::Failed { .. } => (letter.failed()?, Action::LetterFailed),
        // A late answer "not taken" to what was thought doubtful.
        Delivery::Queued { .. } if from == State::InDoubt => {
            (letter.waits_again()?, Action::LetterDeferred)
        }
        _ => return Ok(()),
    };
    store(work.tx, from, &after, now)?;
    if after.state == State::Sent {
        note_disclosure(work, &after)?;
    }
    let about = format!("letter:{id}");
    audit::event(work.tx, work.actor, now, action, &about, &json!({}))?;
    Ok(())
}
