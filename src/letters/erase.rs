//! What happens to letters when the names of their children are erased.

use chrono::NaiveDateTime;

use super::error::LetterError;
use super::sending_queries;
use super::store::store;
use crate::db::Conn;
use crate::outbox;

/// What erasing came to.
#[derive(Debug, Default)]
pub struct Erased {
    /// What the messages said, sealed, for the search that follows.
    pub sealed: Vec<Vec<u8>>,
    /// Letters that had not gone and never will.
    pub letters: usize,
}

/// Erases what was written to the parents of these children, and takes back the letters that have not gone. One that a
/// worker is handing over at this moment is left to that worker, which finds nothing to send if it has to try again.
pub fn erase_for(tx: &mut Conn, pupils: &[i64], now: NaiveDateTime) -> Result<Erased, LetterError> {
    let letters = sending_queries::numbers_of_pupils(tx, pupils)?;
    let messages = outbox::erase_letters(tx, &letters, now)?;
    sending_queries::forget_moments(tx, &letters)?;
    let mut erased = Erased {
        sealed: messages.sealed,
        letters: 0,
    };
    for letter in sending_queries::unfinished(tx, &letters)? {
        if !messages.being_sent.contains(&letter.id) {
            let from = letter.state;
            store(tx, from, &letter.erased()?, now)?;
            erased.letters += 1;
        }
    }
    Ok(erased)
}

/// Erases everything that is sealed with a year's key in messages, and takes back what has not gone.
pub fn erase_year(tx: &mut Conn, year: &str, now: NaiveDateTime) -> Result<Erased, LetterError> {
    let messages = outbox::erase_year(tx, year, now)?;
    let mut erased = Erased {
        sealed: messages.sealed,
        letters: 0,
    };
    for letter in sending_queries::unfinished(tx, &messages.taken_back)? {
        let from = letter.state;
        store(tx, from, &letter.erased()?, now)?;
        erased.letters += 1;
    }
    Ok(erased)
}
