//! From ready letters to the mail server, at most once each.
//!
//! Five steps, each a function, each leaving behind what the next process needs should this one die after it:
//!
//! 1. [`Post::queue_ready`] puts ready letters into the outbox.
//! 2. [`Post::claim`] takes some for this worker, looks at eligibility once more, and writes them.
//! 3. [`Post::begin`] commits that this one is being sent. Only then
//! 4. [`Post::hand_over`] talks to the mail server, with no transaction open, and
//! 5. [`Post::settle`] writes down how it went, with the row of the disclosure ledger.
//!
//! A process that dies before 3 has sent nothing: the lease runs out and another takes the letter up. One that dies
//! between 3 and 5 leaves a doubt that only proof or a person resolves ([`Post::recover`]).

use std::time::SystemTime;

use lettre::Message;
use serde::Serialize;
use serde_json::json;

use super::compose::{Content, compose};
use super::eligibility::{self, Child};
use super::press::{self, Press};
use super::state::{Letter, State};
use super::texts::{self, Texts};
use super::{LetterError, queries, store};
use crate::app::App;
use crate::audit::{self, Actor, Disclosure};
use crate::db::{self, Conn};
use crate::identity::{IdentityError, Opened, Purpose, Sealer, Whose, hex};
use crate::mail::MailError;
use crate::outbox::{self, Delivery, Kind, OutboxError, Outcome, Parcel};
use crate::settings;

/// What a letter's content is sealed as.
const SEALED_AS: &str = "letter";
/// Messages that a worker takes at a time.
const BATCH: i64 = 10;
/// Letters put into the outbox in one transaction.
const QUEUE_BATCH: i64 = 500;
/// What a letter discloses, for the ledger.
const FIELDS: &str = "name, school, date measured, height, weight, category, centile";
const FIELDS_NOT_MEASURED: &str = "name, school";

/// What sending came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Put into the outbox.
    pub queued: usize,
    /// Taken by the mail server.
    pub sent: usize,
    /// To be tried again later.
    pub deferred: usize,
    /// Not sent, and a person must look.
    pub failed: usize,
    /// May have arrived, and a person must look.
    pub in_doubt: usize,
    /// Held back at the last look.
    pub held: usize,
    /// Whether all letters are stopped.
    pub stopped: bool,
}

impl Report {
    fn add(&mut self, other: Self) {
        self.queued += other.queued;
        self.sent += other.sent;
        self.deferred += other.deferred;
        self.failed += other.failed;
        self.in_doubt += other.in_doubt;
        self.held += other.held;
        self.stopped |= other.stopped;
    }

    fn count(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Sent => self.sent += 1,
            Delivery::Queued { .. } => self.deferred += 1,
            Delivery::Failed { .. } => self.failed += 1,
            Delivery::InDoubt { .. } => self.in_doubt += 1,
            _ => {}
        }
    }
}

/// A message that is ready to be handed over.
pub struct Written {
    /// Its place in the outbox.
    pub parcel: Parcel,
    /// The message.
    pub message: Message,
    /// The letter and its content; `None` for a notice.
    letter: Option<(Letter, Content)>,
}

/// A worker that sends.
pub struct Post<'a> {
    app: &'a App,
    press: &'a Press,
    actor: Actor,
    owner: String,
}

impl<'a> Post<'a> {
    /// A worker with a name of its own.
    pub fn new(app: &'a App, press: &'a Press, actor: Actor) -> Result<Self, LetterError> {
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes).map_err(|_| OutboxError::NoRandomness)?;
        Ok(Self {
            app,
            press,
            actor,
            owner: hex(&bytes),
        })
    }

    /// Step 1: puts the letters that are ready into the outbox; returns how many. None while letters are stopped.
    pub fn queue_ready(&self) -> Result<usize, LetterError> {
        let now = self.app.clock.now();
        let domain = outbox::mail_domain(&self.app.config.mail.from);
        let mut queued = 0;
        loop {
            let some = self.app.db.write_now(|tx| -> Result<usize, LetterError> {
                if is_stopped(tx)? {
                    return Ok(0);
                }
                let ready = queries::ready(tx, QUEUE_BATCH)?;
                let some = ready.len();
                for (letter, year) in ready {
                    outbox::queue_letter(tx, letter.id, &year, domain, now)?;
                    store(tx, State::Ready, &letter.queue()?, now)?;
                }
                Ok(some)
            })?;
            if some == 0 {
                return Ok(queued);
            }
            queued += some;
        }
    }

    /// Step 2: takes up to `limit` messages, looks once more whether each may go, and writes those that may. What is
    /// held back, or cannot be written, is counted in `report`.
    pub fn claim(&self, limit: i64, report: &mut Report) -> Result<Vec<Written>, LetterError> {
        let (now, today) = (self.app.clock.now(), self.app.clock.today());
        let claimed = self.app.db.write_now(|tx| -> Result<_, LetterError> {
            if is_stopped(tx)? {
                report.stopped = true;
                return Ok(None);
            }
            let parcels = outbox::claim(tx, &self.owner, now, limit)?;
            let texts = Texts::from_setting(settings::get(tx, texts::SETTING)?.as_deref());
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
                match self.last_look(&letter, &children, &persons, &texts)? {
                    None => may_go.push((parcel, Some(letter))),
                    Some(held) => {
                        let cancelled = parcel
                            .delivery
                            .clone()
                            .cancel()
                            .map_err(OutboxError::from)?;
                        outbox::step(tx, &parcel, cancelled, None, now)?;
                        store(tx, letter.state, &held, now)?;
                        report.held += 1;
                    }
                }
            }
            Ok(Some((may_go, children, persons, texts)))
        })?;
        let Some((parcels, children, persons, texts)) = claimed else {
            return Ok(Vec::new());
        };
        let mut written = Vec::new();
        for (parcel, letter) in parcels {
            let content = letter.map(|letter| {
                let child = children.get(&letter.pupil);
                let person = persons.get(&letter.pupil);
                let content = child
                    .zip(person)
                    .and_then(|(child, person)| compose(child, person, &texts, today));
                (letter, content)
            });
            match self.write(&parcel, content) {
                Ok((message, letter)) => written.push(Written {
                    parcel,
                    message,
                    letter,
                }),
                Err(error) => {
                    tracing::error!(
                        message = parcel.id,
                        error = %error,
                        "a message cannot be written"
                    );
                    self.give_up(&parcel)?;
                    report.failed += 1;
                }
            }
        }
        Ok(written)
    }

    /// Letters, children and identities of these messages.
    #[expect(clippy::type_complexity, reason = "three things that belong together")]
    fn look_up(
        &self,
        tx: &mut Conn,
        parcels: &[Parcel],
    ) -> Result<(Vec<Letter>, std::collections::HashMap<i64, Child>, Opened), LetterError> {
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

    /// The letter as it must wait, when it may not go after all.
    fn last_look(
        &self,
        letter: &Letter,
        children: &std::collections::HashMap<i64, Child>,
        persons: &Opened,
        texts: &Texts,
    ) -> Result<Option<Letter>, LetterError> {
        let Some(child) = children.get(&letter.pupil) else {
            return Err(LetterError::NoSuchLetter);
        };
        if child.version != letter.version {
            return Ok(Some(letter.clone().superseded()?));
        }
        let person = persons.get(&letter.pupil);
        let found = eligibility::reasons(child, person, &texts.policy(), |text| {
            self.press.prints(text)
        });
        let looked_at = letter.clone().assessed(&found)?;
        Ok((looked_at.state != State::Queued).then_some(looked_at))
    }

    /// Writes a message.
    fn write(
        &self,
        parcel: &Parcel,
        content: Option<(Letter, Option<Content>)>,
    ) -> Result<(Message, Option<(Letter, Content)>), LetterError> {
        let from = &self.app.config.mail.from;
        let date = SystemTime::from(self.app.clock.now().and_utc());
        match content {
            None => {
                let notice = outbox::open_notice(self.app.identities.keyring(), parcel)?;
                let message = press::notice(&notice, from, &parcel.message_id, date)?;
                Ok((message, None))
            }
            Some((letter, content)) => {
                let content = content.ok_or(LetterError::NoSuchLetter)?;
                let message = self.press.message(
                    &self.app.templates,
                    &content,
                    from,
                    &parcel.message_id,
                    date,
                )?;
                Ok((message, Some((letter, content))))
            }
        }
    }

    /// A message that cannot be written waits for a person.
    fn give_up(&self, parcel: &Parcel) -> Result<(), LetterError> {
        let now = self.app.clock.now();
        self.app.db.write_now(|tx| {
            let failed = parcel
                .delivery
                .clone()
                .give_up(&self.owner)
                .map_err(OutboxError::from)?;
            outbox::step(tx, parcel, failed, Some("it could not be written"), now)?;
            if let Kind::Letter { letter, .. } = parcel.kind {
                let letter = queries::find(tx, letter)?.ok_or(LetterError::NoSuchLetter)?;
                store(tx, letter.state, &letter.failed()?, now)?;
            }
            Ok(())
        })
    }

    /// Step 3: commits that this message is being sent, and keeps what it says. False when it must not go after all:
    /// letters have been stopped, or somebody has held this one.
    pub fn begin(&self, written: &mut Written) -> Result<bool, LetterError> {
        let now = self.app.clock.now();
        let parcel = &mut written.parcel;
        let begun = self.app.db.write_now(|tx| -> Result<_, LetterError> {
            if is_stopped(tx)? {
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

    /// Step 5: writes down how it went.
    pub fn settle(
        &self,
        written: &Written,
        result: &Result<(), MailError>,
    ) -> Result<Delivery, LetterError> {
        let (outcome, error) = match result {
            Ok(()) => (Outcome::Taken, None),
            Err(error @ (MailError::NotTaken(_) | MailError::Settings(_))) => {
                (Outcome::NotTaken, Some(error.to_string()))
            }
            Err(error @ MailError::Refused(_)) => (Outcome::Refused, Some(error.to_string())),
            Err(error @ MailError::InDoubt(_)) => (Outcome::Unclear, Some(error.to_string())),
        };
        let now = self.app.clock.now();
        self.app.db.write_now(|tx| {
            // Another process may have called it a doubt meanwhile; what this one knows is better.
            let parcel = outbox::find(tx, written.parcel.id)?.ok_or(LetterError::NoSuchLetter)?;
            let to = parcel
                .delivery
                .clone()
                .settle(&self.owner, outcome, now)
                .map_err(OutboxError::from)?;
            outbox::step(tx, &parcel, to.clone(), error.as_deref(), now)?;
            follow(tx, &self.actor, &parcel, &to, now)?;
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
                .expire(now, has_gone)
                .map_err(OutboxError::from)?;
            let done = self.app.db.write_now(|tx| -> Result<(), LetterError> {
                let why = matches!(to, Delivery::InDoubt { .. })
                    .then_some("sending was cut off; it may have arrived");
                outbox::step(tx, &parcel, to.clone(), why, now)?;
                follow(tx, &self.actor, &parcel, &to, now)
            });
            match done {
                Ok(()) if matches!(parcel.delivery, Delivery::Sending { .. }) => report.count(&to),
                Ok(()) | Err(LetterError::Outbox(OutboxError::NotFromHere(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(report)
    }

    /// Steps 2 to 5 until nothing is due, or `most` messages have been taken up.
    pub fn run(&self, most: usize) -> Result<Report, LetterError> {
        let mut report = Report::default();
        let mut left = most;
        loop {
            let before = report;
            let batch = self.claim(
                i64::try_from(left).map_or(BATCH, |left| BATCH.min(left)),
                &mut report,
            )?;
            left -= batch.len();
            for mut written in batch {
                if !self.begin(&mut written)? {
                    continue;
                }
                let result = self.hand_over(&written);
                match self.settle(&written, &result) {
                    Ok(to) => report.count(&to),
                    // Settled by a person in the meantime.
                    Err(LetterError::Outbox(OutboxError::NotFromHere(_))) => {}
                    Err(error) => return Err(error),
                }
            }
            if report == before || report.stopped || left == 0 {
                return Ok(report);
            }
        }
    }

    fn sealer(&self, year: &str) -> Result<Sealer, LetterError> {
        let key = self
            .app
            .identities
            .keyring()
            .year(year)
            .map_err(IdentityError::from)?;
        Ok(Sealer::new(&key))
    }
}

/// Takes up what was left, queues what is ready, and sends what is due, with `workers` at once and at most `most`
/// messages each.
pub fn send(
    app: &App,
    press: &Press,
    actor: &Actor,
    workers: usize,
    most: usize,
) -> Result<Report, LetterError> {
    let post = Post::new(app, press, actor.clone())?;
    let mut report = post.recover()?;
    report.queued = post.queue_ready()?;
    let results: Vec<Result<Report, LetterError>> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers.max(1))
            .map(|_| scope.spawn(|| Post::new(app, press, actor.clone())?.run(most)))
            .collect();
        started
            .into_iter()
            .map(|worker| {
                worker.join().unwrap_or_else(|_| {
                    Err(anyhow::anyhow!("a sending thread came to grief").into())
                })
            })
            .collect()
    });
    for result in results {
        report.add(result?);
    }
    Ok(report)
}

/// What a step of a message means for its letter and for the ledger. Something that may have arrived is in the ledger
/// too: the row says what left the organisation, and in doubt it did.
pub(super) fn follow(
    tx: &mut Conn,
    actor: &Actor,
    parcel: &Parcel,
    to: &Delivery,
    now: chrono::NaiveDateTime,
) -> Result<(), LetterError> {
    let Kind::Letter { letter, .. } = parcel.kind else {
        return Ok(());
    };
    let letter = queries::find(tx, letter)?.ok_or(LetterError::NoSuchLetter)?;
    let from = letter.state;
    let (id, pupil, kind) = (letter.id, letter.pupil, letter.kind);
    let (after, action) = match to {
        Delivery::Sent => (letter.sent(now)?, "letter.sent"),
        Delivery::InDoubt { .. } => (letter.doubted()?, "letter.in_doubt"),
        Delivery::Failed { .. } => (letter.failed()?, "letter.failed"),
        // A late answer "not taken" to what was thought doubtful puts the letter back where its message is.
        Delivery::Queued { .. } if from == State::InDoubt => (
            Letter {
                state: State::Queued,
                ..letter
            },
            "letter.deferred",
        ),
        _ => return Ok(()),
    };
    store(tx, from, &after, now)?;
    if matches!(to, Delivery::Sent | Delivery::InDoubt { .. }) && from == State::Queued {
        let reference = format!("letter:{id}");
        audit::disclosed(
            tx,
            actor,
            now,
            Disclosure {
                recipient: "parent",
                purpose: Purpose::Letters.code(),
                fields: match kind {
                    super::state::Kind::Result => FIELDS,
                    super::state::Kind::NotMeasured => FIELDS_NOT_MEASURED,
                },
                children: 1,
                pupils: &[pupil],
                reference: Some(&reference),
            },
        )?;
    }
    audit::event(tx, actor, now, action, &format!("letter:{id}"), &json!({}))?;
    Ok(())
}

/// Whether all letters are stopped.
pub fn is_stopped(tx: &mut Conn) -> Result<bool, db::Error> {
    Ok(settings::get(tx, texts::STOPPED)?.is_some_and(|value| !value.is_empty()))
}

/// What was sent: the content as it was kept when the message went.
pub fn kept_content(app: &App, parcel: &Parcel) -> Result<Option<Content>, LetterError> {
    let (Some(sealed), Kind::Letter { letter, year }) = (&parcel.sealed, &parcel.kind) else {
        return Ok(None);
    };
    let key = app
        .identities
        .keyring()
        .year(year)
        .map_err(IdentityError::from)?;
    let plain = Sealer::new(&key)
        .open(SEALED_AS, *letter, sealed)
        .map_err(IdentityError::from)?;
    let content = serde_json::from_slice(&plain).map_err(|_| OutboxError::Content(parcel.id))?;
    Ok(Some(content))
}
