//! Messages on their way out, at most once each.
//!
//! A message is written down in the transaction that decides on it, and handed over later by a worker that holds a
//! lease on it. Its Message-ID is fixed when it is written down, so that a copy can be recognised by whoever receives
//! it. The steps are in [`Delivery`]; this module writes them down. Nothing is deleted on failure.

mod delivery;
mod fault;
mod queries;

use chrono::{Duration, NaiveDateTime};
use serde::{Deserialize, Serialize};

pub use delivery::{Delivery, LEASE, Lease, NotFromHere, Outcome};
pub use fault::{Fault, Met, clear_fault, fault, note_fault, settings_hash, try_now};

use crate::db::{Conn, Error};
use crate::identity::{IdentityError, Keyring, Sealer, hex};

/// The job that sends what waits in the outbox, as the table of jobs calls it.
pub const SENDING_JOB: &str = "send-letters";

/// What a notice's content is sealed as.
const NOTICE: &str = "notice";

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A letter to a child's parents, written when it is sent.
    Letter {
        /// The letter's number.
        letter: i64,
        /// The academic year whose key seals it.
        year: String,
    },
    /// A message about no child, whole from the beginning.
    Notice,
}

/// How long a message is tried when nothing else was decided: as long as a result may take to reach the parents.
const TRIED_FOR: Duration = Duration::weeks(6);

/// Which messages a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every message.
    All,
    /// Messages about no child.
    Notices,
}

/// A message in the outbox.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// What it is about: `release:3`.
    pub reference: Option<String>,
    /// Its content as it was sent, sealed.
    pub sealed: Option<Vec<u8>>,
    /// Its Message-ID, without the angle brackets.
    pub message_id: String,
    /// Where it is.
    pub delivery: Delivery,
    /// Why the last try did not succeed: a code of the mail server, never its words.
    pub last_error: Option<String>,
    /// When it was written down.
    pub created_at: NaiveDateTime,
    /// When it came to its end.
    pub finished_at: Option<NaiveDateTime>,
    /// The run that queued it, with the texts of that moment.
    pub run: Option<i64>,
    /// The last moment for another try.
    pub give_up_at: NaiveDateTime,
}

/// A letter to be queued.
#[derive(Clone, Copy, Debug)]
pub struct LetterToQueue<'a> {
    /// The letter's number.
    pub letter: i64,
    /// The academic year whose key seals it.
    pub year: &'a str,
    /// The run that queues it.
    pub run: i64,
    /// The last moment for another try.
    pub give_up_at: NaiveDateTime,
}

/// The content of a notice.
#[derive(Clone, Serialize, Deserialize)]
pub struct Notice {
    /// The address.
    pub to: String,
    /// The subject line; no personal data.
    pub subject: String,
    /// The words as plain text.
    pub text: String,
    /// The words as HTML.
    pub html: String,
}

/// The part of the sender's address after the @: the domain of Message-IDs.
pub fn mail_domain(from: &str) -> &str {
    from.rsplit('@')
        .next()
        .map(|domain| domain.trim_end_matches('>').trim())
        .filter(|domain| !domain.is_empty())
        .unwrap_or("localhost")
}

/// Writes down a letter to be sent; returns the parcel's number. A letter that was taken back or failed before keeps
/// its parcel and its Message-ID.
pub fn queue_letter(
    tx: &mut Conn,
    letter: LetterToQueue<'_>,
    domain: &str,
    now: NaiveDateTime,
) -> Result<i64, OutboxError> {
    let id = if let Some(parcel) = queries::find_of_letter(tx, letter.letter)? {
        let again = parcel.delivery.clone().send_again(now)?;
        step(tx, &parcel, again, None, now)?;
        parcel.id
    } else {
        let kind = Kind::Letter {
            letter: letter.letter,
            year: letter.year.to_owned(),
        };
        queries::insert(tx, &kind, None, &new_message_id(domain)?, now)?
    };
    queries::put_run(tx, id, Some(letter.run), letter.give_up_at)?;
    Ok(id)
}

/// Writes down a notice to be sent; `reference` is what it is about, such as `release:3`.
pub fn queue_notice(
    tx: &mut Conn,
    keyring: &Keyring,
    notice: &Notice,
    reference: &str,
    domain: &str,
    now: NaiveDateTime,
) -> Result<i64, OutboxError> {
    let id = queries::insert(
        tx,
        &Kind::Notice,
        Some(reference),
        &new_message_id(domain)?,
        now,
    )?;
    seal_notice(tx, keyring, id, notice)?;
    Ok(id)
}

/// Queues a notice that did not arrive once more, with what it says now; it keeps its Message-ID.
pub fn queue_notice_again(
    tx: &mut Conn,
    keyring: &Keyring,
    parcel: &Parcel,
    notice: &Notice,
    now: NaiveDateTime,
) -> Result<(), OutboxError> {
    let again = parcel.delivery.clone().send_again(now)?;
    step(tx, parcel, again, None, now)?;
    queries::put_run(tx, parcel.id, None, now + TRIED_FOR)?;
    seal_notice(tx, keyring, parcel.id, notice)
}

/// What became of the notices about something that is no longer true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Taken back before they were handed over.
    pub cancelled: usize,
    /// Gone already, or being handed over at this moment.
    pub gone: usize,
}

/// Takes back the notices about something that have not been handed over, because what they say is no longer true.
pub fn take_back_notices(
    tx: &mut Conn,
    reference: &str,
    now: NaiveDateTime,
) -> Result<TakenBack, OutboxError> {
    let mut taken_back = TakenBack::default();
    for parcel in queries::notices_about(tx, reference)? {
        let mut found = Some(parcel);
        while let Some(parcel) = found {
            let was_waiting = matches!(
                parcel.delivery,
                Delivery::Queued { .. } | Delivery::Claimed { .. }
            );
            let Ok(cancelled) = parcel.delivery.clone().cancel() else {
                taken_back.gone += 1;
                break;
            };
            if queries::step(tx, parcel.id, &parcel.delivery, &cancelled, None, now)? {
                taken_back.cancelled += usize::from(was_waiting);
                break;
            }
            // Its worker has moved it on since it was read: where it is now decides.
            found = queries::find(tx, parcel.id)?;
        }
    }
    Ok(taken_back)
}

fn seal_notice(
    tx: &mut Conn,
    keyring: &Keyring,
    id: i64,
    notice: &Notice,
) -> Result<(), OutboxError> {
    let plain = serde_json::to_vec(notice).map_err(|_| OutboxError::Content(id))?;
    let server_key = Sealer::new(&keyring.server().map_err(IdentityError::from)?);
    let sealed = server_key
        .seal(NOTICE, id, &plain)
        .map_err(IdentityError::from)?;
    Ok(queries::put_sealed(tx, id, &sealed)?)
}

/// The content of a notice.
pub fn open_notice(keyring: &Keyring, parcel: &Parcel) -> Result<Notice, OutboxError> {
    let server_key = Sealer::new(&keyring.server().map_err(IdentityError::from)?);
    let sealed = parcel
        .sealed
        .as_deref()
        .ok_or(OutboxError::Content(parcel.id))?;
    let plain = server_key
        .open(NOTICE, parcel.id, sealed)
        .map_err(IdentityError::from)?;
    serde_json::from_slice(&plain).map_err(|_| OutboxError::Content(parcel.id))
}

/// Keeps the content of a letter as it is about to be sent.
pub fn keep_content(tx: &mut Conn, parcel: i64, sealed: &[u8]) -> Result<(), Error> {
    queries::put_sealed(tx, parcel, sealed)
}

/// A message by its number.
pub fn find(tx: &mut Conn, id: i64) -> Result<Option<Parcel>, Error> {
    queries::find(tx, id)
}

/// The message of a letter, once the letter has been queued.
pub fn find_of_letter(tx: &mut Conn, letter: i64) -> Result<Option<Parcel>, Error> {
    queries::find_of_letter(tx, letter)
}

/// Takes up to `limit` messages that are due for the worker `owner`. None when there are none, or when other workers
/// took all of them first.
pub fn claim(
    tx: &mut Conn,
    which: Which,
    owner: &str,
    now: NaiveDateTime,
    limit: i64,
) -> Result<Vec<Parcel>, OutboxError> {
    let mut claimed = Vec::new();
    for mut parcel in queries::due(tx, which, now, limit)? {
        let to = parcel.delivery.clone().claim(owner, now)?;
        // Another process may have taken it between the two statements: then it is simply not ours.
        if queries::step(tx, parcel.id, &parcel.delivery, &to, None, now)? {
            parcel.delivery = to;
            claimed.push(parcel);
        }
    }
    Ok(claimed)
}

/// Messages whose worker has not been heard of.
pub fn expired(tx: &mut Conn, now: NaiveDateTime, limit: i64) -> Result<Vec<Parcel>, Error> {
    queries::expired(tx, now, limit)
}

/// Writes down that `parcel` is now at `to`. [`NotFromHere`] when somebody else was quicker.
pub fn step(
    tx: &mut Conn,
    parcel: &Parcel,
    to: Delivery,
    error: Option<&str>,
    now: NaiveDateTime,
) -> Result<(), OutboxError> {
    if queries::step(tx, parcel.id, &parcel.delivery, &to, error, now)? {
        Ok(())
    } else {
        Err(NotFromHere.into())
    }
}

/// Whether a message waits whose moment has come.
pub fn any_due(tx: &mut Conn, which: Which, now: NaiveDateTime) -> Result<bool, Error> {
    Ok(!queries::due(tx, which, now, 1)?.is_empty())
}

/// The notices about something, the newest first.
pub fn notices_about(tx: &mut Conn, reference: &str) -> Result<Vec<Parcel>, Error> {
    queries::notices_about(tx, reference)
}

/// What notices are about that did not arrive, or perhaps not: `release:3`.
pub fn undelivered_notices(tx: &mut Conn) -> Result<Vec<String>, Error> {
    queries::undelivered_notices(tx)
}

/// How many messages of each state a run has queued.
pub fn counts_of_run(
    tx: &mut Conn,
    run: i64,
    urns: Option<Vec<i32>>,
) -> Result<Vec<(String, i64)>, Error> {
    queries::counts_of_run(tx, run, urns)
}

/// What erasing took from the outbox.
#[derive(Debug, Default)]
pub struct Erased {
    /// The sealed contents, for the search that follows.
    pub sealed: Vec<Vec<u8>>,
    /// Letters whose message was taken back.
    pub taken_back: Vec<i64>,
    /// Letters whose message is being handed over at this moment, and is left to its worker.
    pub being_sent: Vec<i64>,
}

/// Erases what the messages of these letters say, and takes back those that have not gone.
pub fn erase_letters(
    tx: &mut Conn,
    letters: &[i64],
    now: NaiveDateTime,
) -> Result<Erased, OutboxError> {
    let mut erased = Erased::default();
    for letters in letters.chunks(5_000) {
        erased.sealed.extend(queries::wipe_of_letters(tx, letters)?);
        let waiting = queries::unfinished_of_letters(tx, letters)?;
        erased.take_back(tx, waiting, now)?;
    }
    Ok(erased)
}

/// Erases what every message says that is sealed with a year's key, and takes back those that have not gone.
pub fn erase_year(tx: &mut Conn, year: &str, now: NaiveDateTime) -> Result<Erased, OutboxError> {
    let mut erased = Erased {
        sealed: queries::wipe_of_year(tx, year)?,
        ..Erased::default()
    };
    let waiting = queries::unfinished_of_year(tx, year)?;
    erased.take_back(tx, waiting, now)?;
    Ok(erased)
}

impl Erased {
    /// Takes messages back that have not gone, but for those that are being handed over.
    fn take_back(
        &mut self,
        tx: &mut Conn,
        parcels: Vec<Parcel>,
        now: NaiveDateTime,
    ) -> Result<(), OutboxError> {
        for parcel in parcels {
            let Kind::Letter { letter, .. } = parcel.kind else {
                continue;
            };
            match parcel.delivery.clone().cancel() {
                Ok(cancelled) => {
                    step(tx, &parcel, cancelled, None, now)?;
                    self.taken_back.push(letter);
                }
                Err(NotFromHere) => self.being_sent.push(letter),
            }
        }
        Ok(())
    }
}

/// How many messages wait to be sent.
pub fn waiting(tx: &mut Conn) -> Result<i64, Error> {
    queries::waiting(tx)
}

/// How many messages stand in each state.
pub fn counts(tx: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    queries::counts(tx)
}

/// A Message-ID that tells nothing.
fn new_message_id(domain: &str) -> Result<String, OutboxError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| OutboxError::NoRandomness)?;
    Ok(format!("{}@{domain}", hex(&bytes)))
}

/// What goes wrong with a message, apart from the mail server.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Somebody else was quicker.
    #[error(transparent)]
    NotFromHere(#[from] NotFromHere),
    /// A key or a seal.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The content of a message cannot be understood.
    #[error("the content of message {0} cannot be understood")]
    Content(i64),
    /// No randomness.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// The database refused.
    #[error(transparent)]
    Database(#[from] Error),
}
