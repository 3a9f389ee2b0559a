//! Work at schools: head-counts set by hand, visits.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::json;

use super::work_queries as queries;
use crate::access::Scope;
use crate::audit::{self, Action, Actor};
use crate::db::dialect::{self, NewVisit};
use crate::db::{Conn, Error};
use crate::measurement::tallies;
use programme::{AcademicYear, Urn, YearGroup};

/// The most children a head-count can name; a school has fewer.
pub const MOST_CHILDREN: i32 = 2000;

/// A visit that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// Not within the collection year.
    #[error("{0} is not within the academic year {1}")]
    OutsideYear(NaiveDate, String),
    /// There is one on that day.
    #[error("this school has a visit on that day already")]
    Twice,
    /// The database refused.
    #[error(transparent)]
    Database(#[from] Error),
}

/// A head-count below the number of children measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadcountTooLow {
    /// The year group.
    pub group: YearGroup,
    /// Children of it who were measured.
    pub measured: u32,
}

/// Sets the eligible children of year groups of a school in a year by hand; `None` goes back to the list. Whoever was
/// measured was eligible, so that a head-count below the number measured is wrong: then nothing is set, and those that
/// are too low are returned.
pub fn set_headcounts(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    (urn, year): (Urn, &str),
    wanted: &[(YearGroup, Option<i32>)],
) -> Result<Vec<HeadcountTooLow>, Error> {
    let school = Scope::Schools([urn].into());
    let number = i32::from(urn);
    let tallies = tallies(tx, &school, year)?
        .remove(&number)
        .unwrap_or_default();
    let too_low: Vec<HeadcountTooLow> = wanted
        .iter()
        .filter_map(|(group, eligible)| {
            let measured = tallies.get(group.code()).map_or(0, |tally| tally.measured);
            let low = eligible.is_some_and(|eligible| i64::from(eligible) < i64::from(measured));
            low.then_some(HeadcountTooLow {
                group: *group,
                measured,
            })
        })
        .collect();
    if !too_low.is_empty() {
        return Ok(too_low);
    }
    for (group, eligible) in wanted {
        queries::put_headcount(tx, number, year, group.code(), *eligible, &actor.label, now)?;
        audit::event(
            tx,
            actor,
            now,
            Action::HeadcountSet,
            &format!("school:{urn}"),
            &json!({"year": year, "year_group": group.code(), "eligible": eligible}),
        )?;
    }
    Ok(too_low)
}

/// A visit as it is planned.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The school.
    pub urn: Urn,
    /// The day.
    pub on: NaiveDate,
    /// Who goes, or empty.
    pub team: String,
    /// What to know, or empty.
    pub note: String,
}

/// Plans a visit; returns its number.
pub fn plan_visit(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    year: &str,
    plan: &Plan,
) -> Result<i64, VisitError> {
    if !AcademicYear::parse_label(year).is_some_and(|year| year.contains(plan.on)) {
        return Err(VisitError::OutsideYear(plan.on, year.to_owned()));
    }
    let visit = NewVisit {
        year_label: year,
        school_urn: plan.urn.into(),
        visit_on: plan.on,
        team: Some(plan.team.as_str()).filter(|text| !text.is_empty()),
        note: Some(plan.note.as_str()).filter(|text| !text.is_empty()),
        created_by: &actor.label,
        created_at: now,
    };
    // The database decides whether there is one already: somebody else may be planning the same visit now.
    let id = dialect::insert_visit(tx, &visit)?.ok_or(VisitError::Twice)?;
    audit::event(
        tx,
        actor,
        now,
        Action::VisitPlanned,
        &format!("visit:{id}"),
        &json!({"school": i32::from(plan.urn), "on": plan.on}),
    )?;
    Ok(id)
}

/// Cancels a visit. False when there is none.
pub fn cancel_visit(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    id: i64,
) -> Result<bool, Error> {
    let Some(urn) = queries::school_of_visit(tx, id)? else {
        return Ok(false);
    };
    let gone = queries::delete_visit(tx, id)?;
    audit::event(
        tx,
        actor,
        now,
        Action::VisitCancelled,
        &format!("visit:{id}"),
        &json!({"school": urn}),
    )?;
    Ok(gone)
}
