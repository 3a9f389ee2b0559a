//! A letter written down where it stands, and its message taken back.

use chrono::NaiveDateTime;

use super::error::LetterError;
use super::queries;
use super::state::{Letter, Refused, State};
use crate::db::Conn;
use crate::outbox::{self, NotFromHere};

/// Writes down a letter that was in the state `from`, or says that it has moved on.
pub(super) fn store(
    tx: &mut Conn,
    from: State,
    to: &Letter,
    now: NaiveDateTime,
) -> Result<(), LetterError> {
    if queries::store(tx, from, to, now)? {
        Ok(())
    } else {
        Err(Refused::NotFromHere.into())
    }
}

/// Takes a letter's message back from the outbox. False when it is being sent or has been.
pub(super) fn take_back(
    tx: &mut Conn,
    letter: i64,
    now: NaiveDateTime,
) -> Result<bool, LetterError> {
    let Some(parcel) = outbox::find_of_letter(tx, letter)? else {
        return Ok(true);
    };
    match parcel.delivery.clone().cancel() {
        Ok(cancelled) => {
            outbox::step(tx, &parcel, cancelled, None, now)?;
            Ok(true)
        }
        Err(NotFromHere) => Ok(false),
    }
}
