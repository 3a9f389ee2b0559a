//! Steps of messages written down, each only if the message is still where the step begins.

use chrono::NaiveDateTime;

use super::delivery::{Delivery, NotFromHere};
use super::error::OutboxError;
use super::parcel::{Parcel, Which};
use super::queries;
use crate::db::{Conn, Error};

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
