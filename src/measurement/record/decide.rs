//! Whether an outcome can be recorded, and as what: plain values in, plain values out. One child and very many go by
//! these rules.

use chrono::NaiveDate;
use programme::ReasonNotMeasured;
use serde_json::json;

use super::change::{Change, Next, Step};
use super::recorded::{RecordError, Recorded};
use super::row::{assessed, is_same, warning_rows};
use super::stamp::Stamp;
use super::subject::Subject;
use crate::audit::Action;
use crate::measurement::entry::{self, Background, Entry};
use crate::records::outcome::NotMeasured;

/// Decides about a measurement.
pub(super) fn decide_measurement(
    subject: &Subject,
    background: &Background,
    entry: &Entry,
    stamp: Stamp<'_>,
) -> Step {
    if let Some(answer) = answer_at_once(subject, entry) {
        return Step::Answer(answer);
    }
    let findings = entry::check(entry, background, stamp.today, &subject.rules.limits);
    if !findings.can_be_saved() {
        return Step::Answer(Recorded::Rejected(findings));
    }
    let measured = assessed(subject, entry, background, subject.rules.scheme, stamp);
    let codes: Vec<&str> = findings
        .warnings
        .iter()
        .map(|finding| finding.code.code())
        .collect();
    let change = Change {
        pupil: subject.pupil.id,
        expected: subject.version(),
        warnings: warning_rows(&measured, &findings.warnings),
        action: Action::MeasurementRecorded,
        detail: json!({"version": measured.version, "warnings": codes}),
        next: Next::Measured(measured),
    };
    Step::Write(Box::new(change), findings.warnings)
}

/// What can be answered to a measurement before anything is known of the child but what stands.
pub(super) fn answer_at_once(subject: &Subject, entry: &Entry) -> Option<Recorded> {
    let held = subject.standing.measured.as_ref();
    let version = subject.version();
    if held.is_some_and(|held| is_same(held, entry)) {
        Some(Recorded::Unchanged { version })
    } else if entry.expected_version.unwrap_or(version) != version {
        Some(subject.overtaken())
    } else {
        subject.pupil.opted_out.then_some(Recorded::OptedOut)
    }
}

/// Decides about a reason for no measurement.
pub(super) fn decide_reason(
    subject: &Subject,
    expected: Option<i32>,
    reason: ReasonNotMeasured,
    on: NaiveDate,
    stamp: Stamp<'_>,
) -> Result<Step, RecordError> {
    let held = subject.standing.not_measured.as_ref();
    let version = subject.version();
    if held.is_some_and(|held| held.reason == reason.code()) {
        return Ok(Step::Answer(Recorded::Unchanged { version }));
    }
    if expected.unwrap_or(version) != version {
        return Ok(Step::Answer(subject.overtaken()));
    }
    let findings = entry::check_day(on, subject.pupil.year()?, stamp.today);
    if !findings.can_be_saved() {
        return Ok(Step::Answer(Recorded::Rejected(findings)));
    }
    let change = Change {
        pupil: subject.pupil.id,
        expected: version,
        next: Next::NotMeasured(NotMeasured {
            pupil_id: subject.pupil.id,
            version: version + 1,
            reason: reason.code().to_owned(),
            noted_on: on,
            recorded_by: stamp.actor.label.clone(),
            recorded_at: stamp.now,
            recorded_by_id: stamp.actor.id,
            repeats: None,
        }),
        warnings: Vec::new(),
        action: Action::MeasurementNotMeasured,
        detail: json!({"version": version + 1, "reason": reason.code()}),
    };
    Ok(Step::Write(Box::new(change), Vec::new()))
}
