//! The rows of academic years.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use growth::Scheme;
use serde::Serialize;

use super::rule::YearRule;
use crate::db::schema::{academic_year, identity};
use crate::db::{Conn, Error};
use programme::AcademicYear;

/// An academic year and its rules.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = academic_year)]
pub struct Year {
    /// `2026-27`.
    pub label: String,
    /// 1 September.
    pub starts_on: NaiveDate,
    /// 31 August.
    pub ends_on: NaiveDate,
    /// When the collection closes.
    pub closes_on: Option<NaiveDate>,
    /// Code of the clinical scheme.
    pub scheme: String,
    /// Days that names are kept after the measurement.
    pub retention_days: Option<i32>,
    /// What designates that period.
    pub instrument: Option<String>,
    /// `absent`, `active` or `destroyed`.
    pub key_state: String,
    /// What tells the key that sealed the year's names from another.
    #[serde(skip)]
    pub key_fingerprint: Option<String>,
    /// When the key was destroyed.
    pub key_destroyed_at: Option<NaiveDateTime>,
}

/// Every year, the newest first.
pub fn years(tx: &mut Conn) -> Result<Vec<Year>, Error> {
    Ok(academic_year::table
        .order(academic_year::starts_on.desc())
        .select(Year::as_select())
        .load(tx)?)
}

/// One year.
pub fn year(tx: &mut Conn, label: &str) -> Result<Option<Year>, Error> {
    Ok(academic_year::table
        .find(label)
        .select(Year::as_select())
        .first(tx)
        .optional()?)
}

/// The year that a day lies in; `None` when it has not been set up.
pub fn year_of(tx: &mut Conn, day: NaiveDate) -> Result<Option<Year>, Error> {
    Ok(academic_year::table
        .filter(academic_year::starts_on.le(day))
        .filter(academic_year::ends_on.ge(day))
        .select(Year::as_select())
        .first(tx)
        .optional()?)
}

/// Label of the year that today lies in, else of the newest one; `None` when there is none.
pub fn current_year(tx: &mut Conn, today: NaiveDate) -> Result<Option<String>, Error> {
    if let Some(year) = year_of(tx, today)? {
        return Ok(Some(year.label));
    }
    Ok(academic_year::table
        .order(academic_year::starts_on.desc())
        .select(academic_year::label)
        .first(tx)
        .optional()?)
}

/// Labels of the years that names may come into, the newest first.
pub fn open_years(tx: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(academic_year::table
        .filter(academic_year::retention_days.is_not_null())
        .filter(academic_year::key_state.eq("active"))
        .order(academic_year::starts_on.desc())
        .select(academic_year::label)
        .load(tx)?)
}

/// How many names a year holds.
pub fn names_held(tx: &mut Conn, year: &str) -> Result<i64, Error> {
    Ok(identity::table
        .filter(identity::year_label.eq(year))
        .count()
        .get_result(tx)?)
}

/// Sets how long names of a year are kept; false when the year takes no names any more.
pub(super) fn put_retention(
    tx: &mut Conn,
    year: &str,
    days: i32,
    instrument: &str,
) -> Result<bool, Error> {
    let changed = diesel::update(
        academic_year::table
            .find(year)
            .filter(academic_year::key_state.eq("active")),
    )
    .set((
        academic_year::retention_days.eq(days),
        academic_year::instrument.eq(instrument),
    ))
    .execute(tx)?;
    Ok(changed == 1)
}

pub(super) fn put_year(
    tx: &mut Conn,
    label: AcademicYear,
    rule: &YearRule,
    fingerprint: &str,
    now: NaiveDateTime,
    exists: bool,
) -> Result<(), Error> {
    let name = label.to_string();
    if !exists {
        diesel::insert_into(academic_year::table)
            .values((
                academic_year::label.eq(&name),
                academic_year::starts_on.eq(label.first_day()),
                academic_year::ends_on.eq(label.last_day()),
                academic_year::scheme.eq(Scheme::default().code()),
                academic_year::created_at.eq(now),
            ))
            .execute(tx)?;
    }
    diesel::update(academic_year::table.find(&name))
        .set((
            academic_year::retention_days.eq(rule.retention_days),
            academic_year::instrument.eq(rule.instrument.trim()),
            academic_year::key_state.eq("active"),
            academic_year::key_fingerprint.eq(fingerprint),
        ))
        .execute(tx)?;
    if let Some(scheme) = rule.scheme {
        diesel::update(academic_year::table.find(&name))
            .set(academic_year::scheme.eq(scheme.code()))
            .execute(tx)?;
    }
    if let Some(date) = rule.closes_on {
        diesel::update(academic_year::table.find(&name))
            .set(academic_year::closes_on.eq(date))
            .execute(tx)?;
    }
    Ok(())
}
