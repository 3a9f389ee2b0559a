//! What is done to an outcome that stands: undone, put back, confirmed, or assessed again after a correction.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use growth::plausibility::Finding;
use growth::{Height, Scheme, Weight};
use serde_json::json;

use super::row::{assessed, keep, subject};
use super::standing::{overtaken, standing};
use super::{RecordError, Recorded, When, limits, note};
use crate::app::App;
use crate::audit::{Action, Actor};
use crate::db::Conn;
use crate::identity::{Purpose, Whose};
use crate::measurement::entry::{self, Entry};
use crate::measurement::history::History;
use crate::measurement::history_queries;
use crate::measurement::queries::{self, Measured, PupilRow, WarningRow};

/// Assesses the measurement that stands again, after the date of birth or the sex was corrected: a new version with
/// the same figures. Nothing happens where nothing was measured, or where only the month is kept.
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
    let version = row.outcome_version + 1;
    let (again, findings) = assessed_again(tx, when, actor, row, born, &held, version)?;
    if !queries::move_on(tx, row.id, row.outcome_version, "measured", when.now)? {
        return Ok(());
    }
    keep(tx, &again, &findings)?;
    Ok(note(
        tx,
        actor,
        when.now,
        Action::MeasurementReassessed,
        row.id,
        &json!({"version": version}),
    )?)
}

/// A stored measurement assessed from what is known of the child now, as a version that repeats it. Who recorded the
/// figures and when stays; the event says who made the version.
fn assessed_again(
    tx: &mut Conn,
    when: When,
    actor: &Actor,
    row: &PupilRow,
    born: NaiveDate,
    held: &Measured,
    version: i32,
) -> Result<(Measured, Vec<Finding>), RecordError> {
    let entry = Entry {
        expected_version: Some(row.outcome_version),
        height: Height::from_millimetres(held.height_mm.max(0) as u32),
        weight: Weight::from_grams(held.weight_g.max(0) as u32),
        measured_on: held.measured_on,
        device: held.device.clone(),
        measured_by: held.measured_by.clone(),
    };
    let subject = subject(tx, row, born, held.measured_on)?;
    let findings = entry::check(&entry, &subject, when.today, &limits(tx)?);
    let scheme =
        Scheme::from_code(&held.scheme).map_err(|_| super::row::damaged("clinical scheme"))?;
    let mut again = assessed(row.id, version, &entry, &subject, scheme, actor, when.now);
    again.measured_by.clone_from(&held.measured_by);
    again.recorded_by.clone_from(&held.recorded_by);
    again.recorded_at = held.recorded_at;
    again.recorded_by_id = held.recorded_by_id;
    again.repeats = Some(held.repeats.unwrap_or(held.version));
    Ok((again, findings.warnings))
}

/// A way back through the versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// Takes away the outcome that stands: what stood before it stands again.
    Undo,
    /// Takes back the last undo.
    PutBack,
}

impl Back {
    fn target(self, history: &History, version: i32) -> Option<i32> {
        match self {
            Self::Undo => history.before(version),
            Self::PutBack => history.undone(version),
        }
    }

    fn event(self) -> Action {
        match self {
            Self::Undo => Action::MeasurementUndone,
            Self::PutBack => Action::MeasurementPutBack,
        }
    }
}

/// Undoes the outcome that stands, or puts back what the last undo took away; either is a new version. A measurement
/// that stands again is assessed from the child's present date of birth and sex, and keeps its confirmations.
pub fn go_back(
    tx: &mut Conn,
    app: &App,
    actor: &Actor,
    row: &PupilRow,
    expected: i32,
    back: Back,
) -> Result<Recorded, RecordError> {
    if row.name_removed_on.is_some() {
        return Err(RecordError::NameRemoved);
    }
    if expected != row.outcome_version {
        return overtaken(tx, row.id);
    }
    let when = When {
        now: app.clock.now(),
        today: app.clock.today(),
    };
    let history = history_queries::history(tx, row.id)?;
    let target = back
        .target(&history, expected)
        .ok_or(RecordError::NothingToUndo)?;
    let measured = queries::measurement_at(tx, row.id, target)?;
    let reason = queries::reason_at(tx, row.id, target)?;
    let outcome = match (&measured, &reason) {
        (Some(_), _) => "measured",
        (None, Some(_)) => "not_measured",
        (None, None) => "none",
    };
    let version = expected + 1;
    let again = match &measured {
        Some(held) => {
            let born = app
                .identities
                .open(tx, actor, Purpose::Recording, Whose::Pupils(&[row.id]))?
                .one(row.id)?
                .map(|person| person.date_of_birth)
                .ok_or(RecordError::NameRemoved)?;
            Some(assessed_again(tx, when, actor, row, born, held, version)?)
        }
        None => None,
    };
    if !queries::move_on(tx, row.id, expected, outcome, when.now)? {
        return overtaken(tx, row.id);
    }
    if let Some((again, findings)) = again {
        let confirmed = confirmations(tx, row.id, &history, target)?;
        keep(tx, &again, &findings)?;
        for (code, (by, at)) in confirmed {
            queries::confirm_warning(tx, row.id, version, &code, &by, at)?;
        }
    } else if let Some(mut again) = reason {
        again.version = version;
        again.repeats = Some(target);
        queries::insert_reason(tx, &again)?;
    }
    note(
        tx,
        actor,
        when.now,
        back.event(),
        row.id,
        &json!({"version": version}),
    )?;
    Ok(Recorded::Saved {
        version,
        warnings: Vec::new(),
    })
}

/// Who confirmed which warning of an outcome, and when, in any of its versions.
fn confirmations(
    tx: &mut Conn,
    pupil: i64,
    history: &History,
    original: i32,
) -> Result<HashMap<String, (String, NaiveDateTime)>, RecordError> {
    let of_outcome = |warning: &WarningRow| history.original(warning.version) == original;
    Ok(queries::warnings_of(tx, pupil)?
        .into_iter()
        .filter(of_outcome)
        .filter_map(|warning| Some((warning.code, (warning.confirmed_by?, warning.confirmed_at?))))
        .collect())
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
            Action::MeasurementConfirmed,
            row.id,
            &json!({"version": expected, "warnings": confirmed}),
        )?;
    }
    Ok(Recorded::Unchanged { version: expected })
}
