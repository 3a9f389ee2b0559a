//! Recording for very many children at once.
//!
//! What stands for the children of a year is read once; each outcome is decided in memory by the rules of a single one;
//! what was decided is written together. A child whose outcome somebody changed in between is left to that change.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use growth::plausibility::Limits;
use programme::{Coded as _, ReasonNotMeasured};

use super::change::{Change, Next, Step};
use super::decide::{decide_measurement, decide_reason};
use super::recorded::{RecordError, Recorded};
use super::row::background_of;
use super::rules::{Rules, rules};
use super::stamp::Stamp;
use super::subject::Subject;
use crate::audit;
use crate::db::dialect::{self, Move};
use crate::db::{self, Conn};
use crate::measurement::entry::Entry;
use crate::measurement::warning_queries::insert_warnings;
use crate::records::outcome::{
    Measured, Standing, insert_measurements, insert_reasons, measurements_of_year,
    standing_reasons_of_year,
};
use crate::records::pupil::{OutcomeKind, Pupil, of_year};

/// A child with everything recorded about it.
struct Child {
    subject: Subject,
    measured: Vec<Measured>,
}

/// School, year group and day: children who were measured one after another.
type Place = (i32, String, NaiveDate);

/// Outcomes of very many children of one year.
pub struct Batch<'a> {
    stamp: Stamp<'a>,
    rules: Rules,
    children: HashMap<i64, Child>,
    /// Child, height (mm) and weight (g) of what stands, in the order in which it was recorded.
    measured_at: HashMap<Place, Vec<(i64, i32, i32)>>,
    changes: Vec<Change>,
}

impl<'a> Batch<'a> {
    /// Reads what stands for the children of a year.
    pub fn read(tx: &mut Conn, year: &str, stamp: Stamp<'a>) -> Result<Self, RecordError> {
        let rules = rules(tx, year)?;
        let mut children: HashMap<i64, Child> = of_year(tx, year)?
            .into_iter()
            .map(|pupil| (pupil.id, without_outcome(pupil, rules)))
            .collect();
        let mut measured_at: HashMap<Place, Vec<(i64, i32, i32)>> = HashMap::new();
        for measured in measurements_of_year(tx, year)? {
            let Some(child) = children.get_mut(&measured.pupil_id) else {
                continue;
            };
            let pupil = &child.subject.pupil;
            if pupil.outcome == OutcomeKind::Measured && measured.version == pupil.outcome_version {
                let figures = (measured.pupil_id, measured.height_mm, measured.weight_g);
                let place = place(pupil, measured.measured_on);
                measured_at.entry(place).or_default().push(figures);
                child.subject.standing.measured = Some(measured.clone());
            }
            child.measured.push(measured);
        }
        for reason in standing_reasons_of_year(tx, year)? {
            if let Some(child) = children.get_mut(&reason.pupil_id) {
                child.subject.standing.not_measured = Some(reason);
            }
        }
        Ok(Self {
            stamp,
            rules,
            children,
            measured_at,
            changes: Vec::new(),
        })
    }

    /// Where plausible ends.
    pub fn limits(&self) -> Limits {
        self.rules.limits
    }

    /// What stands for a child.
    pub fn standing(&self, pupil: i64) -> Option<&Standing> {
        self.children
            .get(&pupil)
            .map(|child| &child.subject.standing)
    }

    /// The school of a child.
    pub fn school(&self, pupil: i64) -> Option<i32> {
        self.children
            .get(&pupil)
            .map(|child| child.subject.pupil.school_urn)
    }

    /// Takes a measurement in, see [`super::record_measurement`].
    pub fn measure(
        &mut self,
        pupil: i64,
        born: NaiveDate,
        entry: &Entry,
    ) -> Result<Recorded, RecordError> {
        let child = self.child(pupil)?;
        let previous = self
            .measured_at
            .get(&place(&child.subject.pupil, entry.measured_on))
            .and_then(|others| others.iter().rev().find(|(other, _, _)| *other != pupil))
            .map(|(_, height, weight)| (*height, *weight));
        let background = background_of(&child.subject.pupil, born, &child.measured, previous)?;
        let step = decide_measurement(&child.subject, &background, entry, self.stamp);
        self.take(step)
    }

    /// Takes a reason for no measurement in, see [`super::record_reason`].
    pub fn reason(
        &mut self,
        pupil: i64,
        reason: ReasonNotMeasured,
        on: NaiveDate,
    ) -> Result<Recorded, RecordError> {
        let step = decide_reason(&self.child(pupil)?.subject, None, reason, on, self.stamp)?;
        self.take(step)
    }

    /// Writes everything that was taken in; returns the children for whom somebody else was quicker, of whom nothing
    /// was written.
    pub fn write(self, tx: &mut Conn) -> Result<HashSet<i64>, db::Error> {
        let Stamp { actor, now, .. } = self.stamp;
        let moves: Vec<Move<'_>> = self.changes.iter().map(move_of).collect();
        let moved: HashSet<i64> = dialect::move_outcomes_on(tx, &moves, now)?
            .into_iter()
            .collect();
        let (written, overtaken): (Vec<Change>, Vec<Change>) = self
            .changes
            .into_iter()
            .partition(|change| moved.contains(&change.pupil));
        let (mut measured, mut reasons, mut warnings, mut events) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for change in written {
            match change.next {
                Next::Nothing => {}
                Next::Measured(row) => measured.push(row),
                Next::NotMeasured(row) => reasons.push(row),
            }
            warnings.extend(change.warnings);
            let subject = format!("pupil:{}", change.pupil);
            events.push((change.action, subject, change.detail));
        }
        insert_measurements(tx, measured)?;
        insert_reasons(tx, reasons)?;
        insert_warnings(tx, warnings)?;
        audit::events(tx, actor, now, events.into_iter())?;
        Ok(overtaken.into_iter().map(|change| change.pupil).collect())
    }

    fn child(&self, pupil: i64) -> Result<&Child, RecordError> {
        self.children.get(&pupil).ok_or(RecordError::NoSuchChild)
    }

    /// Takes in what was decided: what is to be written stands from now on.
    fn take(&mut self, step: Step) -> Result<Recorded, RecordError> {
        match step {
            Step::Answer(answer) => Ok(answer),
            Step::Write(change, warnings) => {
                self.stand(&change)?;
                let saved = change.saved(warnings);
                self.changes.push(*change);
                Ok(saved)
            }
        }
    }

    /// Makes the outcome of a change stand for its child.
    fn stand(&mut self, change: &Change) -> Result<(), RecordError> {
        let child = self
            .children
            .get_mut(&change.pupil)
            .ok_or(RecordError::NoSuchChild)?;
        let (pupil, standing) = (&mut child.subject.pupil, &mut child.subject.standing);
        if let Some(before) = &standing.measured
            && let Some(others) = self.measured_at.get_mut(&place(pupil, before.measured_on))
        {
            others.retain(|(other, _, _)| *other != change.pupil);
        }
        pupil.outcome = change.next.kind();
        pupil.outcome_version = change.expected + 1;
        *standing = Standing {
            version: pupil.outcome_version,
            measured: None,
            not_measured: None,
        };
        match &change.next {
            Next::Nothing => {}
            Next::Measured(row) => {
                self.measured_at
                    .entry(place(pupil, row.measured_on))
                    .or_default()
                    .push((change.pupil, row.height_mm, row.weight_g));
                child.measured.push(row.clone());
                standing.measured = Some(row.clone());
            }
            Next::NotMeasured(row) => standing.not_measured = Some(row.clone()),
        }
        Ok(())
    }
}

fn without_outcome(pupil: Pupil, rules: Rules) -> Child {
    let standing = Standing {
        version: pupil.outcome_version,
        measured: None,
        not_measured: None,
    };
    Child {
        subject: Subject {
            pupil,
            standing,
            rules,
        },
        measured: Vec::new(),
    }
}

fn move_of(change: &Change) -> Move<'static> {
    Move {
        pupil: change.pupil,
        expected: change.expected,
        outcome: change.next.kind().code(),
    }
}

fn place(pupil: &Pupil, on: NaiveDate) -> Place {
    (pupil.school_urn, pupil.year_group_code.clone(), on)
}
