//! The rows around a single child.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::access::Scope;
use crate::audit;
use crate::db::schema::{academic_year, access, access_pupil, audit_event, letter, pupil};
use crate::db::{Conn, Error};

/// Rows of the timeline that are shown.
const MOST_EVENTS: i64 = 100;

/// A letter about a child.
#[derive(Clone, Debug, Queryable)]
pub(super) struct LetterRow {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) sent_at: Option<NaiveDateTime>,
}

/// Something done or seen.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Happening {
    pub(super) at: NaiveDateTime,
    pub(super) by: String,
    pub(super) what: String,
}

/// The years whose names can still be opened, the newest first.
pub(super) fn years_with_names(tx: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(academic_year::table
        .filter(academic_year::key_state.eq("active"))
        .order(academic_year::starts_on.desc())
        .select(academic_year::label)
        .load(tx)?)
}

/// Where a child of a search is: school, year group.
pub(super) type Place = (i32, String);

/// The children of a year at schools in scope, and where each is.
pub(super) fn places(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
) -> Result<HashMap<i64, Place>, Error> {
    let mut query = pupil::table
        .filter(pupil::year_label.eq(year))
        .select((pupil::id, pupil::school_urn, pupil::year_group))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query
        .load::<(i64, i32, String)>(tx)?
        .into_iter()
        .map(|(id, urn, group)| (id, (urn, group)))
        .collect())
}

/// The letters about a child, the newest first.
pub(super) fn letters_of(tx: &mut Conn, pupil: i64) -> Result<Vec<LetterRow>, Error> {
    Ok(letter::table
        .filter(letter::pupil_id.eq(pupil))
        .order(letter::id.desc())
        .select((letter::id, letter::kind, letter::state, letter::sent_at))
        .load(tx)?)
}

/// What was done with a child's record: the newest events.
pub(super) fn events_of(tx: &mut Conn, pupil: i64) -> Result<Vec<Happening>, Error> {
    let Some(subject) = audit::subject_of_pupil(tx, pupil)? else {
        return Ok(Vec::new());
    };
    Ok(audit_event::table
        .filter(audit_event::subject.eq(subject))
        .order(audit_event::id.desc())
        .limit(MOST_EVENTS)
        .select((
            audit_event::at,
            audit_event::actor_label,
            audit_event::action,
        ))
        .load(tx)?)
}

/// Who saw a child's name, and why: the newest accesses.
pub(super) fn accesses_of(tx: &mut Conn, pupil: i64) -> Result<Vec<Happening>, Error> {
    Ok(access_pupil::table
        .inner_join(access::table)
        .filter(access_pupil::pupil_id.eq(pupil))
        .order(access::id.desc())
        .limit(MOST_EVENTS)
        .select((access::at, access::actor_label, access::purpose))
        .load(tx)?)
}

/// Notes whether a parent has withdrawn the child; the other flags are sealed with the name.
pub(super) fn set_opted_out(
    tx: &mut Conn,
    pupil: i64,
    opted_out: bool,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(pupil::table.find(pupil))
        .set((pupil::opted_out.eq(opted_out), pupil::updated_at.eq(now)))
        .execute(tx)?;
    Ok(())
}

pub(super) fn set_particulars(
    tx: &mut Conn,
    pupil: i64,
    sex: &str,
    year_group: &str,
    place: &programme::Place,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(pupil::table.find(pupil))
        .set((
            pupil::sex.eq(sex),
            pupil::year_group.eq(year_group),
            pupil::deprivation_quintile.eq(place.quintile()),
            pupil::deprivation_vintage.eq(place.decile_vintage),
            pupil::updated_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}
