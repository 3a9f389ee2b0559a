//! What was done with a child's record, and who saw its name.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use programme::Coded as _;
use serde::Serialize;

use super::queries::{self, Happening};
use crate::audit::Action;
use crate::db::{Conn, Error};
use crate::identity::Purpose;

/// A line of the timeline.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    at: NaiveDateTime,
    by: String,
    what: String,
}

/// What was done with a child's record, and who saw its name, the newest first.
pub(super) fn timeline(tx: &mut Conn, pupil: i64) -> Result<Vec<Line>, Error> {
    Ok(timeline_of(
        queries::events_of(tx, pupil)?,
        queries::accesses_of(tx, pupil)?,
    ))
}

/// What was done and seen, the newest first; the same person for the same thing in the same minute once.
fn timeline_of(events: Vec<Happening>, accesses: Vec<Happening>) -> Vec<Line> {
    let mut lines: BTreeSet<(NaiveDateTime, String, String)> = BTreeSet::new();
    let minute = |at: NaiveDateTime| {
        use chrono::{DurationRound, TimeDelta};
        at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
    };
    for event in events {
        lines.insert((minute(event.at), event.by, action_words(&event.what)));
    }
    for access in accesses {
        let words = Purpose::from_code(&access.what).map_or_else(
            || format!("Name seen: {}", access.what),
            |purpose| format!("Name seen {}", purpose.explanation()),
        );
        lines.insert((minute(access.at), access.by, words));
    }
    lines
        .into_iter()
        .rev()
        .map(|(at, by, what)| Line { at, by, what })
        .collect()
}

fn action_words(action: &str) -> String {
    match Action::from_code(action) {
        Some(Action::MeasurementRecorded) => "Measurement recorded".to_owned(),
        Some(Action::MeasurementNotMeasured) => "Reason for no measurement recorded".to_owned(),
        Some(Action::MeasurementUndone) => "Outcome undone".to_owned(),
        Some(Action::MeasurementPutBack) => "Undone outcome put back".to_owned(),
        Some(Action::MeasurementConfirmed) => "Measurement confirmed".to_owned(),
        Some(Action::MeasurementReassessed) => "Assessed again after a correction".to_owned(),
        Some(Action::ChildCorrected) => "Details corrected".to_owned(),
        Some(Action::ChildFlagsSet) => "Flags set".to_owned(),
        _ => action.replace(['.', '_'], " "),
    }
}
