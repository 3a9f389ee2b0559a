//! Whether an outcome can be recorded: plain values in, plain values out. One child and very many go by these rules.

use chrono::NaiveDate;
use growth::plausibility::{Findings, Limits};

use super::row::{is_same, year_of};
use super::standing::Standing;
use super::{RecordError, Recorded};
use crate::measurement::entry::{self, Entry, Subject};
use crate::measurement::queries::PupilRow;
use programme::ReasonNotMeasured;

/// What is to be done with an outcome.
pub(super) enum Judged {
    /// It is recorded; warnings wait to be confirmed.
    Save(Findings),
    /// It is not, and this is what is answered.
    Not(Recorded),
}

/// Judges a measurement of a child for whom something may stand already.
pub(super) fn judge_measurement(
    row: &PupilRow,
    standing: &Standing,
    entry: &Entry,
    subject: &Subject,
    today: NaiveDate,
    limits: &Limits,
) -> Judged {
    if let Some(recorded) = known_already(row, standing, entry) {
        return Judged::Not(recorded);
    }
    let findings = entry::check(entry, subject, today, limits);
    if findings.can_be_saved() {
        Judged::Save(findings)
    } else {
        Judged::Not(Recorded::Rejected(findings))
    }
}

/// What can be answered before anything is known of the child but what stands.
pub(super) fn known_already(
    row: &PupilRow,
    standing: &Standing,
    entry: &Entry,
) -> Option<Recorded> {
    let held = standing.measured.as_ref();
    if held.is_some_and(|held| is_same(held, entry)) {
        return Some(Recorded::Unchanged {
            version: row.outcome_version,
        });
    }
    let expected = entry.expected_version.unwrap_or(row.outcome_version);
    if expected != row.outcome_version {
        return Some(Recorded::Overtaken(Box::new(standing.clone())));
    }
    row.opted_out.then_some(Recorded::OptedOut)
}

/// Judges a reason for no measurement.
pub(super) fn judge_reason(
    row: &PupilRow,
    standing: &Standing,
    expected_version: Option<i32>,
    reason: ReasonNotMeasured,
    on: NaiveDate,
    today: NaiveDate,
) -> Result<Judged, RecordError> {
    let held = standing.not_measured.as_ref();
    if held.is_some_and(|held| held.reason == reason.code()) {
        return Ok(Judged::Not(Recorded::Unchanged {
            version: row.outcome_version,
        }));
    }
    let expected = expected_version.unwrap_or(row.outcome_version);
    if expected != row.outcome_version {
        return Ok(Judged::Not(Recorded::Overtaken(Box::new(standing.clone()))));
    }
    let findings = entry::check_day(on, year_of(row)?, today);
    Ok(if findings.can_be_saved() {
        Judged::Save(findings)
    } else {
        Judged::Not(Recorded::Rejected(findings))
    })
}
