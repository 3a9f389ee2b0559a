//! The rows of the outbox.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::delivery::{Delivery, DeliveryState, Lease};
use super::parcel::{Kind, MessageKind, Parcel, TRIED_FOR, Which};
use crate::db::schema::{letter, outbox, pupil};
use crate::db::{Conn, Error};

/// A row as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct Stored {
    id: i64,
    kind: MessageKind,
    letter_id: Option<i64>,
    reference: Option<String>,
    year_label: Option<String>,
    sealed: Option<Vec<u8>>,
    message_id: String,
    state: DeliveryState,
    attempts: i32,
    next_attempt_at: NaiveDateTime,
    lease_until: Option<NaiveDateTime>,
    lease_owner: Option<String>,
    last_error: Option<String>,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
    run_id: Option<i64>,
    give_up_at: Option<NaiveDateTime>,
}

impl Stored {
    fn into_parcel(self) -> Result<Parcel, Error> {
        let attempts = self.attempts;
        let lease = self.lease_owner.zip(self.lease_until);
        let lease_of = |lease: Option<(String, NaiveDateTime)>| {
            lease
                .map(|(owner, until)| Lease { owner, until })
                .ok_or_else(|| Error::Schema(format!("message {} has no lease", self.id)))
        };
        let delivery = match self.state {
            DeliveryState::Queued => Delivery::Queued {
                attempts,
                not_before: self.next_attempt_at,
            },
            DeliveryState::Claimed => Delivery::Claimed {
                attempts,
                lease: lease_of(lease)?,
            },
            DeliveryState::Sending => Delivery::Sending {
                attempts,
                lease: lease_of(lease)?,
            },
            DeliveryState::Sent => Delivery::Sent,
            DeliveryState::Failed => Delivery::Failed { attempts },
            DeliveryState::InDoubt => Delivery::InDoubt {
                attempts,
                owner: lease_of(lease)?.owner,
            },
            DeliveryState::Cancelled => Delivery::Cancelled,
        };
        let kind = match (self.kind, self.letter_id, self.year_label) {
            (MessageKind::Letter, Some(letter), Some(year)) => Kind::Letter { letter, year },
            _ => Kind::Notice,
        };
        Ok(Parcel {
            id: self.id,
            kind,
            reference: self.reference,
            sealed: self.sealed,
            message_id: self.message_id,
            delivery,
            last_error: self.last_error,
            created_at: self.created_at,
            finished_at: self.finished_at,
            run: self.run_id,
            give_up_at: self.give_up_at.unwrap_or(self.created_at + TRIED_FOR),
        })
    }
}

pub(super) fn insert(
    tx: &mut Conn,
    kind: &Kind,
    reference: Option<&str>,
    message_id: &str,
    now: NaiveDateTime,
) -> Result<i64, Error> {
    let (letter, year) = match kind {
        Kind::Letter { letter, year } => (Some(*letter), Some(year.as_str())),
        Kind::Notice => (None, None),
    };
    Ok(diesel::insert_into(outbox::table)
        .values((
            outbox::kind.eq(kind.of()),
            outbox::letter_id.eq(letter),
            outbox::reference.eq(reference),
            outbox::year_label.eq(year),
            outbox::message_id.eq(message_id),
            outbox::state.eq(DeliveryState::Queued),
            outbox::next_attempt_at.eq(now),
            outbox::created_at.eq(now),
        ))
        .returning(outbox::id)
        .get_result(tx)?)
}

pub(super) fn put_sealed(tx: &mut Conn, id: i64, sealed: &[u8]) -> Result<(), Error> {
    diesel::update(outbox::table.find(id))
        .set(outbox::sealed.eq(sealed))
        .execute(tx)?;
    Ok(())
}

/// Keeps the content of a letter as it is about to be sent, sealed.
pub fn keep_content(tx: &mut Conn, parcel: i64, sealed: &[u8]) -> Result<(), Error> {
    put_sealed(tx, parcel, sealed)
}

/// A message by its number.
pub fn find(tx: &mut Conn, id: i64) -> Result<Option<Parcel>, Error> {
    one(outbox::table.find(id).select(Stored::as_select()).first(tx))
}

/// The message of a letter, once the letter has been queued.
pub fn find_of_letter(tx: &mut Conn, letter: i64) -> Result<Option<Parcel>, Error> {
    one(outbox::table
        .filter(outbox::letter_id.eq(letter))
        .select(Stored::as_select())
        .first(tx))
}

fn one(row: QueryResult<Stored>) -> Result<Option<Parcel>, Error> {
    row.optional()?.map(Stored::into_parcel).transpose()
}

/// Notes the run that queues a message, and the last moment for another try.
pub(super) fn put_run(
    tx: &mut Conn,
    id: i64,
    run: Option<i64>,
    give_up_at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(outbox::table.find(id))
        .set((
            outbox::run_id.eq(run),
            outbox::give_up_at.eq(Some(give_up_at)),
        ))
        .execute(tx)?;
    Ok(())
}

/// Messages that wait and whose moment has come, the oldest first.
pub(super) fn due(
    tx: &mut Conn,
    which: Which,
    now: NaiveDateTime,
    limit: i64,
) -> Result<Vec<Parcel>, Error> {
    let mut query = outbox::table
        .filter(outbox::state.eq(DeliveryState::Queued))
        .filter(outbox::next_attempt_at.le(now))
        .order((outbox::next_attempt_at, outbox::id))
        .limit(limit)
        .select(Stored::as_select())
        .into_boxed();
    if which == Which::Notices {
        query = query.filter(outbox::kind.eq(MessageKind::Notice));
    }
    many(query.load(tx)?)
}

/// The notices about something, the newest first.
pub fn notices_about(tx: &mut Conn, reference: &str) -> Result<Vec<Parcel>, Error> {
    many(
        outbox::table
            .filter(outbox::kind.eq(MessageKind::Notice))
            .filter(outbox::reference.eq(reference))
            .order(outbox::id.desc())
            .select(Stored::as_select())
            .load(tx)?,
    )
}

/// What notices are about that did not arrive, or perhaps not: `release:3`.
pub fn undelivered_notices(tx: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(outbox::table
        .filter(outbox::kind.eq(MessageKind::Notice))
        .filter(outbox::state.eq_any([DeliveryState::Failed, DeliveryState::InDoubt]))
        .filter(outbox::reference.is_not_null())
        .order(outbox::id)
        .select(outbox::reference.assume_not_null())
        .load(tx)?)
}

/// How many messages of each state a run has queued, of children at these schools or everywhere.
pub fn counts_of_run(
    tx: &mut Conn,
    run: i64,
    urns: Option<Vec<i32>>,
) -> Result<Vec<(DeliveryState, i64)>, Error> {
    let mut query = outbox::table
        .inner_join(letter::table.inner_join(pupil::table))
        .filter(outbox::run_id.eq(run))
        .group_by(outbox::state)
        .select((outbox::state, diesel::dsl::count_star()))
        .into_boxed();
    if let Some(urns) = urns {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.load(tx)?)
}

/// The messages of these letters that have not come to an end.
pub(super) fn unfinished_of_letters(tx: &mut Conn, letters: &[i64]) -> Result<Vec<Parcel>, Error> {
    many(
        outbox::table
            .filter(outbox::letter_id.eq_any(letters))
            .filter(outbox::state.eq_any(DeliveryState::UNFINISHED))
            .order(outbox::id)
            .select(Stored::as_select())
            .load(tx)?,
    )
}

/// The messages of a year that have not come to an end.
pub(super) fn unfinished_of_year(tx: &mut Conn, year: &str) -> Result<Vec<Parcel>, Error> {
    many(
        outbox::table
            .filter(outbox::year_label.eq(year))
            .filter(outbox::state.eq_any(DeliveryState::UNFINISHED))
            .order(outbox::id)
            .select(Stored::as_select())
            .load(tx)?,
    )
}

/// Empties the contents of the messages in some rows, and their link to a run, which would date them; returns what was
/// in them.
macro_rules! wipe {
    ($tx:ident, $rows:expr) => {{
        let sealed: Vec<Option<Vec<u8>>> = $rows
            .filter(outbox::sealed.is_not_null())
            .select(outbox::sealed)
            .load($tx)?;
        diesel::update($rows)
            .set((
                outbox::sealed.eq(None::<Vec<u8>>),
                outbox::run_id.eq(None::<i64>),
                outbox::give_up_at.eq(None::<NaiveDateTime>),
            ))
            .execute($tx)?;
        Ok(sealed.into_iter().flatten().collect())
    }};
}

/// Empties the contents of these letters' messages.
pub(super) fn wipe_of_letters(tx: &mut Conn, letters: &[i64]) -> Result<Vec<Vec<u8>>, Error> {
    wipe!(tx, outbox::table.filter(outbox::letter_id.eq_any(letters)))
}

/// Empties the contents of the messages that are sealed with a year's key.
pub(super) fn wipe_of_year(tx: &mut Conn, year: &str) -> Result<Vec<Vec<u8>>, Error> {
    wipe!(tx, outbox::table.filter(outbox::year_label.eq(year)))
}

/// Messages whose worker has not been heard of.
pub fn expired(tx: &mut Conn, now: NaiveDateTime, limit: i64) -> Result<Vec<Parcel>, Error> {
    many(
        outbox::table
            .filter(outbox::state.eq_any([DeliveryState::Claimed, DeliveryState::Sending]))
            .filter(outbox::lease_until.le(now))
            .order(outbox::id)
            .limit(limit)
            .select(Stored::as_select())
            .load(tx)?,
    )
}

fn many(rows: Vec<Stored>) -> Result<Vec<Parcel>, Error> {
    rows.into_iter().map(Stored::into_parcel).collect()
}

/// Writes down a step, if the message is still where the step began. False when somebody else was quicker.
pub(super) fn step(
    tx: &mut Conn,
    id: i64,
    from: &Delivery,
    to: &Delivery,
    error: Option<&str>,
    now: NaiveDateTime,
) -> Result<bool, Error> {
    let owner_before = match from {
        Delivery::Claimed { lease, .. } | Delivery::Sending { lease, .. } => {
            Some(lease.owner.as_str())
        }
        Delivery::InDoubt { owner, .. } => Some(owner.as_str()),
        _ => None,
    };
    let (attempts, next, lease, finished) = match to {
        Delivery::Queued {
            attempts,
            not_before,
        } => (Some(*attempts), Some(*not_before), None, None),
        Delivery::Claimed { attempts, lease } | Delivery::Sending { attempts, lease } => (
            Some(*attempts),
            None,
            Some((lease.owner.as_str(), Some(lease.until))),
            None,
        ),
        Delivery::InDoubt { attempts, owner } => (
            Some(*attempts),
            None,
            Some((owner.as_str(), Some(now))),
            Some(now),
        ),
        Delivery::Failed { attempts } => (Some(*attempts), None, None, Some(now)),
        Delivery::Sent | Delivery::Cancelled => (None, None, None, Some(now)),
    };
    let mut update = diesel::update(outbox::table)
        .filter(outbox::id.eq(id))
        .filter(outbox::state.eq(from.state()))
        .into_boxed();
    if let Some(owner) = owner_before {
        update = update.filter(outbox::lease_owner.eq(owner.to_owned()));
    }
    let changed = update
        .set(Step {
            state: to.state(),
            attempts,
            next_attempt_at: next,
            lease_until: Some(lease.and_then(|(_, until)| until)),
            lease_owner: Some(lease.map(|(owner, _)| owner.to_owned())),
            last_error: error.map(|error| Some(error.to_owned())),
            finished_at: Some(finished),
        })
        .execute(tx)?;
    Ok(changed == 1)
}

/// What a step changes: `None` leaves a column as it is, `Some(None)` empties it.
#[derive(AsChangeset)]
#[diesel(table_name = outbox)]
#[expect(
    clippy::option_option,
    reason = "how diesel tells leaving a column alone from emptying it"
)]
struct Step {
    state: DeliveryState,
    attempts: Option<i32>,
    next_attempt_at: Option<NaiveDateTime>,
    lease_until: Option<Option<NaiveDateTime>>,
    lease_owner: Option<Option<String>>,
    last_error: Option<Option<String>>,
    finished_at: Option<Option<NaiveDateTime>>,
}

/// How many messages wait to be sent.
pub fn waiting(tx: &mut Conn) -> Result<i64, Error> {
    Ok(outbox::table
        .filter(outbox::state.eq_any(DeliveryState::WAITING))
        .count()
        .get_result(tx)?)
}

/// How many messages stand in each state.
pub fn counts(tx: &mut Conn) -> Result<Vec<(DeliveryState, i64)>, Error> {
    Ok(outbox::table
        .group_by(outbox::state)
        .select((outbox::state, diesel::dsl::count_star()))
        .order(outbox::state)
        .load(tx)?)
}
