//! What is done to an outcome that stands: undone, put back, confirmed, or assessed again after a correction.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use growth::{Height, Scheme, Weight};
use serde_json::json;

use super::change::{Change, Next, note, write};
use super::recorded::{RecordError, Recorded};
use super::row::{assessed, background, warning_rows};
use super::save::overtaken;
use super::stamp::Stamp;
use super::subject::{Subject, date_of_birth, load};
use crate::audit::Action;
use crate::db::Conn;
use crate::measurement::entry::{self, Entry};
use crate::measurement::warning_queries::{WarningRow, confirm_warnings, warnings_of};
use crate::records::outcome::{History, Measured, history, measurement_at, reason_at};
use crate::records::pupil::{OutcomeKind, Pupil, damaged};
use crate::work::Work;

/// Assesses the measurement that stands again, after the date of birth or the sex was corrected: a new version with
/// the same figures. Nothing happens where nothing was measured, or where only the month is kept.
pub fn reassess(work: &mut Work<'_>, pupil: Pupil, born: NaiveDate) -> Result<(), RecordError> {
    if pupil.outcome != OutcomeKind::Measured {
        return Ok(());
    }
    let subject = load(work.tx, pupil)?;
    let measured = subject.standing.measured.as_ref();
    if let Some(held) = measured.filter(|held| !held.month_only) {
        let (again, warnings) = assessed_again(work, &subject, born, held)?;
        let change = Change {
            pupil: subject.pupil.id,
            expected: subject.version(),
            detail: json!({"version": again.version}),
            next: Next::Measured(again),
            warnings,
            action: Action::MeasurementReassessed,
        };
        write(work, &change)?;
    }
    Ok(())
}

/// A stored measurement assessed from what is known of the child now, as a version that repeats it. Who recorded the
/// figures and when stays; the event says who made the version.
fn assessed_again(
    work: &mut Work<'_>,
    subject: &Subject,
    born: NaiveDate,
    held: &Measured,
) -> Result<(Measured, Vec<WarningRow>), RecordError> {
    let entry = Entry {
        expected_version: Some(subject.version()),
        height: Height::from_millimetres(held.height_mm.max(0) as u32),
        weight: Weight::from_grams(held.weight_g.max(0) as u32),
        measured_on: held.measured_on,
        device: held.device.clone(),
        measured_by: held.measured_by.clone(),
    };
    let scheme = Scheme::from_code(&held.scheme).map_err(|_| damaged("clinical scheme"))?;
    let background = background(work.tx, &subject.pupil, born, held.measured_on)?;
    let findings = entry::check(&entry, &background, work.today, &subject.rules.limits);
    let again = Measured {
        measured_by: held.measured_by.clone(),
        recorded_by: held.recorded_by.clone(),
        recorded_at: held.recorded_at,
        recorded_by_id: held.recorded_by_id,
        repeats: Some(held.repeats.unwrap_or(held.version)),
        ..assessed(subject, &entry, &background, scheme, Stamp::of(work))
    };
    let warnings = warning_rows(&again, &findings.warnings);
    Ok((again, warnings))
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
    work: &mut Work<'_>,
    subject: &Subject,
    expected: i32,
    back: Back,
) -> Result<Recorded, RecordError> {
    let pupil = &subject.pupil;
    if pupil.name_removed_on.is_some() {
        return Err(RecordError::NameRemoved);
    }
    if expected != subject.version() {
        return Ok(subject.overtaken());
    }
    let history = history(work.tx, pupil.id)?;
    let target = back
        .target(&history, expected)
        .ok_or(RecordError::NothingToUndo)?;
    let (next, warnings) = as_it_was(work, subject, &history, target)?;
    let change = Change {
        pupil: pupil.id,
        expected,
        next,
        warnings,
        action: back.event(),
        detail: json!({"version": expected + 1}),
    };
    if write(work, &change)? {
        Ok(change.saved(Vec::new()))
    } else {
        overtaken(work.tx, pupil.id)
    }
}

/// The outcome recorded in version `target` as the next version, with its warnings; nothing where that is 0.
fn as_it_was(
    work: &mut Work<'_>,
    subject: &Subject,
    history: &History,
    target: i32,
) -> Result<(Next, Vec<WarningRow>), RecordError> {
    let id = subject.pupil.id;
    if let Some(held) = measurement_at(work.tx, id, target)? {
        let born = date_of_birth(work, id)?;
        let (again, mut warnings) = assessed_again(work, subject, born, &held)?;
        let mut confirmed = confirmations(work.tx, id, history, target)?;
        for warning in &mut warnings {
            if let Some((by, at)) = confirmed.remove(&warning.code) {
                warning.confirmed_by = Some(by);
                warning.confirmed_at = Some(at);
            }
        }
        return Ok((Next::Measured(again), warnings));
    }
    let next = match reason_at(work.tx, id, target)? {
        Some(mut again) => {
            again.version = subject.version() + 1;
            again.repeats = Some(target);
            Next::NotMeasured(again)
        }
        None => Next::Nothing,
    };
    Ok((next, Vec::new()))
}

/// Who confirmed which warning of an outcome, and when, in any of its versions.
fn confirmations(
    tx: &mut Conn,
    pupil: i64,
    history: &History,
    original: i32,
) -> Result<HashMap<String, (String, NaiveDateTime)>, RecordError> {
    let of_outcome = |warning: &WarningRow| history.original(warning.version) == original;
    Ok(warnings_of(tx, pupil)?
        .into_iter()
        .filter(of_outcome)
        .filter_map(|warning| Some((warning.code, (warning.confirmed_by?, warning.confirmed_at?))))
        .collect())
}

/// Notes that a named person looked again and the measurement is right.
pub fn confirm(
    work: &mut Work<'_>,
    subject: &Subject,
    expected: i32,
) -> Result<Recorded, RecordError> {
    if expected != subject.version() {
        return Ok(subject.overtaken());
    }
    let (id, by) = (subject.pupil.id, &work.actor.label);
    let confirmed = confirm_warnings(work.tx, id, expected, by, work.now)?;
    if confirmed > 0 {
        let detail = json!({"version": expected, "warnings": confirmed});
        note(work, Action::MeasurementConfirmed, id, &detail)?;
    }
    Ok(Recorded::Unchanged { version: expected })
}
