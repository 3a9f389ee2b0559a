//! The rows of sending: letters whose moment has come, runs, and what came of them.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::queries::{NUMBERS_A_STATEMENT, Stored};
use super::state::{Letter, State};
use crate::access::Scope;
use crate::db::schema::{letter, measurement, not_measured, outbox, pupil, sending_run};
use crate::db::{Conn, Error};
use crate::outbox::DeliveryState;

/// Letters at the schools in scope that are ready and whose moment has come, oldest first, with their year.
pub(super) fn ready(
    tx: &mut Conn,
    scope: &Scope,
    now: NaiveDateTime,
    limit: i64,
) -> Result<Vec<(Letter, String)>, Error> {
    let mut query = letter::table
        .inner_join(pupil::table)
        .filter(letter::state.eq(State::Ready))
        .filter(letter::version.eq(pupil::outcome_version))
        .filter(letter::send_after.is_null().or(letter::send_after.le(now)))
        .order(letter::id)
        .limit(limit)
        .select((Stored::as_select(), pupil::year_label))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    let rows: Vec<(Stored, String)> = query.load(tx)?;
    rows.into_iter()
        .map(|(stored, year)| Ok((stored.into_letter()?, year)))
        .collect()
}

/// Letters that are ready, by whether they may be sent now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReadyCounts {
    /// May be sent now.
    pub now: i64,
    /// Wait for their moment.
    pub later: i64,
    /// The first of these moments.
    pub next: Option<NaiveDateTime>,
}

/// How many letters at the schools in scope are ready, now and later.
pub(super) fn ready_counts(
    tx: &mut Conn,
    scope: &Scope,
    now: NaiveDateTime,
) -> Result<ReadyCounts, Error> {
    let mut query = letter::table
        .inner_join(pupil::table)
        .filter(letter::state.eq(State::Ready))
        .filter(letter::version.eq(pupil::outcome_version))
        .group_by(letter::send_after)
        .select((letter::send_after, diesel::dsl::count_star()))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    let mut counts = ReadyCounts::default();
    for (send_after, count) in query.load::<(Option<NaiveDateTime>, i64)>(tx)? {
        match send_after.filter(|moment| *moment > now) {
            None => counts.now += count,
            Some(moment) => {
                counts.later += count;
                counts.next = Some(counts.next.map_or(moment, |next| next.min(moment)));
            }
        }
    }
    Ok(counts)
}

/// Letters in one state at the schools in scope.
pub(super) fn in_state(tx: &mut Conn, scope: &Scope, state: State) -> Result<Vec<Letter>, Error> {
    let mut query = letter::table
        .inner_join(pupil::table)
        .filter(letter::state.eq(state))
        .order(letter::id)
        .select(Stored::as_select())
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    query
        .load(tx)?
        .into_iter()
        .map(Stored::into_letter)
        .collect()
}

/// The day of an outcome, and when it was recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The day the child was measured, or noted as not measured.
    pub on: NaiveDate,
    /// When that was typed (UTC).
    pub recorded_at: NaiveDateTime,
}

/// When the standing outcomes of these children came about.
pub(super) fn outcome_moments(
    tx: &mut Conn,
    pupils: &[i64],
) -> Result<HashMap<i64, Moment>, Error> {
    let mut found = HashMap::with_capacity(pupils.len());
    for chunk in pupils.chunks(NUMBERS_A_STATEMENT) {
        let measured: Vec<(i64, NaiveDate, NaiveDateTime)> = measurement::table
            .inner_join(pupil::table)
            .filter(measurement::pupil_id.eq_any(chunk))
            .filter(measurement::version.eq(pupil::outcome_version))
            .select((
                measurement::pupil_id,
                measurement::measured_on,
                measurement::recorded_at,
            ))
            .load(tx)?;
        let noted: Vec<(i64, NaiveDate, NaiveDateTime)> = not_measured::table
            .inner_join(pupil::table)
            .filter(not_measured::pupil_id.eq_any(chunk))
            .filter(not_measured::version.eq(pupil::outcome_version))
            .select((
                not_measured::pupil_id,
                not_measured::noted_on,
                not_measured::recorded_at,
            ))
            .load(tx)?;
        for (pupil, on, recorded_at) in measured.into_iter().chain(noted) {
            found.insert(pupil, Moment { on, recorded_at });
        }
    }
    Ok(found)
}

/// When each of these letters was made.
pub(super) fn made_at(
    tx: &mut Conn,
    letters: &[i64],
) -> Result<HashMap<i64, NaiveDateTime>, Error> {
    let mut found = HashMap::with_capacity(letters.len());
    for chunk in letters.chunks(NUMBERS_A_STATEMENT) {
        let rows: Vec<(i64, NaiveDateTime)> = letter::table
            .filter(letter::id.eq_any(chunk))
            .select((letter::id, letter::created_at))
            .load(tx)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Letters that have not been queued, each with the moment from which its delay counts.
pub(super) fn waiting_with_their_outcome(
    tx: &mut Conn,
) -> Result<Vec<(i64, NaiveDateTime)>, Error> {
    let letters: Vec<Letter> = letter::table
        .inner_join(pupil::table)
        .filter(letter::version.eq(pupil::outcome_version))
        .filter(letter::state.eq_any([
            State::Held,
            State::NoContact,
            State::NotNeeded,
            State::Ready,
        ]))
        .select(Stored::as_select())
        .load(tx)?
        .into_iter()
        .map(Stored::into_letter)
        .collect::<Result<_, Error>>()?;
    let pupils: Vec<i64> = letters.iter().map(|letter| letter.pupil).collect();
    let numbers: Vec<i64> = letters.iter().map(|letter| letter.id).collect();
    let moments = outcome_moments(tx, &pupils)?;
    let made_at = made_at(tx, &numbers)?;
    Ok(letters
        .iter()
        .filter_map(|letter| {
            let made_at = *made_at.get(&letter.id)?;
            let moment = moments.get(&letter.pupil)?;
            Some((
                letter.id,
                delay_counts_from(letter.version, *moment, made_at),
            ))
        })
        .collect())
}

/// The moment from which a letter's delay counts. A first outcome counts from when it was recorded. A later version may
/// be an earlier one restored, with the time of then, so that it counts from when its letter was made.
pub(super) fn delay_counts_from(
    version: i32,
    moment: Moment,
    made_at: NaiveDateTime,
) -> NaiveDateTime {
    if version <= 1 {
        moment.recorded_at
    } else {
        moment.recorded_at.max(made_at)
    }
}

/// Notes from when a letter may be sent.
pub(super) fn put_send_after(
    tx: &mut Conn,
    id: i64,
    send_after: Option<NaiveDateTime>,
) -> Result<(), Error> {
    diesel::update(letter::table.find(id))
        .set(letter::send_after.eq(send_after))
        .execute(tx)?;
    Ok(())
}

/// Begins a run of sending; returns its number.
pub(super) fn insert_run(
    tx: &mut Conn,
    started_by: &str,
    started_at: NaiveDateTime,
    texts: &str,
) -> Result<i64, Error> {
    Ok(diesel::insert_into(sending_run::table)
        .values((
            sending_run::started_by.eq(started_by),
            sending_run::started_at.eq(started_at),
            sending_run::texts.eq(texts),
        ))
        .returning(sending_run::id)
        .get_result(tx)?)
}

/// A run of sending.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sending_run)]
pub(super) struct Run {
    /// Its number.
    pub id: i64,
    /// Who started it.
    pub started_by: String,
    /// When (UTC).
    pub started_at: NaiveDateTime,
    /// The texts of its letters, as the setting holds them; empty for those that come with the program.
    pub texts: String,
}

/// A run by its number.
pub(super) fn run(tx: &mut Conn, id: i64) -> Result<Option<Run>, Error> {
    Ok(sending_run::table
        .find(id)
        .select(Run::as_select())
        .first(tx)
        .optional()?)
}

/// The number of the newest run that still has letters waiting.
pub(super) fn run_under_way(tx: &mut Conn, scope: &Scope) -> Result<Option<i64>, Error> {
    let mut query = outbox::table
        .inner_join(letter::table.inner_join(pupil::table))
        .filter(outbox::run_id.is_not_null())
        .filter(outbox::state.eq_any(DeliveryState::WAITING))
        .order(outbox::run_id.desc())
        .select(outbox::run_id.assume_not_null())
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.first(tx).optional()?)
}

/// The numbers of the letters about these children, whatever their state.
pub(super) fn numbers_of_pupils(tx: &mut Conn, pupils: &[i64]) -> Result<Vec<i64>, Error> {
    let mut found = Vec::new();
    for chunk in pupils.chunks(NUMBERS_A_STATEMENT) {
        let numbers: Vec<i64> = letter::table
            .filter(letter::pupil_id.eq_any(chunk))
            .order(letter::id)
            .select(letter::id)
            .load(tx)?;
        found.extend(numbers);
    }
    Ok(found)
}

/// Forgets from when these letters could be sent: it dates what they tell to a day.
pub(super) fn forget_moments(tx: &mut Conn, letters: &[i64]) -> Result<(), Error> {
    for chunk in letters.chunks(NUMBERS_A_STATEMENT) {
        diesel::update(
            letter::table
                .filter(letter::id.eq_any(chunk))
                .filter(letter::send_after.is_not_null()),
        )
        .set(letter::send_after.eq(None::<NaiveDateTime>))
        .execute(tx)?;
    }
    Ok(())
}

/// Those of these letters that have not come to an end.
pub(super) fn unfinished(tx: &mut Conn, letters: &[i64]) -> Result<Vec<Letter>, Error> {
    let finished = [State::Sent, State::InDoubt, State::Cancelled];
    let mut found = Vec::new();
    for chunk in letters.chunks(NUMBERS_A_STATEMENT) {
        let rows: Vec<Stored> = letter::table
            .filter(letter::id.eq_any(chunk))
            .filter(letter::state.ne_all(finished))
            .order(letter::id)
            .select(Stored::as_select())
            .load(tx)?;
        for stored in rows {
            found.push(stored.into_letter()?);
        }
    }
    Ok(found)
}
