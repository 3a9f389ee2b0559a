//! Academic years and their rules: when they run, which clinical scheme their letters use, how long names are kept.
//!
//! The one thing to know: a year gets its key together with its retention rule, so names cannot come in for a year of
//! which nobody has said when they will go.

mod keys;
mod queries;

pub use keys::{Fault, FaultyKey, faulty_keys, in_words};
pub use queries::{Year, current_year, names_held, open_years, year, year_of, years};

use chrono::{NaiveDate, NaiveDateTime};
use growth::Scheme;
use serde_json::json;

use crate::audit::{self, Action, Actor};
use crate::db::{self, Conn, dialect};
use crate::identity::{Keyring, KeyringError};
use programme::AcademicYear;

/// A rule that cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum YearError {
    /// Not a label.
    #[error("“{0}” is not an academic year: write it as 2026-27")]
    Label(String),
    /// No such year yet.
    #[error(
        "the year {0} is not set up: use `stature year set {0} --retention-days N --instrument TEXT` first"
    )]
    Unknown(String),
    /// Days out of reason.
    #[error("names can be kept for 1 to 3650 days after the measurement; {0} is not one of these")]
    Days(i32),
    /// Nothing that designates the period.
    #[error(
        "say which instrument designates the period, in at most 500 characters: --instrument TEXT"
    )]
    Instrument,
    /// Closing date outside of reason.
    #[error("the closing date {0} is not within the year or the two months after it")]
    Closes(NaiveDate),
    /// The key in the keyring is another one.
    #[error(
        "the key of {0} in the keyring is not the one that its names were sealed with: put the right keyring back, or name it with --keyring; nothing was changed"
    )]
    OtherKey(String),
    /// The year holds names, and one person alone does not decide how long they are kept.
    #[error(
        "the year {0} holds names: how long they are kept is changed on the page Years, where a second person confirms it; nothing was changed"
    )]
    NeedsSecondPerson(String),
    /// The year's names are gone.
    #[error("the names of {0} were removed for good; its rule can no longer be changed")]
    Closed(String),
    /// The keyring.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<diesel::result::Error> for YearError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The rule of a year, as it is to be set.
#[derive(Clone, Debug)]
pub struct YearRule {
    /// Days after the measurement (for a child never measured: after 31 August).
    pub retention_days: i32,
    /// What designates the period.
    pub instrument: String,
    /// The clinical scheme of the letters; `None` leaves it as it is.
    pub scheme: Option<Scheme>,
    /// When the collection closes; `None` leaves it as it is.
    pub closes_on: Option<NaiveDate>,
}

/// Reads a label such as `2026-27`.
pub fn parse_label(label: &str) -> Result<AcademicYear, YearError> {
    AcademicYear::parse_label(label).ok_or_else(|| YearError::Label(label.to_owned()))
}

/// Whether a number of days and an instrument can be a rule.
pub fn check_rule(retention_days: i32, instrument: &str) -> Result<(), YearError> {
    if !(1..=3650).contains(&retention_days) {
        return Err(YearError::Days(retention_days));
    }
    let instrument = instrument.trim();
    if instrument.is_empty()
        || instrument.chars().count() > 500
        || instrument.chars().any(char::is_control)
    {
        return Err(YearError::Instrument);
    }
    Ok(())
}

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
    if is_another_rule && names_held(tx, &name)? > 0 {
        return Err(YearError::NeedsSecondPerson(name));
    }
    let key = match &before {
        // The key that sealed what is there must still be there: a new one would hide that it is missing.
        Some(year) if year.key_state == "active" => {
            let key = keyring.year(&name)?;
            if year
                .key_fingerprint
                .as_ref()
                .is_some_and(|known| *known != Keyring::fingerprint(&key))
            {
                return Err(YearError::OtherKey(name));
            }
            key
        }
        _ => keyring.create_if_missing(&name)?,
    };
    queries::put_year(
        tx,
        label,
        rule,
        &Keyring::fingerprint(&key),
        now,
        before.is_some(),
    )?;
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
        Action::YearRuleSet,
        &format!("year:{name}"),
        &detail,
    )?;
    queries::year(tx, &name)?.ok_or(YearError::Unknown(name))
}
