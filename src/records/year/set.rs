//! Setting the rule of a year.

use chrono::NaiveDateTime;
use growth::Scheme;
use serde_json::json;

use super::queries::{self, Year};
use super::rule::{YearError, YearRule, check_rule};
use crate::audit::{self, Actor};
use crate::db::{self, Conn, dialect};
use crate::identity::Keyring;
use programme::AcademicYear;

/// A year whose rule is about to be changed; nobody else changes one until the transaction ends.
pub fn hold(tx: &mut Conn, label: &str) -> Result<Year, YearError> {
    dialect::lock_years(tx)?;
    dialect::take_year(tx, label)?;
    match queries::year(tx, label)? {
        None => Err(YearError::Unknown(label.to_owned())),
        Some(year) if year.key_state == "destroyed" => Err(YearError::Closed(label.to_owned())),
        Some(year) => Ok(year),
    }
}

/// Sets the rule on which two people agreed; false when the year takes no names any more.
pub fn put_agreed_rule(
    tx: &mut Conn,
    label: &str,
    retention_days: i32,
    instrument: &str,
) -> Result<bool, db::Error> {
    dialect::lock_years(tx)?;
    dialect::take_year(tx, label)?;
    queries::put_retention(tx, label, retention_days, instrument)
}

/// Sets a year's rule, and makes its key when it has none. Where the year holds names, how long they are kept is not
/// changed here. The key's file comes first: a file without a row is made
/// use of next time, a row without a file would be a promise that cannot be kept.
pub fn set(
    tx: &mut Conn,
    keyring: &Keyring,
    actor: &Actor,
    now: NaiveDateTime,
    label: AcademicYear,
    rule: &YearRule,
) -> Result<Year, YearError> {
    check_rule(rule.retention_days, &rule.instrument)?;
    let instrument = rule.instrument.trim();
    if let Some(date) = rule.closes_on
        && !(label.first_day()..=label.last_day() + chrono::Days::new(61)).contains(&date)
    {
        return Err(YearError::Closes(date));
    }
    let name = label.to_string();
    dialect::lock_years(tx)?;
    // A year that is being closed at this moment must not be opened again.
    dialect::take_year(tx, &name)?;
    let before = queries::year(tx, &name)?;
    if before
        .as_ref()
        .is_some_and(|year| year.key_state == "destroyed")
    {
        return Err(YearError::Closed(name));
    }
    let is_another_rule = before.as_ref().is_some_and(|year| {
        year.retention_days.is_some()
            && (year.retention_days != Some(rule.retention_days)
                || year.instrument.as_deref() != Some(instrument))
    });
    if is_another_rule && queries::names_held(tx, &name)? > 0 {
        return Err(YearError::NeedsSecondPerson(name));
    }
    let fingerprint = fingerprint_of_key(keyring, &name, before.as_ref())?;
    queries::put_year(tx, label, rule, &fingerprint, now, before.is_some())?;
    let detail = json!({
        "retention_days": rule.retention_days,
        "instrument": instrument,
        "scheme": rule.scheme.map(Scheme::code),
        "closes_on": rule.closes_on,
        "retention_days_before": before.and_then(|year| year.retention_days),
    });
    audit::event(
        tx,
        actor,
        now,
        audit::Action::YearRuleSet,
        &format!("year:{name}"),
        &detail,
    )?;
    queries::year(tx, &name)?.ok_or(YearError::Unknown(name))
}

/// What tells the year's key from others; a year that has none yet gets one.
fn fingerprint_of_key(
    keyring: &Keyring,
    name: &str,
    before: Option<&Year>,
) -> Result<String, YearError> {
    let Some(year) = before.filter(|year| year.key_state == "active") else {
        return Ok(Keyring::fingerprint(&keyring.create_if_missing(name)?));
    };
    // The key that sealed what is there must still be there: a new one would hide that it is missing.
    let fingerprint = Keyring::fingerprint(&keyring.year(name)?);
    match &year.key_fingerprint {
        Some(known) if *known != fingerprint => Err(YearError::OtherKey(name.to_owned())),
        _ => Ok(fingerprint),
    }
}
