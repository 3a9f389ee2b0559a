//! Letters with an earlier result that parents have, or may have.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use growth::{Height, Weight};

use super::eligibility::EarlierLetter;
use super::state::{Kind, State};
use crate::clock::local;
use crate::db::schema::{letter, measurement, pupil};
use crate::db::{Conn, Error};

/// A letter's row: number, child, version, when it was sent, when it last changed.
type LetterRow = (i64, i64, i32, Option<NaiveDateTime>, NaiveDateTime);

/// The latest letter of each child that told an earlier result and went, or may have gone.
pub(super) fn earlier_letters(
    tx: &mut Conn,
    pupils: &[i64],
) -> Result<HashMap<i64, EarlierLetter>, Error> {
    let rows: Vec<LetterRow> = letter::table
        .inner_join(pupil::table)
        .filter(letter::pupil_id.eq_any(pupils))
        .filter(letter::kind.eq(Kind::Result))
        .filter(letter::version.lt(pupil::outcome_version))
        .filter(
            letter::state
                .eq(State::Sent)
                .or(letter::may_have_arrived.eq(true)),
        )
        .order(letter::version)
        .select((
            letter::id,
            letter::pupil_id,
            letter::version,
            letter::sent_at,
            letter::updated_at,
        ))
        .load(tx)?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let children: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let told = told(tx, &children)?;
    let mut found = HashMap::new();
    // In the order of versions, so that the latest letter stays.
    for (id, pupil, version, sent_at, updated_at) in rows {
        let earlier = EarlierLetter {
            id,
            on: local(sent_at.unwrap_or(updated_at)).date(),
            measured: told.get(&(pupil, version)).copied(),
        };
        found.insert(pupil, earlier);
    }
    Ok(found)
}

/// The letter about the outcome that stands, of each of these children that has one.
pub(super) fn letters_of_standing_outcomes(
    tx: &mut Conn,
    pupils: &[i64],
) -> Result<HashMap<i64, i64>, Error> {
    let rows: Vec<(i64, i64)> = letter::table
        .inner_join(pupil::table)
        .filter(letter::pupil_id.eq_any(pupils))
        .filter(letter::version.eq(pupil::outcome_version))
        .select((letter::pupil_id, letter::id))
        .load(tx)?;
    Ok(rows.into_iter().collect())
}

/// Day, height and weight of a measurement.
type Figures = (NaiveDate, Height, Weight);

/// Every measurement of these children by child and version.
fn told(tx: &mut Conn, pupils: &[i64]) -> Result<HashMap<(i64, i32), Figures>, Error> {
    let rows: Vec<(i64, i32, NaiveDate, i32, i32)> = measurement::table
        .filter(measurement::pupil_id.eq_any(pupils))
        .select((
            measurement::pupil_id,
            measurement::version,
            measurement::measured_on,
            measurement::height_mm,
            measurement::weight_g,
        ))
        .load(tx)?;
    Ok(rows
        .into_iter()
        .map(|(pupil, version, on, height, weight)| {
            let height = Height::from_millimetres(height.unsigned_abs());
            let weight = Weight::from_grams(weight.unsigned_abs());
            ((pupil, version), (on, height, weight))
        })
        .collect())
}
