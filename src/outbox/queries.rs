//! The rows of the outbox.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{Delivery, Kind, Lease, Parcel};
use crate::db::schema::outbox;
use crate::db::{Conn, Error};

/// A row as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct Stored {
    id: i64,
    kind: String,
    letter_id: Option<i64>,
    reference: Option<String>,
    year_label: Option<String>,
    sealed: Option<Vec<u8>>,
    message_id: String,
    state: String,
    attempts: i32,
    next_attempt_at: NaiveDateTime,
    lease_until: Option<NaiveDateTime>,
    lease_owner: Option<String>,
    last_error: Option<String>,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
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
        let delivery = match self.state.as_str() {
            "queued" => Delivery::Queued {
                attempts,
                not_before: self.next_attempt_at,
            },
            "claimed" => Delivery::Claimed {
                attempts,
                lease: lease_of(lease)?,
            },
            "sending" => Delivery::Sending {
                attempts,
                lease: lease_of(lease)?,
            },
            "sent" => Delivery::Sent,
            "failed" => Delivery::Failed { attempts },
            "in_doubt" => Delivery::InDoubt {
                attempts,
                owner: lease_of(lease)?.owner,
            },
            "cancelled" => Delivery::Cancelled,
            _ => {
                return Err(Error::Schema(format!(
                    "message {} is in a state that this program does not know",
                    self.id
                )));
            }
        };
        let kind = match (self.kind.as_str(), self.letter_id, self.year_label) {
            ("letter", Some(letter), Some(year)) => Kind::Letter { letter, year },
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
    let (word, letter, year) = match kind {
        Kind::Letter { letter, year } => ("letter", Some(*letter), Some(year.as_str())),
        Kind::Notice => ("notice", None, None),
    };
    Ok(diesel::insert_into(outbox::table)
        .values((
            outbox::kind.eq(word),
            outbox::letter_id.eq(letter),
            outbox::reference.eq(reference),
            outbox::year_label.eq(year),
            outbox::message_id.eq(message_id),
            outbox::state.eq("queued"),
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

pub(super) fn find(tx: &mut Conn, id: i64) -> Result<Option<Parcel>, Error> {
    one(outbox::table.find(id).select(Stored::as_select()).first(tx))
}

pub(super) fn find_of_letter(tx: &mut Conn, letter: i64) -> Result<Option<Parcel>, Error> {
    one(outbox::table
        .filter(outbox::letter_id.eq(letter))
        .select(Stored::as_select())
        .first(tx))
}

fn one(row: QueryResult<Stored>) -> Result<Option<Parcel>, Error> {
    row.optional()?.map(Stored::into_parcel).transpose()
}

/// Messages that wait and whose moment has come, the oldest first.
pub(super) fn due(tx: &mut Conn, now: NaiveDateTime, limit: i64) -> Result<Vec<Parcel>, Error> {
    many(
        outbox::table
            .filter(outbox::state.eq("queued"))
            .filter(outbox::next_attempt_at.le(now))
            .order((outbox::next_attempt_at, outbox::id))
            .limit(limit)
            .select(Stored::as_select())
            .load(tx)?,
    )
}

/// Messages whose worker has not been heard of.
pub(super) fn expired(tx: &mut Conn, now: NaiveDateTime, limit: i64) -> Result<Vec<Parcel>, Error> {
    many(
        outbox::table
            .filter(outbox::state.eq_any(["claimed", "sending"]))
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
        .filter(outbox::state.eq(from.code()))
        .into_boxed();
    if let Some(owner) = owner_before {
        update = update.filter(outbox::lease_owner.eq(owner.to_owned()));
    }
    let changed = update
        .set(Step {
            state: to.code(),
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
struct Step<'a> {
    state: &'a str,
    attempts: Option<i32>,
    next_attempt_at: Option<NaiveDateTime>,
    lease_until: Option<Option<NaiveDateTime>>,
    lease_owner: Option<Option<String>>,
    last_error: Option<Option<String>>,
    finished_at: Option<Option<NaiveDateTime>>,
}

/// How many messages stand in each state.
pub(super) fn counts(tx: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    Ok(outbox::table
        .group_by(outbox::state)
        .select((outbox::state, diesel::dsl::count_star()))
        .order(outbox::state)
        .load(tx)?)
}
