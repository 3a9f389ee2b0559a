//! The rows of head-counts and visits.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

use crate::access::Scope;
use crate::db::schema::{headcount, pupil, visit};
use crate::db::{Conn, Error};
use crate::records::school::names_of;

/// A team at a school on a day.
#[derive(Clone, Debug, Serialize)]
pub struct Visit {
    /// Name of the school.
    pub school: String,
    /// What is stored of it.
    #[serde(flatten)]
    pub row: VisitRow,
}

/// A visit as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = visit)]
pub struct VisitRow {
    /// Its number.
    pub id: i64,
    /// The school.
    pub school_urn: i32,
    /// The day.
    pub visit_on: NaiveDate,
    /// Who goes.
    pub team: Option<String>,
    /// What to know.
    pub note: Option<String>,
}

/// Number, year group and outcome of every child on a school's list, and whether its parents opted out.
pub fn outcomes_on_roll(
    tx: &mut Conn,
    urn: i32,
    year: &str,
) -> Result<Vec<(i64, String, String, bool)>, Error> {
    Ok(pupil::table
        .filter(pupil::school_urn.eq(urn))
        .filter(pupil::year_label.eq(year))
        .filter(pupil::on_roll.eq(true))
        .select((
            pupil::id,
            pupil::year_group,
            pupil::outcome,
            pupil::opted_out,
        ))
        .load(tx)?)
}

/// Sets a head-count by hand, or takes it away.
pub(super) fn put_headcount(
    tx: &mut Conn,
    urn: i32,
    year: &str,
    group: &str,
    eligible: Option<i32>,
    by: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::delete(
        headcount::table
            .filter(headcount::school_urn.eq(urn))
            .filter(headcount::year_label.eq(year))
            .filter(headcount::year_group.eq(group)),
    )
    .execute(tx)?;
    if let Some(eligible) = eligible {
        diesel::insert_into(headcount::table)
            .values((
                headcount::school_urn.eq(urn),
                headcount::year_label.eq(year),
                headcount::year_group.eq(group),
                headcount::eligible.eq(eligible),
                headcount::set_by.eq(by),
                headcount::set_at.eq(now),
            ))
            .execute(tx)?;
    }
    Ok(())
}

/// Head-counts set by hand: year group, number.
pub fn headcounts(tx: &mut Conn, urn: i32, year: &str) -> Result<Vec<(String, i32)>, Error> {
    Ok(headcount::table
        .filter(headcount::school_urn.eq(urn))
        .filter(headcount::year_label.eq(year))
        .select((headcount::year_group, headcount::eligible))
        .load(tx)?)
}

/// The visits of a year to schools in scope, by day; to one school only when it is given.
pub fn visits(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
    only: Option<i32>,
) -> Result<Vec<Visit>, Error> {
    let mut query = visit::table
        .filter(visit::year_label.eq(year))
        .order((visit::visit_on, visit::id))
        .select(VisitRow::as_select())
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(visit::school_urn.eq_any(urns));
    }
    if let Some(urn) = only {
        query = query.filter(visit::school_urn.eq(urn));
    }
    let rows = query.load(tx)?;
    let mut urns: Vec<i32> = rows.iter().map(|row| row.school_urn).collect();
    urns.sort_unstable();
    urns.dedup();
    let names = names_of(tx, &urns)?;
    Ok(rows
        .into_iter()
        .map(|row| Visit {
            // Every visit's school is in the register: a foreign key says so.
            school: names.get(&row.school_urn).cloned().unwrap_or_default(),
            row,
        })
        .collect())
}

/// A visit's school; `None` when there is no such visit.
pub(super) fn school_of_visit(tx: &mut Conn, id: i64) -> Result<Option<i32>, Error> {
    Ok(visit::table
        .find(id)
        .select(visit::school_urn)
        .first(tx)
        .optional()?)
}

pub(super) fn delete_visit(tx: &mut Conn, id: i64) -> Result<bool, Error> {
    Ok(diesel::delete(visit::table.find(id)).execute(tx)? == 1)
}
