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

mod claim;
mod settle;

use lettre::Message;
use serde::Serialize;

use crate::access::Scope;
use crate::app::App;
use crate::audit::Actor;
use crate::db::{self, Conn};
use crate::identity::{IdentityError, Sealer, hex};
use crate::letters::content::Content;
use crate::letters::press::Press;
use crate::letters::state::{Letter, Refused, State};
use crate::letters::texts;
use crate::letters::{LetterError, queries, store};
use crate::outbox::{self, Delivery, Kind, OutboxError, Parcel};
use crate::settings;

/// What a letter's content is sealed as.
const SEALED_AS: &str = "letter";

/// Messages that a worker takes at a time.
const BATCH: i64 = 10;

/// Letters put into the outbox in one transaction.
const QUEUE_BATCH: i64 = 500;

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

    /// Step 1: puts the letters at schools in scope that are ready into the outbox; returns how many. None while letters
    /// are stopped.
    pub fn queue_ready(&self, scope: &Scope) -> Result<usize, LetterError> {
        let now = self.app.clock.now();
        let domain = outbox::mail_domain(&self.app.config.mail.from);
        let mut queued = 0;
        loop {
            let some = self.app.db.write_now(|tx| -> Result<usize, LetterError> {
                if is_stopped(tx)? {
                    return Ok(0);
                }
                let ready = queries::ready(tx, scope, QUEUE_BATCH)?;
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
                    Err(
                        LetterError::Outbox(OutboxError::NotFromHere(_))
                        | LetterError::Refused(Refused::NotFromHere),
                    ) => {}
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
    report.queued = post.queue_ready(&Scope::Everything)?;
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
