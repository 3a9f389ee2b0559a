//! From ready letters to the mail server, at most once each.
//!
//! Five steps, each a function, each leaving behind what the next process needs should this one die after it:
//!
//! 1. [`queue`] puts ready letters into the outbox, as a run with the texts of its start.
//! 2. [`Post::claim`] takes some for this worker, looks at eligibility once more, and writes them.
//! 3. [`Post::begin`] commits that this one is being sent. Only then
//! 4. [`Post::hand_over`] talks to the mail server, with no transaction open, and
//! 5. [`Post::settle`] writes down how it went, with the row of the disclosure ledger when it was taken.
//!
//! A process that dies before 3 has sent nothing: the lease runs out and another takes the letter up. One that dies
//! between 3 and 5 leaves a doubt that only proof or a person resolves ([`Post::recover`]). A server that takes no
//! message at all ends the run after the first: the others wait as they are.

mod claim;
mod queue;
mod settle;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lettre::Message;
use serde::Serialize;

pub use queue::{Queued, queue};

use crate::access::Scope;
use crate::app::App;
use crate::audit::Actor;
use crate::identity::{IdentityError, Sealer, hex};
use crate::letters::content::Content;
use crate::letters::error::LetterError;
use crate::letters::press::Press;
use crate::letters::saved_texts::current_texts;
use crate::letters::state::{Letter, Refused};
use crate::letters::texts::Texts;
use crate::mail::{self, MailError, Verdict};
use crate::outbox::{self, Delivery, Kind, Met, OutboxError, Parcel, Which};

/// What a letter's content is sealed as.
const SEALED_AS: &str = "letter";

/// Messages that a worker takes at a time.
const BATCH: i64 = 10;

/// So many messages in a row that no server took, and the run ends: it is hardly the fault of each.
const MOST_IN_A_ROW: usize = 5;

/// What sending came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
    /// Whether all letters are stopped; other messages go all the same.
    pub stopped: bool,
    /// Whether the saved templates cannot be read; other messages go all the same.
    pub templates_unreadable: bool,
    /// Why the run ended before its time: the server takes no message.
    pub fault: Option<String>,
    /// Whether the run ended because the process was told to end.
    pub interrupted: bool,
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
        self.templates_unreadable |= other.templates_unreadable;
        self.interrupted |= other.interrupted;
        self.fault = self.fault.take().or(other.fault);
    }

    /// Which messages can go.
    fn which(&self) -> Which {
        if self.stopped || self.templates_unreadable {
            Which::Notices
        } else {
            Which::All
        }
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

    /// Whether messages were tried and none was taken.
    pub fn delivered_nothing(&self) -> bool {
        let tried = self.deferred + self.failed + self.in_doubt;
        self.sent == 0 && (tried > 0 || self.fault.is_some())
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

/// What the workers of one run know together.
#[derive(Default)]
struct Together {
    /// Why the run ends before its time.
    fault: Mutex<Option<String>>,
    /// Messages that were not taken since the last one that was.
    in_a_row: AtomicUsize,
    /// Whether an earlier run left word that no message can be sent.
    was_faulty: AtomicBool,
}

impl Together {
    fn fault(&self) -> Option<String> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Ends the run; false when another worker has ended it already.
    fn end_with(&self, words: &str) -> bool {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = fault.is_none();
        fault.get_or_insert_with(|| words.to_owned());
        is_first
    }
}

/// A worker that sends.
pub struct Post<'a> {
    app: &'a App,
    press: &'a Press,
    actor: Actor,
    owner: String,
    together: Arc<Together>,
    /// The texts of the runs whose letters this worker has written.
    texts: RefCell<HashMap<i64, Texts>>,
}

impl<'a> Post<'a> {
    /// A worker with a name of its own.
    pub fn new(app: &'a App, press: &'a Press, actor: Actor) -> Result<Self, LetterError> {
        Self::beside(app, press, actor, Arc::default())
    }

    fn beside(
        app: &'a App,
        press: &'a Press,
        actor: Actor,
        together: Arc<Together>,
    ) -> Result<Self, LetterError> {
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes).map_err(|_| OutboxError::NoRandomness)?;
        Ok(Self {
            app,
            press,
            actor,
            owner: hex(&bytes),
            together,
            texts: RefCell::default(),
        })
    }

    /// Step 1 for the schools in scope; returns how many letters were queued.
    pub fn queue_ready(&self, scope: &Scope) -> Result<usize, LetterError> {
        Ok(queue(self.app, &self.actor, scope)?.letters)
    }

    /// Steps 2 to 5 until nothing is due, `most` messages have been taken up, the server takes nothing, or the process
    /// is told to end.
    pub fn run(&self, most: usize) -> Result<Report, LetterError> {
        let mut report = Report::default();
        self.look_before()?;
        let mut left = most;
        while left > 0 && !self.must_end() {
            let limit = i64::try_from(left).map_or(BATCH, |left| BATCH.min(left));
            let batch = self.claim(limit, &mut report)?;
            left = left.saturating_sub(batch.len());
            let was_empty = batch.is_empty();
            for written in batch {
                self.send_one(written, &mut report)?;
            }
            if was_empty && !self.any_due(&report)? {
                break;
            }
        }
        report.fault = self.together.fault();
        report.interrupted = self.app.stopping.is_set();
        Ok(report)
    }

    /// Steps 3 to 5 of one message; gives it back untouched when the run must end.
    fn send_one(&self, mut written: Written, report: &mut Report) -> Result<(), LetterError> {
        if self.must_end() {
            return self.give_back(&written.parcel);
        }
        if !self.begin(&mut written)? {
            return Ok(());
        }
        let result = self.hand_over(&written);
        match self.settle(&written, &result) {
            Ok(to) => {
                if !result.as_ref().is_err_and(is_about_the_server) {
                    report.count(&to);
                }
            }
            // Settled by a person in the meantime.
            Err(
                LetterError::Outbox(OutboxError::NotFromHere(_))
                | LetterError::Refused(Refused::NotFromHere),
            ) => {}
            Err(error) => return Err(error),
        }
        self.learn_from(&result)
    }

    /// Notes what an earlier run left, and ends this one when the address that mail comes from is none.
    fn look_before(&self) -> Result<(), LetterError> {
        let fault = self.app.db.read_now(outbox::fault)?;
        let was_faulty = fault.is_some();
        self.together
            .was_faulty
            .fetch_or(was_faulty, Ordering::SeqCst);
        match mail::sender(&self.app.config.mail.from) {
            Ok(_) => Ok(()),
            Err(error) => self.end_with(&error.to_string(), true),
        }
    }

    /// Ends the run when the server takes no message, or took none of several in a row.
    fn learn_from(&self, result: &Result<(), MailError>) -> Result<(), LetterError> {
        let error = match result {
            Ok(()) => {
                self.together.in_a_row.store(0, Ordering::SeqCst);
                return Ok(());
            }
            Err(error) => error,
        };
        let in_a_row = match error.verdict() {
            Verdict::Unavailable => return self.end_with(&error.to_string(), false),
            Verdict::Misconfigured => return self.end_with(&error.to_string(), true),
            // A server that asks to be tried again later may do so for each recipient it does not know.
            Verdict::Later if !error.is_silent() => return Ok(()),
            Verdict::Later | Verdict::Refused | Verdict::InDoubt => {
                self.together.in_a_row.fetch_add(1, Ordering::SeqCst) + 1
            }
        };
        if in_a_row < MOST_IN_A_ROW {
            return Ok(());
        }
        let words =
            format!("{in_a_row} messages in a row were not taken, the last because {error}");
        self.end_with(&words, true)
    }

    fn end_with(&self, words: &str, needs_correcting: bool) -> Result<(), LetterError> {
        // A run is one try, however many workers met the fault.
        if self.together.end_with(words) {
            let now = self.app.clock.now();
            let met = Met {
                words,
                needs_correcting,
                settings: &self.app.mail_settings_hash(),
            };
            self.app
                .db
                .write_now(|tx| outbox::note_fault(tx, &self.actor, met, now))?;
        }
        Ok(())
    }

    /// Whether no further message may be begun.
    fn must_end(&self) -> bool {
        self.app.stopping.is_set() || self.together.fault().is_some()
    }

    /// Whether other workers took what this one looked at, and more is due.
    fn any_due(&self, report: &Report) -> Result<bool, LetterError> {
        let now = self.app.clock.now();
        let which = report.which();
        Ok(self.app.db.read_now(|tx| outbox::any_due(tx, which, now))?)
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

/// Whether a message came back because the server takes none: it was not tried.
fn is_about_the_server(error: &MailError) -> bool {
    matches!(
        error.verdict(),
        Verdict::Unavailable | Verdict::Misconfigured
    )
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
    let queued = queue_or_wait(app, actor)?;
    let mut report = deliver(app, press, actor, workers, most)?;
    report.queued = queued.letters;
    Ok(report)
}

/// Queues what is ready, everywhere. While the saved templates cannot be read the letters wait: [`deliver`] says so once
/// it has sent the messages that need no template.
pub fn queue_or_wait(app: &App, actor: &Actor) -> Result<Queued, LetterError> {
    match queue(app, actor, &Scope::Everything) {
        Err(LetterError::Templates(_)) => Ok(Queued::default()),
        queued => queued,
    }
}

/// Takes up what was left and sends what is due; see [`send`]. An error while the saved templates cannot be read, once
/// the messages that need no template have been sent.
pub fn deliver(
    app: &App,
    press: &Press,
    actor: &Actor,
    workers: usize,
    most: usize,
) -> Result<Report, LetterError> {
    let together = Arc::<Together>::default();
    let worker = || Post::beside(app, press, actor.clone(), Arc::clone(&together));
    let mut report = worker()?.recover()?;
    // While a fault stands, one message is tried alone: several workers would be refused at once, and providers lock
    // an account for that.
    if app.db.read_now(outbox::fault)?.is_some() {
        report.add(worker()?.run(most.min(1))?);
        if report.fault.is_some() || report.interrupted {
            return Ok(report);
        }
    }
    let results: Vec<Result<Report, LetterError>> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers.max(1))
            .map(|_| scope.spawn(|| worker()?.run(most)))
            .collect();
        started
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a sender thread panicked").into()))
            })
            .collect()
    });
    for result in results {
        report.add(result?);
    }
    if report.templates_unreadable {
        app.db.read_now(current_texts)?;
    }
    Ok(report)
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
