//! The rows of changes of a year's rule.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

use super::proposal::{NewRule, Proposer};
use crate::db::schema::year_rule_change;
use crate::db::{Conn, Error};

/// A change that was proposed.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = year_rule_change)]
pub struct RuleChange {
    /// Number.
    pub id: i64,
    /// The academic year.
    pub year_label: String,
    /// Days that names are to be kept.
    pub retention_days: i32,
    /// What designates that period.
    pub instrument: String,
    /// `proposed`, `confirmed`, `in_force` or `withdrawn`.
    pub state: String,
    /// Account of the person who proposed it.
    pub proposed_by: i64,
    /// That person's name.
    pub proposed_name: String,
    /// That person's role at the time.
    pub proposed_role: String,
    /// When; UTC.
    pub proposed_at: NaiveDateTime,
    /// Account of the person who confirmed it.
    pub decided_by: Option<i64>,
    /// That person's name.
    pub decided_name: Option<String>,
    /// When; UTC.
    pub decided_at: Option<NaiveDateTime>,
    /// The day on which it takes effect.
    pub takes_effect_on: Option<NaiveDate>,
}

/// The change of a year that is proposed or confirmed and not in force yet.
pub(super) fn open_change(tx: &mut Conn, year: &str) -> Result<Option<RuleChange>, Error> {
    Ok(year_rule_change::table
        .filter(year_rule_change::year_label.eq(year))
        .filter(year_rule_change::state.eq_any(["proposed", "confirmed"]))
        .select(RuleChange::as_select())
        .first(tx)
        .optional()?)
}

/// Every change in a state, the oldest first.
pub(super) fn changes_in(tx: &mut Conn, state: &str) -> Result<Vec<RuleChange>, Error> {
    Ok(year_rule_change::table
        .filter(year_rule_change::state.eq(state))
        .order(year_rule_change::id)
        .select(RuleChange::as_select())
        .load(tx)?)
}

/// Writes a proposal down; returns its number.
pub(super) fn put_proposal(
    tx: &mut Conn,
    year: &str,
    rule: &NewRule,
    by: &Proposer,
    now: NaiveDateTime,
) -> Result<i64, Error> {
    Ok(diesel::insert_into(year_rule_change::table)
        .values((
            year_rule_change::year_label.eq(year),
            year_rule_change::retention_days.eq(rule.retention_days),
            year_rule_change::instrument.eq(&rule.instrument),
            year_rule_change::state.eq("proposed"),
            year_rule_change::proposed_by.eq(by.account),
            year_rule_change::proposed_name.eq(&by.name),
            year_rule_change::proposed_role.eq(by.role.code()),
            year_rule_change::proposed_at.eq(now),
        ))
        .returning(year_rule_change::id)
        .get_result(tx)?)
}

/// Moves a change from one state to another; false when it is not there any more.
pub(super) fn step(tx: &mut Conn, id: i64, from: &str, to: &str) -> Result<bool, Error> {
    let moved = diesel::update(
        year_rule_change::table
            .find(id)
            .filter(year_rule_change::state.eq(from)),
    )
    .set(year_rule_change::state.eq(to))
    .execute(tx)?;
    Ok(moved == 1)
}

/// Notes who decided, and from when a confirmed change is in force.
pub(super) fn put_decision(
    tx: &mut Conn,
    id: i64,
    by: &Proposer,
    takes_effect_on: Option<NaiveDate>,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(year_rule_change::table.find(id))
        .set((
            year_rule_change::decided_by.eq(by.account),
            year_rule_change::decided_name.eq(&by.name),
            year_rule_change::decided_at.eq(now),
            year_rule_change::takes_effect_on.eq(takes_effect_on),
        ))
        .execute(tx)?;
    Ok(())
}
