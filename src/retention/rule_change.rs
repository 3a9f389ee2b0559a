//! Changing how long names are kept in a year that holds some.
//!
//! A smaller number erases names early, a larger one keeps them longer than parents were told. So one person proposes a
//! change, another one of the other role confirms it, and it takes effect some days later: the programme administrator
//! and the information governance lead each see it in time to stop it.

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde_json::json;

use super::policy::Rule;
use super::{queries, rule_change_mail as mail, rule_change_queries as rows};
use crate::access::Role;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::clock::local;
use crate::db::{self, Conn};
use crate::records::year as years;

pub use super::proposal::{ChangeError, Effect, NewRule, Proposer};
pub use super::rule_change_queries::RuleChange;

/// Days between the confirmation of a change and its effect.
pub const EFFECT_DAYS: u64 = 3;

/// What changing a year's rule to `days` days would do from the day `on`; `None` for a year without a rule.
pub fn effect(
    tx: &mut Conn,
    label: &str,
    days: i32,
    on: NaiveDate,
) -> Result<Option<Effect>, db::Error> {
    let Some(year) = queries::ruled_years(tx)?
        .into_iter()
        .find(|year| year.label == label)
    else {
        return Ok(None);
    };
    let new = Rule {
        retention_days: days,
        ..year.rule
    };
    let (mut names, mut removed_early, mut due_anyway) = (0, 0, 0);
    for (measured_on, count) in queries::names_by_date_measured(tx, label)? {
        names += count;
        if year.rule.is_due(measured_on, on) {
            due_anyway += count;
        } else if new.is_due(measured_on, on) {
            removed_early += count;
        }
    }
    Ok(Some(Effect {
        names,
        removed_early,
        due_anyway,
        later_by: days - year.rule.retention_days,
        on,
        last_date_before: year.rule.last_date(),
        last_date_after: new.last_date(),
    }))
}

/// The day from which a change confirmed today counts.
pub fn effect_date(today: NaiveDate) -> NaiveDate {
    today
        .checked_add_days(Days::new(EFFECT_DAYS))
        .unwrap_or(today)
}

/// The change of a year that is not in force yet.
pub fn open_change(tx: &mut Conn, label: &str) -> Result<Option<RuleChange>, db::Error> {
    rows::open_change(tx, label)
}

/// The years whose proposed change somebody with this role can confirm.
pub fn changes_to_confirm(tx: &mut Conn, role: Role) -> Result<Vec<String>, db::Error> {
    Ok(rows::changes_in(tx, "proposed")?
        .into_iter()
        .filter(|change| may_confirm(role) && change.proposed_role != role.code())
        .map(|change| change.year_label)
        .collect())
}

/// The two roles that agree on a change.
fn may_confirm(role: Role) -> bool {
    matches!(role, Role::Administrator | Role::Governance)
}

/// Writes down that somebody proposes a change, and tells both roles.
pub fn propose(
    tx: &mut Conn,
    app: &App,
    by: &Proposer,
    label: &str,
    rule: &NewRule,
) -> Result<(), ChangeError> {
    let now = app.clock.now();
    years::check_rule(rule.retention_days, &rule.instrument)?;
    let year = years::hold(tx, label)?;
    if rows::open_change(tx, label)?.is_some() {
        return Err(ChangeError::Waiting(label.to_owned()));
    }
    if year.retention_days == Some(rule.retention_days)
        && year.instrument.as_deref() == Some(&rule.instrument)
    {
        return Err(ChangeError::SameRule);
    }
    let id = rows::put_proposal(tx, label, rule, by, now)?;
    let found = effect(
        tx,
        label,
        rule.retention_days,
        effect_date(local(now).date()),
    )?;
    let detail = json!({
        "retention_days": rule.retention_days,
        "retention_days_before": year.retention_days,
        "effect": found,
    });
    note(
        tx,
        &by.actor(),
        now,
        Action::YearRuleProposed,
        id,
        label,
        &detail,
    )?;
    let change = rows::open_change(tx, label)?.ok_or(ChangeError::Gone)?;
    mail::tell(tx, app, &change, found, mail::News::Proposed)
}

/// Confirms the proposal `id` of a year: it takes effect in [`EFFECT_DAYS`] days.
pub fn confirm(
    tx: &mut Conn,
    app: &App,
    by: &Proposer,
    label: &str,
    id: i64,
) -> Result<NaiveDate, ChangeError> {
    let now = app.clock.now();
    years::hold(tx, label)?;
    let change = rows::open_change(tx, label)?
        .filter(|change| change.id == id && change.state == "proposed")
        .ok_or(ChangeError::Gone)?;
    if !may_confirm(by.role)
        || change.proposed_role == by.role.code()
        || change.proposed_by == by.account
    {
        return Err(ChangeError::SameRole);
    }
    let on = effect_date(local(now).date());
    if !rows::step(tx, id, "proposed", "confirmed")? {
        return Err(ChangeError::Gone);
    }
    rows::put_decision(tx, id, by, Some(on), now)?;
    let found = effect(tx, label, change.retention_days, on)?;
    let detail = json!({"takes_effect_on": on, "effect": found});
    note(
        tx,
        &by.actor(),
        now,
        Action::YearRuleConfirmed,
        id,
        label,
        &detail,
    )?;
    let change = rows::open_change(tx, label)?.ok_or(ChangeError::Gone)?;
    mail::tell(tx, app, &change, found, mail::News::Confirmed)?;
    Ok(on)
}

/// Withdraws or rejects a change that is not in force yet; either role may.
pub fn withdraw(
    tx: &mut Conn,
    app: &App,
    by: &Proposer,
    label: &str,
    id: i64,
) -> Result<(), ChangeError> {
    let now = app.clock.now();
    years::hold(tx, label)?;
    let change = rows::open_change(tx, label)?
        .filter(|change| change.id == id)
        .ok_or(ChangeError::Gone)?;
    if !rows::step(tx, id, &change.state, "withdrawn")? {
        return Err(ChangeError::Gone);
    }
    note(
        tx,
        &by.actor(),
        now,
        Action::YearRuleWithdrawn,
        id,
        label,
        &json!({}),
    )?;
    mail::tell(tx, app, &change, None, mail::News::Withdrawn(&by.name))
}

/// Puts confirmed changes into force whose day has come. A year whose names are gone keeps its last rule.
pub(super) fn apply_confirmed(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
) -> Result<(), db::Error> {
    let today = local(now).date();
    for change in rows::changes_in(tx, "confirmed")? {
        if change.takes_effect_on.is_none_or(|on| on > today) {
            continue;
        }
        let label = &change.year_label;
        let in_force =
            years::put_agreed_rule(tx, label, change.retention_days, &change.instrument)?;
        let state = if in_force { "in_force" } else { "withdrawn" };
        rows::step(tx, change.id, "confirmed", state)?;
        let detail = json!({"retention_days": change.retention_days, "state": state});
        note(
            tx,
            actor,
            now,
            Action::YearRuleInForce,
            change.id,
            label,
            &detail,
        )?;
    }
    Ok(())
}

fn note(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    action: Action,
    id: i64,
    label: &str,
    detail: &serde_json::Value,
) -> Result<(), db::Error> {
    let detail = json!({"change": id, "detail": detail});
    audit::event(tx, actor, now, action, &format!("year:{label}"), &detail)
}
