//! A message written down to be sent, with its Message-ID.

use chrono::NaiveDateTime;

use super::error::OutboxError;
use super::parcel::Kind;
use super::queries;
use super::step::step;
use crate::db::Conn;
use crate::identity::hex;

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

/// A Message-ID that tells nothing.
pub(super) fn new_message_id(domain: &str) -> Result<String, OutboxError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| OutboxError::NoRandomness)?;
    Ok(format!("{}@{domain}", hex(&bytes)))
}
