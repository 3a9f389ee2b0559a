//! The child for whom something is to be recorded.

use chrono::NaiveDate;

use super::recorded::{RecordError, Recorded};
use super::rules::{Rules, rules};
use crate::db::Conn;
use crate::identity::{Purpose, Whose};
use crate::records::outcome::{Standing, standing};
use crate::records::pupil::Pupil;
use crate::work::Work;

/// A child for whom something is to be recorded, with what stands for it: read once for each save.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The child.
    pub pupil: Pupil,
    /// What stands for it.
    pub standing: Standing,
    /// By what its measurements are judged and assessed.
    pub rules: Rules,
}

impl Subject {
    /// The version that counts.
    pub fn version(&self) -> i32 {
        self.standing.version
    }

    /// The answer where somebody else was quicker.
    pub(super) fn overtaken(&self) -> Recorded {
        Recorded::Overtaken(Box::new(self.standing.clone()))
    }
}

/// Reads what stands for a child, and its year's rules.
pub fn load(tx: &mut Conn, pupil: Pupil) -> Result<Subject, RecordError> {
    Ok(Subject {
        standing: standing(tx, &pupil)?,
        rules: rules(tx, &pupil.year_label)?,
        pupil,
    })
}

/// The date of birth of a child, opened for recording.
pub(super) fn date_of_birth(work: &mut Work<'_>, pupil: i64) -> Result<NaiveDate, RecordError> {
    work.identities
        .open(
            work.tx,
            work.actor,
            Purpose::Recording,
            Whose::Pupils(&[pupil]),
        )?
        .one(pupil)?
        .map(|person| person.date_of_birth)
        .ok_or(RecordError::NameRemoved)
}
