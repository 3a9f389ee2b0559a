//! Who records an outcome, and when.

use chrono::{NaiveDate, NaiveDateTime};

use crate::audit::Actor;
use crate::work::Work;

/// Who records an outcome, and when: what deciding needs of a unit of work. Many outcomes are decided before the
/// transaction in which they are written begins.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Who records.
    pub actor: &'a Actor,
    /// The moment, UTC.
    pub now: NaiveDateTime,
    /// The day in England.
    pub today: NaiveDate,
}

impl<'a> Stamp<'a> {
    /// The stamp of a unit of work.
    pub fn of(work: &Work<'a>) -> Self {
        Self {
            actor: work.actor,
            now: work.now,
            today: work.today,
        }
    }
}
