//! Recording one outcome: a measurement, or a reason for none.

use chrono::NaiveDate;
use programme::ReasonNotMeasured;

use super::change::{Step, write};
use super::decide::{answer_at_once, decide_measurement, decide_reason};
use super::recorded::{RecordError, Recorded};
use super::row::{background, is_same};
use super::stamp::Stamp;
use super::subject::{Subject, date_of_birth};
use crate::db::Conn;
use crate::measurement::entry::Entry;
use crate::records::outcome::standing;
use crate::records::pupil::pupil;
use crate::work::Work;

/// Records a measurement of a child whose date of birth is still sealed.
pub fn record_measurement(
    work: &mut Work<'_>,
    subject: &Subject,
    entry: &Entry,
) -> Result<Recorded, RecordError> {
    let born = date_of_birth(work, subject.pupil.id)?;
    if let Some(answer) = answer_at_once(subject, entry) {
        return Ok(answer);
    }
    let background = background(work.tx, &subject.pupil, born, entry.measured_on)?;
    let (change, warnings) = match decide_measurement(subject, &background, entry, Stamp::of(work))
    {
        Step::Answer(answer) => return Ok(answer),
        Step::Write(change, warnings) => (change, warnings),
    };
    if write(work, &change)? {
        return Ok(change.saved(warnings));
    }
    // PostgreSQL lets two of one double click read before either writes.
    Ok(match overtaken(work.tx, subject.pupil.id)? {
        Recorded::Overtaken(now)
            if (now.measured.as_ref()).is_some_and(|held| is_same(held, entry)) =>
        {
            Recorded::Unchanged {
                version: now.version,
            }
        }
        other => other,
    })
}

/// Records why a child was not measured. A child without a name cannot be told from others, so nothing more is said of
/// it.
pub fn record_reason(
    work: &mut Work<'_>,
    subject: &Subject,
    expected: Option<i32>,
    reason: ReasonNotMeasured,
    on: NaiveDate,
) -> Result<Recorded, RecordError> {
    if subject.pupil.name_removed_on.is_some() {
        return Err(RecordError::NameRemoved);
    }
    match decide_reason(subject, expected, reason, on, Stamp::of(work))? {
        Step::Answer(answer) => Ok(answer),
        Step::Write(change, warnings) if write(work, &change)? => Ok(change.saved(warnings)),
        Step::Write(..) => overtaken(work.tx, subject.pupil.id),
    }
}

/// The answer where somebody else wrote between reading and writing.
pub(super) fn overtaken(tx: &mut Conn, id: i64) -> Result<Recorded, RecordError> {
    let pupil = pupil(tx, id)?.ok_or(RecordError::NoSuchChild)?;
    Ok(Recorded::Overtaken(Box::new(standing(tx, &pupil)?)))
}
