//! Recording for very many children at once.
//!
//! What stands for the children of a year is read once; each outcome is judged in memory by the rules of a single one;
//! what was decided is written together. A child whose outcome somebody changed in between is left to that change.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use growth::Scheme;
use growth::plausibility::Limits;
use serde_json::json;

use super::judge::{Judged, judge_measurement, judge_reason};
use super::row::{assessed, damaged, subject_of};
use super::standing::Standing;
use super::{RecordError, Recorded, When};
use crate::audit::{self, Action, Actor};
use crate::db::dialect::{self, Move};
use crate::db::{self, Conn};
use crate::measurement::Entry;
use crate::measurement::batch_queries as queries;
use crate::measurement::queries::{Measured, NotMeasured, PupilRow, WarningRow, scheme_code};
use programme::ReasonNotMeasured;

/// A child with everything recorded about it.
struct Subject {
    row: PupilRow,
    standing: Standing,
    measured: Vec<Measured>,
}

/// School, year group and day: children who were measured one after another.
type Place = (i32, String, NaiveDate);

/// Outcomes on their way to be written.
#[derive(Default)]
struct Writes {
    moves: Vec<Move<'static>>,
    measured: Vec<Measured>,
    reasons: Vec<NotMeasured>,
    warnings: Vec<WarningRow>,
    events: Vec<(i64, Action, serde_json::Value)>,
}

/// Outcomes of very many children of one year.
pub struct Batch<'a> {
    when: When,
    actor: &'a Actor,
    limits: Limits,
    scheme: Scheme,
    children: HashMap<i64, Subject>,
    /// Child, height (mm) and weight (g) of what stands, in the order in which it was recorded.
    measured_at: HashMap<Place, Vec<(i64, i32, i32)>>,
    writes: Writes,
}

impl<'a> Batch<'a> {
    /// Reads what stands for the children of a year.
    pub fn read(
        tx: &mut Conn,
        year: &str,
        when: When,
        actor: &'a Actor,
        limits: Limits,
    ) -> Result<Self, RecordError> {
        let scheme = scheme_code(tx, year)?
            .map(|code| Scheme::from_code(&code))
            .transpose()
            .map_err(|_| damaged("clinical scheme"))?
            .unwrap_or_default();
        let mut children: HashMap<i64, Subject> = queries::pupils_of_year(tx, year)?
            .into_iter()
            .map(|row| {
                let standing = Standing {
                    version: row.outcome_version,
                    measured: None,
                    not_measured: None,
                };
                let subject = Subject {
                    row,
                    standing,
                    measured: Vec::new(),
                };
                (subject.row.id, subject)
            })
            .collect();
        let mut measured_at: HashMap<Place, Vec<(i64, i32, i32)>> = HashMap::new();
        for measured in queries::measurements_of_year(tx, year)? {
            let Some(child) = children.get_mut(&measured.pupil_id) else {
                continue;
            };
            if child.row.outcome == "measured" && measured.version == child.row.outcome_version {
                let place = place(&child.row, measured.measured_on);
                let figures = (measured.pupil_id, measured.height_mm, measured.weight_g);
                measured_at.entry(place).or_default().push(figures);
                child.standing.measured = Some(measured.clone());
            }
            child.measured.push(measured);
        }
        for reason in queries::standing_reasons_of_year(tx, year)? {
            if let Some(child) = children.get_mut(&reason.pupil_id) {
                child.standing.not_measured = Some(reason);
            }
        }
        Ok(Self {
            when,
            actor,
            limits,
            scheme,
            children,
            measured_at,
            writes: Writes::default(),
        })
    }

    /// What stands for a child.
    pub fn standing(&self, pupil: i64) -> Option<&Standing> {
        self.children.get(&pupil).map(|child| &child.standing)
    }

    /// The school of a child.
    pub fn school(&self, pupil: i64) -> Option<i32> {
        self.children.get(&pupil).map(|child| child.row.school_urn)
    }

    /// Takes a measurement in, see [`super::record_known`].
    pub fn measure(
        &mut self,
        pupil: i64,
        born: NaiveDate,
        entry: &Entry,
    ) -> Result<Recorded, RecordError> {
        let child = self.child(pupil)?;
        let previous = self
            .measured_at
            .get(&place(&child.row, entry.measured_on))
            .and_then(|others| others.iter().rev().find(|(other, _, _)| *other != pupil))
            .map(|(_, height, weight)| (*height, *weight));
        let subject = subject_of(&child.row, born, &child.measured, previous)?;
        let judged = judge_measurement(
            &child.row,
            &child.standing,
            entry,
            &subject,
            self.when.today,
            &self.limits,
        );
        let findings = match judged {
            Judged::Save(findings) => findings,
            Judged::Not(recorded) => return Ok(recorded),
        };
        let version = child.row.outcome_version + 1;
        let measured = assessed(
            pupil,
            version,
            entry,
            &subject,
            self.scheme,
            self.actor,
            self.when.now,
        );
        let codes: Vec<&str> = findings
            .warnings
            .iter()
            .map(|finding| finding.code.code())
            .collect();
        for code in &codes {
            self.writes.warnings.push(WarningRow {
                pupil_id: pupil,
                version,
                code: (*code).to_owned(),
                confirmed_by: None,
                confirmed_at: None,
            });
        }
        let detail = json!({"version": version, "warnings": codes});
        self.move_on(pupil, "measured", Action::MeasurementRecorded, detail)?;
        self.stand(pupil, Some(measured), None)?;
        Ok(Recorded::Saved {
            version,
            warnings: findings.warnings,
        })
    }

    /// Takes a reason for no measurement in, see [`super::record_reason`].
    pub fn reason(
        &mut self,
        pupil: i64,
        reason: ReasonNotMeasured,
        on: NaiveDate,
    ) -> Result<Recorded, RecordError> {
        let child = self.child(pupil)?;
        let judged = judge_reason(
            &child.row,
            &child.standing,
            None,
            reason,
            on,
            self.when.today,
        )?;
        if let Judged::Not(recorded) = judged {
            return Ok(recorded);
        }
        let version = child.row.outcome_version + 1;
        let noted = NotMeasured {
            pupil_id: pupil,
            version,
            reason: reason.code().to_owned(),
            noted_on: on,
            recorded_by: self.actor.label.clone(),
            recorded_at: self.when.now,
            recorded_by_id: self.actor.id,
            repeats: None,
        };
        let detail = json!({"version": version, "reason": reason.code()});
        self.move_on(
            pupil,
            "not_measured",
            Action::MeasurementNotMeasured,
            detail,
        )?;
        self.stand(pupil, None, Some(noted))?;
        Ok(Recorded::Saved {
            version,
            warnings: Vec::new(),
        })
    }

    /// Writes everything that was taken in; returns the children for whom somebody else was quicker, of whom nothing
    /// was written.
    pub fn write(self, tx: &mut Conn) -> Result<HashSet<i64>, db::Error> {
        let now = self.when.now;
        let wanted: HashSet<i64> = self.writes.moves.iter().map(|one| one.pupil).collect();
        let moved: HashSet<i64> = dialect::move_outcomes_on(tx, &self.writes.moves, now)?
            .into_iter()
            .collect();
        let Writes {
            mut measured,
            mut reasons,
            mut warnings,
            mut events,
            ..
        } = self.writes;
        measured.retain(|row| moved.contains(&row.pupil_id));
        reasons.retain(|row| moved.contains(&row.pupil_id));
        warnings.retain(|row| moved.contains(&row.pupil_id));
        events.retain(|(pupil, _, _)| moved.contains(pupil));
        queries::insert_measurements(tx, measured)?;
        queries::insert_reasons(tx, reasons)?;
        queries::insert_warnings(tx, warnings)?;
        audit::events(
            tx,
            self.actor,
            now,
            events
                .into_iter()
                .map(|(pupil, action, detail)| (action, format!("pupil:{pupil}"), detail)),
        )?;
        Ok(wanted.difference(&moved).copied().collect())
    }

    fn child(&self, pupil: i64) -> Result<&Subject, RecordError> {
        self.children.get(&pupil).ok_or(RecordError::NoSuchChild)
    }

    fn move_on(
        &mut self,
        pupil: i64,
        outcome: &'static str,
        action: Action,
        detail: serde_json::Value,
    ) -> Result<(), RecordError> {
        let child = self
            .children
            .get_mut(&pupil)
            .ok_or(RecordError::NoSuchChild)?;
        self.writes.moves.push(Move {
            pupil,
            expected: child.row.outcome_version,
            outcome,
        });
        self.writes.events.push((pupil, action, detail));
        child.row.outcome_version += 1;
        outcome.clone_into(&mut child.row.outcome);
        Ok(())
    }

    /// Makes an outcome stand for a child.
    fn stand(
        &mut self,
        pupil: i64,
        measured: Option<Measured>,
        not_measured: Option<NotMeasured>,
    ) -> Result<(), RecordError> {
        let child = self
            .children
            .get_mut(&pupil)
            .ok_or(RecordError::NoSuchChild)?;
        if let Some(before) = &child.standing.measured
            && let Some(others) = self
                .measured_at
                .get_mut(&place(&child.row, before.measured_on))
        {
            others.retain(|(other, _, _)| *other != pupil);
        }
        if let Some(measured) = &measured {
            self.measured_at
                .entry(place(&child.row, measured.measured_on))
                .or_default()
                .push((pupil, measured.height_mm, measured.weight_g));
            child.measured.push(measured.clone());
            self.writes.measured.push(measured.clone());
        }
        self.writes.reasons.extend(not_measured.clone());
        child.standing = Standing {
            version: child.row.outcome_version,
            measured,
            not_measured,
        };
        Ok(())
    }
}

fn place(row: &PupilRow, on: NaiveDate) -> Place {
    (row.school_urn, row.year_group.clone(), on)
}
