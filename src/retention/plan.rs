//! What is due when.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::queries;
use crate::db::{self, Conn};

/// What is due when, for one year.
#[derive(Clone, Debug, Serialize)]
pub struct YearPlan {
    /// `2026-27`.
    pub label: String,
    /// Days that names are kept.
    pub retention_days: i32,
    /// What designates the period.
    pub instrument: String,
    /// The date after which no name of the year is left.
    pub last_date: NaiveDate,
    /// `active` or `destroyed`.
    pub key_state: String,
    /// When the key was destroyed.
    pub key_destroyed_at: Option<NaiveDateTime>,
    /// Names that are held.
    pub names: i64,
    /// Names whose date has come.
    pub due: i64,
    /// Whether the key goes in the next run.
    pub key_due: bool,
    /// The dates to come, and how many names go on each.
    pub dates: BTreeMap<NaiveDate, i64>,
}

/// What is due when, the oldest year first.
pub fn plan(tx: &mut Conn, as_of: NaiveDate) -> Result<Vec<YearPlan>, db::Error> {
    let mut plans = Vec::new();
    for year in queries::ruled_years(tx)? {
        let (mut names, mut due, mut dates) = (0, 0, BTreeMap::new());
        for (measured_on, count) in queries::names_by_date_measured(tx, &year.label)? {
            names += count;
            if year.rule.is_due(measured_on, as_of) {
                due += count;
            } else {
                *dates.entry(year.rule.due_on(measured_on)).or_insert(0) += count;
            }
        }
        plans.push(YearPlan {
            retention_days: year.rule.retention_days,
            instrument: year.instrument,
            last_date: year.rule.last_date(),
            key_due: year.key_state == "active" && year.rule.may_close(as_of, names - due),
            key_state: year.key_state,
            key_destroyed_at: year.key_destroyed_at,
            label: year.label,
            names,
            due,
            dates,
        });
    }
    Ok(plans)
}
