//! What is done to an outcome that stands: taken back, confirmed, or assessed once more after a correction.

use chrono::NaiveDate;
use growth::{Height, Scheme, Weight};
use serde_json::json;

use super::row::{assessed, keep, subject};
use super::standing::{overtaken, standing};
use super::{RecordError, Recorded, When, limits, note};
use crate::audit::Actor;
use crate::db::Conn;
use crate::measurement::Reason;
use crate::measurement::entry::{self, Entry};
use crate::measurement::queries::{self, PupilRow};

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
    keep(tx, &again, &findings.warnings)?;
    Ok(note(
        tx,
        actor,
        when.now,
        "measurement.reassessed",
        row.id,
        &json!({"version": version}),
    )?)
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
