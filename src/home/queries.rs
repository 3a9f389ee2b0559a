//! How many of each thing wait, and how far the year has come.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use serde::Serialize;

use crate::access::Scope;
use crate::db::schema::{
    academic_year, account, import, job_run, letter, pupil, release, school, visit, warning,
};
use crate::db::{Conn, Error};
use crate::measurement::participation::Tally;
use crate::measurement::tallies;

/// The year in progress.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Year {
    pub(super) label: String,
    pub(super) retention_days: Option<i32>,
}

/// How far a year has come: each number is part of the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Funnel {
    /// Eligible: on the lists and not out of the denominator, or as many as were set by hand.
    pub(super) eligible: i64,
    /// Measured.
    pub(super) measured: i64,
    /// With a letter that may go or went.
    pub(super) letters: i64,
    /// With a letter that went.
    pub(super) sent: i64,
}

/// A school that was visited, and children there who were neither measured nor noted as not measured.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Unfinished {
    pub(super) urn: i32,
    pub(super) name: String,
    pub(super) children: i64,
}

/// The academic year of a date.
pub(super) fn year_of(tx: &mut Conn, today: NaiveDate) -> Result<Option<Year>, Error> {
    Ok(academic_year::table
        .filter(academic_year::starts_on.le(today))
        .filter(academic_year::ends_on.ge(today))
        .select((academic_year::label, academic_year::retention_days))
        .first(tx)
        .optional()?)
}

/// How far a year has come in the schools of a scope: of the same counts as the page that tells it school by school.
pub(super) fn funnel(tx: &mut Conn, year: &str, scope: &Scope) -> Result<Funnel, Error> {
    let mut all = Tally::default();
    for tally in tallies(tx, scope, year)?
        .values()
        .flat_map(BTreeMap::values)
    {
        all.add(tally);
    }
    let mut with_letter = |states: &[&str]| -> Result<i64, Error> {
        let mut query = pupil::table
            .filter(pupil::year_label.eq(year))
            .filter(pupil::outcome.eq("measured"))
            .filter(exists(
                letter::table
                    .filter(letter::pupil_id.eq(pupil::id))
                    .filter(letter::kind.eq("result"))
                    .filter(letter::state.eq_any(states.to_vec())),
            ))
            .into_boxed();
        if let Some(urns) = scope.urns() {
            query = query.filter(pupil::school_urn.eq_any(urns));
        }
        Ok(query.count().get_result(tx)?)
    };
    Ok(Funnel {
        eligible: i64::from(all.eligible),
        measured: i64::from(all.measured),
        letters: with_letter(&["ready", "queued", "sent"])?,
        sent: with_letter(&["sent"])?,
    })
}

/// Visited schools with children who have no outcome, by name.
pub(super) fn visited_schools_without_every_outcome(
    tx: &mut Conn,
    year: &str,
    today: NaiveDate,
    scope: &Scope,
) -> Result<Vec<Unfinished>, Error> {
    let mut query = pupil::table
        .inner_join(school::table)
        .filter(pupil::year_label.eq(year.to_owned()))
        .filter(pupil::on_roll.eq(true))
        .filter(pupil::opted_out.eq(false))
        .filter(pupil::outcome.eq("none"))
        .filter(
            pupil::school_urn.eq_any(
                visit::table
                    .filter(visit::year_label.eq(year.to_owned()))
                    .filter(visit::visit_on.lt(today))
                    .select(visit::school_urn),
            ),
        )
        .group_by((school::urn, school::name))
        .select((school::urn, school::name, count_star()))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    let rows: Vec<(i32, String, i64)> = query.load(tx)?;
    let mut schools: Vec<Unfinished> = rows
        .into_iter()
        .map(|(urn, name, children)| Unfinished {
            urn,
            name,
            children,
        })
        .collect();
    schools.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(schools)
}

/// Warnings about outcomes as they stand that nobody has confirmed.
pub(super) fn unconfirmed_warnings(tx: &mut Conn, year: &str, scope: &Scope) -> Result<i64, Error> {
    let mut query = warning::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year.to_owned()))
        .filter(warning::version.eq(pupil::outcome_version))
        .filter(warning::confirmed_by.is_null())
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.count().get_result(tx)?)
}

/// Letters in each state, over all years.
pub(super) fn letters_by_state(
    tx: &mut Conn,
    scope: &Scope,
) -> Result<BTreeMap<String, i64>, Error> {
    let mut query = letter::table
        .inner_join(pupil::table)
        .group_by(letter::state)
        .select((letter::state, count_star()))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.load::<(String, i64)>(tx)?.into_iter().collect())
}

/// Rosters that wait to be confirmed.
pub(super) fn staged_imports(tx: &mut Conn) -> Result<i64, Error> {
    Ok(import::table
        .filter(import::state.eq("staged"))
        .count()
        .get_result(tx)?)
}

/// Releases that passed their audit and are not published.
pub(super) fn releases_to_publish(tx: &mut Conn) -> Result<i64, Error> {
    Ok(release::table
        .filter(release::state.eq("audited"))
        .count()
        .get_result(tx)?)
}

/// Releases that these audiences can see.
pub(super) fn published_releases(tx: &mut Conn, audiences: &[String]) -> Result<i64, Error> {
    Ok(release::table
        .filter(release::state.eq("published"))
        .filter(release::audience.eq_any(audiences))
        .count()
        .get_result(tx)?)
}

/// Jobs whose runs have failed since a moment.
pub(super) fn failed_jobs(tx: &mut Conn, since: NaiveDateTime) -> Result<i64, Error> {
    let names: Vec<String> = job_run::table
        .filter(job_run::outcome.eq("failed"))
        .filter(job_run::started_at.ge(since))
        .select(job_run::job_name)
        .distinct()
        .load(tx)?;
    Ok(names.len() as i64)
}

/// Accounts that are locked after failed tries.
pub(super) fn locked_accounts(tx: &mut Conn, now: NaiveDateTime) -> Result<i64, Error> {
    Ok(account::table
        .filter(account::locked_until.gt(now))
        .count()
        .get_result(tx)?)
}
