//! What messages say erased, and those taken back that have not gone.

use chrono::NaiveDateTime;

use super::delivery::NotFromHere;
use super::error::OutboxError;
use super::parcel::{Kind, Parcel};
use super::queries;
use super::step::step;
use crate::db::Conn;

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
