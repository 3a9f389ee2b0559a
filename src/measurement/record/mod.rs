//! Recording an outcome: a measurement, a reason for none, undoing, putting back, confirming.
//!
//! Every change is a new version; the old ones stay. The version that a recorder saw travels with the change: when
//! somebody else was quicker the change is refused and told, never laid over the other's. The same change sent twice
//! is one change. The event is written in the same transaction.

mod again;
mod batch;
mod judge;
mod row;
mod standing;

pub use again::{Back, confirm, go_back, reassess};
pub use batch::Batch;
pub use standing::{Standing, standing};

use chrono::{NaiveDate, NaiveDateTime};
use growth::Scheme;
use growth::plausibility::{Finding, Findings, Limits};
use serde_json::json;

use self::judge::{Judged, judge_measurement, judge_reason, known_already};
use self::row::{assessed, damaged, is_same, keep, subject};
use self::standing::overtaken;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::db::{self, Conn};
use crate::identity::{IdentityError, Purpose, Whose};
use crate::measurement::LIMITS_SETTING;
use crate::measurement::entry::Entry;
use crate::measurement::queries::{self, NotMeasured, PupilRow};
use crate::settings;
use programme::ReasonNotMeasured;

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
        .one(pupil)?
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
    if let Some(recorded) = known_already(row, &standing, entry) {
        return Ok(recorded);
    }
    let subject = subject(tx, row, born, entry.measured_on)?;
    let findings = match judge_measurement(row, &standing, entry, &subject, when.today, limits) {
        Judged::Save(findings) => findings,
        Judged::Not(recorded) => return Ok(recorded),
    };
    let expected = row.outcome_version;
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
    let scheme = match queries::scheme_code(tx, &row.year_label)? {
        Some(code) => Scheme::from_code(&code).map_err(|_| damaged("clinical scheme"))?,
        None => Scheme::default(),
    };
    let measured = assessed(row.id, version, entry, &subject, scheme, actor, when.now);
    keep(tx, &measured, &findings.warnings)?;
    let codes: Vec<&str> = findings
        .warnings
        .iter()
        .map(|finding| finding.code.code())
        .collect();
    note(
        tx,
        actor,
        when.now,
        Action::MeasurementRecorded,
        row.id,
        &json!({"version": version, "warnings": codes}),
    )?;
    Ok(Recorded::Saved {
        version,
        warnings: findings.warnings,
    })
}

/// Records why a child was not measured. A child without a name cannot be told from others, so nothing more is said of
/// it.
pub fn record_reason(
    tx: &mut Conn,
    when: When,
    actor: &Actor,
    row: &PupilRow,
    expected_version: Option<i32>,
    reason: ReasonNotMeasured,
    on: NaiveDate,
) -> Result<Recorded, RecordError> {
    if row.name_removed_on.is_some() {
        return Err(RecordError::NameRemoved);
    }
    let standing = standing(tx, row)?;
    if let Judged::Not(recorded) =
        judge_reason(row, &standing, expected_version, reason, on, when.today)?
    {
        return Ok(recorded);
    }
    let expected = row.outcome_version;
    if !queries::move_on(tx, row.id, expected, "not_measured", when.now)? {
        return overtaken(tx, row.id);
    }
    let version = expected + 1;
    let held = NotMeasured {
        pupil_id: row.id,
        version,
        reason: reason.code().to_owned(),
        noted_on: on,
        recorded_by: actor.label.clone(),
        recorded_at: when.now,
        recorded_by_id: actor.id,
        repeats: None,
    };
    queries::insert_reason(tx, &held)?;
    note(
        tx,
        actor,
        when.now,
        Action::MeasurementNotMeasured,
        row.id,
        &json!({"version": version, "reason": reason.code()}),
    )?;
    Ok(Recorded::Saved {
        version,
        warnings: Vec::new(),
    })
}

fn note(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    action: Action,
    pupil: i64,
    detail: &serde_json::Value,
) -> Result<(), db::Error> {
    audit::event(tx, actor, now, action, &format!("pupil:{pupil}"), detail)
}
