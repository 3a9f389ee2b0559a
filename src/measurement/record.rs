//! Recording what came of a child: a measurement, a reason for none, taking back, confirming.
//!
//! Every change is a new version; the old ones stay. The version that a recorder saw travels with the change: when
//! somebody else was quicker the change is refused and told, never laid over the other's. The same change sent twice
//! is one change. The event is written in the same transaction.

use chrono::{NaiveDate, NaiveDateTime};
use growth::plausibility::{Earlier, Finding, Findings, Limits};
use growth::{Height, Scheme, Sex, Weight};
use serde_json::json;

use super::entry::{self, Entry, Subject};
use super::queries::{self, Measured, NotMeasured, PupilRow, WarningRow};
use super::{LIMITS_SETTING, Reason};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::db::{self, Conn};
use crate::fields::{CollectionYear, YearGroup};
use crate::identity::{IdentityError, Purpose, Whose};
use crate::settings;

/// What became of a change.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// It is saved, as this version; unusual values wait to be confirmed.
    Saved {
        /// The new version.
        version: i32,
        /// What is to be confirmed.
        warnings: Vec<Finding>,
    },
    /// Exactly this was recorded already.
    Unchanged {
        /// The version that stands.
        version: i32,
    },
    /// It cannot be right, so it is not saved.
    Rejected(Findings),
    /// A parent has withdrawn the child.
    OptedOut,
    /// Somebody else recorded something in between; nothing was saved.
    Overtaken(Box<Standing>),
}

/// What stands for a child now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The version.
    pub version: i32,
    /// The measurement, when there is one.
    pub measured: Option<Measured>,
    /// The reason, when there is one.
    pub not_measured: Option<NotMeasured>,
}

impl Standing {
    /// Who recorded it; `None` when nothing stands.
    pub fn by(&self) -> Option<(&str, NaiveDateTime)> {
        match (&self.measured, &self.not_measured) {
            (Some(row), _) => Some((&row.recorded_by, row.recorded_at)),
            (None, Some(row)) => Some((&row.recorded_by, row.recorded_at)),
            (None, None) => None,
        }
    }

    /// What it is, in words: "110.4 cm and 18.2 kg", "absent", "nothing".
    pub fn in_words(&self) -> String {
        match (&self.measured, &self.not_measured) {
            (Some(row), _) => format!(
                "{} cm and {} kg",
                Height::from_millimetres(row.height_mm.max(0) as u32),
                Weight::from_grams(row.weight_g.max(0) as u32)
            ),
            (None, Some(row)) => Reason::from_code(&row.reason)
                .map_or("not measured", Reason::words)
                .to_owned(),
            (None, None) => "nothing".to_owned(),
        }
    }
}

/// A change that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such child.
    #[error("there is no such child")]
    NoSuchChild,
    /// The name, and with it the date of birth, is gone.
    #[error("the name of this child has been removed, so nothing more can be recorded")]
    NameRemoved,
    /// There is nothing to take back.
    #[error("nothing has been recorded that could be undone")]
    NothingToUndo,
    /// The limits in the settings cannot be used.
    #[error("the setting {LIMITS_SETTING} cannot be used: {0}")]
    Limits(String),
    /// The identity does not open.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<diesel::result::Error> for RecordError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The limits of plausibility: the setting's, or the usual ones.
pub fn limits(tx: &mut Conn) -> Result<Limits, RecordError> {
    match settings::get(tx, LIMITS_SETTING)? {
        None => Ok(Limits::default()),
        Some(text) => serde_json::from_str::<Limits>(&text)
            .map_err(|error| RecordError::Limits(error.to_string()))?
            .validated()
            .map_err(|error| RecordError::Limits(error.to_string())),
    }
}

/// Records a measurement of a child whose date of birth is still sealed.
pub fn record_measurement(
    tx: &mut Conn,
    app: &App,
    actor: &Actor,
    pupil: i64,
    entry: &Entry,
) -> Result<Recorded, RecordError> {
    let row = queries::pupil(tx, pupil)?.ok_or(RecordError::NoSuchChild)?;
    let born = app
        .identities
        .open(tx, actor, Purpose::Recording, Whose::Pupils(&[pupil]))?
        .get(&pupil)
        .map(|person| person.date_of_birth)
        .ok_or(RecordError::NameRemoved)?;
    let limits = limits(tx)?;
    let when = When {
        now: app.clock.now(),
        today: app.clock.today(),
    };
    record_known(tx, when, &limits, actor, &row, born, entry)
}

/// The moment of a change: UTC, and England's date.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// The moment.
    pub now: NaiveDateTime,
    /// The day.
    pub today: NaiveDate,
}

/// Records a measurement of a child whose date of birth is at hand.
pub fn record_known(
    tx: &mut Conn,
    when: When,
    limits: &Limits,
    actor: &Actor,
    row: &PupilRow,
    born: NaiveDate,
    entry: &Entry,
) -> Result<Recorded, RecordError> {
    let standing = standing(tx, row)?;
    if standing
        .measured
        .as_ref()
        .is_some_and(|held| is_same(held, entry))
    {
        return Ok(Recorded::Unchanged {
            version: row.outcome_version,
        });
    }
    let expected = entry.expected_version.unwrap_or(row.outcome_version);
    if expected != row.outcome_version {
        return Ok(Recorded::Overtaken(Box::new(standing)));
    }
    if row.opted_out {
        return Ok(Recorded::OptedOut);
    }
    let subject = subject(tx, row, born, entry.measured_on)?;
    let findings = entry::check(entry, &subject, when.today, limits);
    if !findings.can_be_saved() {
        return Ok(Recorded::Rejected(findings));
    }
    if !queries::move_on(tx, row.id, expected, "measured", when.now)? {
        // PostgreSQL lets two of one double click read before either writes.
        return Ok(match overtaken(tx, row.id)? {
            Recorded::Overtaken(standing)
                if standing
                    .measured
                    .as_ref()
                    .is_some_and(|held| is_same(held, entry)) =>
            {
                Recorded::Unchanged {
                    version: standing.version,
                }
            }
            other => other,
        });
    }
    let version = expected + 1;
    let scheme = queries::scheme_code(tx, &row.year_label)?
        .and_then(|code| Scheme::from_code(&code).ok())
        .unwrap_or_default();
    queries::insert_measurement(
        tx,
        &assessed(row.id, version, entry, &subject, scheme, actor, when.now),
    )?;
    for finding in &findings.warnings {
        queries::insert_warning(
            tx,
            &WarningRow {
                pupil_id: row.id,
                version,
                code: finding.code.code().to_owned(),
                confirmed_by: None,
                confirmed_at: None,
            },
        )?;
    }
    let codes: Vec<&str> = findings
        .warnings
        .iter()
        .map(|finding| finding.code.code())
        .collect();
    note(
        tx,
        actor,
        when.now,
        "measurement.recorded",
        row.id,
        &json!({"version": version, "warnings": codes}),
    )?;
    Ok(Recorded::Saved {
        version,
        warnings: findings.warnings,
    })
}

/// Assesses the measurement that stands once more, after the date of birth or the sex was corrected: a new version with
/// the same height and weight. Nothing happens where nothing was measured, or where the figures are no longer exact.
pub fn reassess(
    tx: &mut Conn,
    when: When,
    actor: &Actor,
    row: &PupilRow,
    born: NaiveDate,
) -> Result<(), RecordError> {
    let Some(held) = standing(tx, row)?.measured.filter(|held| !held.month_only) else {
        return Ok(());
    };
    let entry = Entry {
        expected_version: Some(row.outcome_version),
        height: Height::from_millimetres(held.height_mm.max(0) as u32),
        weight: Weight::from_grams(held.weight_g.max(0) as u32),
        measured_on: held.measured_on,
        device: held.device.clone(),
        measured_by: held.measured_by.clone(),
    };
    let subject = subject(tx, row, born, held.measured_on)?;
    let limits = limits(tx)?;
    let findings = entry::check(&entry, &subject, when.today, &limits);
    let version = row.outcome_version + 1;
    if !queries::move_on(tx, row.id, row.outcome_version, "measured", when.now)? {
        return Ok(());
    }
    let scheme = Scheme::from_code(&held.scheme).unwrap_or_default();
    let mut again = assessed(row.id, version, &entry, &subject, scheme, actor, when.now);
    // Who recorded the figures stays; the event says who corrected.
    again.recorded_by = held.recorded_by;
    again.recorded_at = held.recorded_at;
    queries::insert_measurement(tx, &again)?;
    for finding in &findings.warnings {
        queries::insert_warning(
            tx,
            &WarningRow {
                pupil_id: row.id,
                version,
                code: finding.code.code().to_owned(),
                confirmed_by: None,
                confirmed_at: None,
            },
        )?;
    }
    Ok(note(
        tx,
        actor,
        when.now,
        "measurement.reassessed",
        row.id,
        &json!({"version": version}),
    )?)
}

/// Records why a child was not measured. A child without a name cannot be told from others, so nothing more is said of
/// it.
pub fn record_reason(
    tx: &mut Conn,
    when: When,
    actor: &Actor,
    row: &PupilRow,
    expected_version: Option<i32>,
    reason: Reason,
    on: NaiveDate,
) -> Result<Recorded, RecordError> {
    if row.name_removed_on.is_some() {
        return Err(RecordError::NameRemoved);
    }
    let standing = standing(tx, row)?;
    if standing
        .not_measured
        .as_ref()
        .is_some_and(|held| held.reason == reason.code())
    {
        return Ok(Recorded::Unchanged {
            version: row.outcome_version,
        });
    }
    let expected = expected_version.unwrap_or(row.outcome_version);
    if expected != row.outcome_version {
        return Ok(Recorded::Overtaken(Box::new(standing)));
    }
    let findings = entry::check_day(on, year_of(row)?, when.today);
    if !findings.can_be_saved() {
        return Ok(Recorded::Rejected(findings));
    }
    if !queries::move_on(tx, row.id, expected, "not_measured", when.now)? {
        return overtaken(tx, row.id);
    }
    let version = expected + 1;
    queries::insert_reason(tx, row.id, version, reason, on, &actor.label, when.now)?;
    note(
        tx,
        actor,
        when.now,
        "measurement.not_measured",
        row.id,
        &json!({"version": version, "reason": reason.code()}),
    )?;
    Ok(Recorded::Saved {
        version,
        warnings: Vec::new(),
    })
}

/// Takes the last change back: what stood before it stands again, as a new version.
pub fn undo(
    tx: &mut Conn,
    when: When,
    actor: &Actor,
    row: &PupilRow,
    expected: i32,
) -> Result<Recorded, RecordError> {
    if expected != row.outcome_version {
        return overtaken(tx, row.id);
    }
    if expected == 0 {
        return Err(RecordError::NothingToUndo);
    }
    let measured = queries::measurement_at(tx, row.id, expected - 1)?;
    let reason = queries::reason_at(tx, row.id, expected - 1)?;
    let outcome = match (&measured, &reason) {
        (Some(_), _) => "measured",
        (None, Some(_)) => "not_measured",
        (None, None) => "none",
    };
    if !queries::move_on(tx, row.id, expected, outcome, when.now)? {
        return overtaken(tx, row.id);
    }
    let version = expected + 1;
    if let Some(mut before) = measured {
        before.version = version;
        queries::insert_measurement(tx, &before)?;
        for mut warning in queries::warnings_of(tx, row.id)? {
            if warning.version == expected - 1 {
                warning.version = version;
                queries::insert_warning(tx, &warning)?;
            }
        }
    } else if let Some(before) = reason
        && let Some(reason) = Reason::from_code(&before.reason)
    {
        let (on, by, at) = (before.noted_on, &before.recorded_by, before.recorded_at);
        queries::insert_reason(tx, row.id, version, reason, on, by, at)?;
    }
    note(
        tx,
        actor,
        when.now,
        "measurement.undone",
        row.id,
        &json!({"version": version}),
    )?;
    Ok(Recorded::Saved {
        version,
        warnings: Vec::new(),
    })
}

/// Notes that a named person looked again and the measurement is right.
pub fn confirm(
    tx: &mut Conn,
    when: When,
    actor: &Actor,
    row: &PupilRow,
    expected: i32,
) -> Result<Recorded, RecordError> {
    if expected != row.outcome_version {
        return overtaken(tx, row.id);
    }
    let confirmed = queries::confirm_warnings(tx, row.id, expected, &actor.label, when.now)?;
    if confirmed > 0 {
        note(
            tx,
            actor,
            when.now,
            "measurement.confirmed",
            row.id,
            &json!({"version": expected, "warnings": confirmed}),
        )?;
    }
    Ok(Recorded::Unchanged { version: expected })
}

/// What stands for a child.
pub fn standing(tx: &mut Conn, row: &PupilRow) -> Result<Standing, db::Error> {
    let version = row.outcome_version;
    Ok(Standing {
        version,
        measured: match row.outcome.as_str() {
            "measured" => queries::measurement_at(tx, row.id, version)?,
            _ => None,
        },
        not_measured: match row.outcome.as_str() {
            "not_measured" => queries::reason_at(tx, row.id, version)?,
            _ => None,
        },
    })
}

fn overtaken(tx: &mut Conn, pupil: i64) -> Result<Recorded, RecordError> {
    let row = queries::pupil(tx, pupil)?.ok_or(RecordError::NoSuchChild)?;
    Ok(Recorded::Overtaken(Box::new(standing(tx, &row)?)))
}

/// Whether what is held is what was entered. A device or a measurer that is not told again changes nothing.
fn is_same(held: &Measured, entry: &Entry) -> bool {
    let told_otherwise = |held: &Option<String>, told: &Option<String>| {
        told.as_ref()
            .is_some_and(|told| held.as_ref() != Some(told))
    };
    i64::from(held.height_mm) == i64::from(entry.height.millimetres())
        && i64::from(held.weight_g) == i64::from(entry.weight.grams())
        && held.measured_on == entry.measured_on
        && !told_otherwise(&held.device, &entry.device)
        && !told_otherwise(&held.measured_by, &entry.measured_by)
}

fn subject(
    tx: &mut Conn,
    row: &PupilRow,
    born: NaiveDate,
    on: NaiveDate,
) -> Result<Subject, db::Error> {
    let earlier = queries::measurements_of(tx, row.id)?
        .into_iter()
        .filter(|held| !held.month_only)
        .map(|held| Earlier {
            measured_on: held.measured_on,
            height: Height::from_millimetres(held.height_mm.max(0) as u32),
            weight: Weight::from_grams(held.weight_g.max(0) as u32),
        })
        .collect();
    let previous = queries::previous_in_class(tx, row, on)?.map(|(height, weight)| {
        (
            Height::from_millimetres(height.max(0) as u32),
            Weight::from_grams(weight.max(0) as u32),
        )
    });
    Ok(Subject {
        sex: Sex::parse(&row.sex).map_err(|_| damaged("sex"))?,
        date_of_birth: born,
        year_group: YearGroup::from_code(&row.year_group).ok_or_else(|| damaged("year group"))?,
        year: year_of(row)?,
        earlier,
        previous_in_class: previous,
    })
}

fn year_of(row: &PupilRow) -> Result<CollectionYear, db::Error> {
    CollectionYear::parse_label(&row.year_label).ok_or_else(|| damaged("academic year"))
}

fn damaged(what: &str) -> db::Error {
    db::Error::Schema(format!("a child’s {what} cannot be understood"))
}

/// The row that is kept: categories from the unrounded figures, z-scores in tenths, age in completed months.
fn assessed(
    pupil: i64,
    version: i32,
    entry: &Entry,
    subject: &Subject,
    scheme: Scheme,
    actor: &Actor,
    now: NaiveDateTime,
) -> Measured {
    let found = entry::assess(entry, subject, scheme);
    let months = found.as_ref().map_or(0, |(age, _)| age.completed_months());
    let (figures, why_not) = match found {
        Some((_, Ok(figures))) => (Some(figures), None),
        Some((_, Err(reason))) => (None, Some(reason.code())),
        None => (None, Some(growth::NotAssessed::MeasuredBeforeBirth.code())),
    };
    Measured {
        pupil_id: pupil,
        version,
        measured_on: entry.measured_on,
        month_only: false,
        age_months: months as i32,
        height_mm: entry.height.millimetres() as i32,
        weight_g: entry.weight.grams() as i32,
        scheme: scheme.code().to_owned(),
        height_z_tenths: figures.map(|found| entry::tenths(found.height_z)),
        weight_z_tenths: figures.map(|found| entry::tenths(found.weight_z)),
        bmi_z_tenths: figures.map(|found| entry::tenths(found.bmi_z)),
        population_category: figures.map(|found| found.population.code().to_owned()),
        population_severe: figures.is_some_and(|found| found.population_severe),
        clinical_category: figures.map(|found| found.clinical.code().to_owned()),
        clinical_severe: figures.is_some_and(|found| found.clinical_severe),
        not_assessed: why_not.map(str::to_owned),
        device: entry.device.clone(),
        measured_by: entry
            .measured_by
            .clone()
            .or_else(|| Some(actor.label.clone())),
        recorded_by: actor.label.clone(),
        recorded_at: now,
    }
}

fn note(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    action: &str,
    pupil: i64,
    detail: &serde_json::Value,
) -> Result<(), db::Error> {
    audit::event(tx, actor, now, action, &format!("pupil:{pupil}"), detail)
}
