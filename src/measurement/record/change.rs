//! The next version of a child's outcome, decided and ready to be written.

use growth::plausibility::Finding;
use serde_json::Value;

use super::recorded::{RecordError, Recorded};
use crate::audit::{self, Action};
use crate::measurement::warning_queries::{WarningRow, insert_warning};
use crate::records::outcome::{Measured, NotMeasured, insert_measurement, insert_reason, move_on};
use crate::records::pupil::OutcomeKind;
use crate::work::Work;

/// What is to be done.
pub(super) enum Step {
    /// Nothing is written; this is the answer.
    Answer(Recorded),
    /// This is written; the findings wait to be confirmed.
    Write(Box<Change>, Vec<Finding>),
}

/// What stands from the next version on.
pub(super) enum Next {
    /// Nothing.
    Nothing,
    /// A measurement.
    Measured(Measured),
    /// A reason for no measurement.
    NotMeasured(NotMeasured),
}

impl Next {
    pub(super) fn kind(&self) -> OutcomeKind {
        match self {
            Self::Nothing => OutcomeKind::None,
            Self::Measured(_) => OutcomeKind::Measured,
            Self::NotMeasured(_) => OutcomeKind::NotMeasured,
        }
    }
}

/// The next version of a child's outcome.
pub(super) struct Change {
    /// The child.
    pub(super) pupil: i64,
    /// The version that must still count.
    pub(super) expected: i32,
    /// What stands from now on.
    pub(super) next: Next,
    /// The warnings about it.
    pub(super) warnings: Vec<WarningRow>,
    /// Action of the event.
    pub(super) action: Action,
    /// Detail of the event.
    pub(super) detail: Value,
}

impl Change {
    /// The answer once it is written.
    pub(super) fn saved(&self, warnings: Vec<Finding>) -> Recorded {
        Recorded::Saved {
            version: self.expected + 1,
            warnings,
        }
    }
}

/// Writes a change and its event. False, and nothing is written, when somebody else was quicker.
pub(super) fn write(work: &mut Work<'_>, change: &Change) -> Result<bool, RecordError> {
    let kind = change.next.kind();
    if !move_on(work.tx, change.pupil, change.expected, kind, work.now)? {
        return Ok(false);
    }
    match &change.next {
        Next::Nothing => {}
        Next::Measured(row) => insert_measurement(work.tx, row)?,
        Next::NotMeasured(row) => insert_reason(work.tx, row)?,
    }
    for warning in &change.warnings {
        insert_warning(work.tx, warning)?;
    }
    note(work, change.action, change.pupil, &change.detail)?;
    Ok(true)
}

/// Writes the event about a child's outcome.
pub(super) fn note(
    work: &mut Work<'_>,
    action: Action,
    pupil: i64,
    detail: &Value,
) -> Result<(), RecordError> {
    let subject = format!("pupil:{pupil}");
    Ok(audit::event(
        work.tx, work.actor, work.now, action, &subject, detail,
    )?)
}
