//! What a child's page shows: its record, with the rows of the table of measurements and the points of the chart.

use chrono::{NaiveDate, NaiveDateTime};
use growth::plausibility::Code;
use growth::{Age, Height, PopulationCategory, Weight};
use programme::{Person, ReasonNotMeasured, Sex};
use serde::Serialize;

use super::chart::{self, Point};
use super::flags::Flags;
use super::person::PersonShown;
use super::queries;
use super::timeline::{Line, timeline};
use crate::access::Scope;
use crate::db::Conn;
use crate::error::AppError;
use crate::identity::{Purpose, Whose};
use crate::letters::afterwards::afterwards_of_child;
use crate::measurement::entry;
use crate::measurement::sheet::assessment_words;
use crate::measurement::shown;
use crate::measurement::warning_queries::warnings_of;
use crate::records::outcome::{
    History, Measured, NotMeasured, Place, history, measurements_of, reasons_of,
};
use crate::records::pupil::{self, OutcomeKind, Pupil};
use crate::records::school;
use crate::work::Work;

/// What a child's page shows.
#[derive(Serialize)]
pub(super) struct Record {
    id: i64,
    year: String,
    urn: i32,
    school: Option<String>,
    sex: &'static str,
    year_group: String,
    class: Option<String>,
    on_roll: bool,
    outcome: OutcomeKind,
    name_removed_on: Option<NaiveDate>,
    /// `None` when the name has been erased.
    person: Option<PersonShown>,
    flags: Flags,
    chart: Option<String>,
    measurements: Vec<MeasurementShown>,
    reasons: Vec<ReasonShown>,
    warnings: Vec<WarningShown>,
    letters: Vec<LetterShown>,
    timeline: Vec<Line>,
}

/// A version of the measurement.
#[derive(Serialize)]
struct MeasurementShown {
    measured_on: NaiveDate,
    month_only: bool,
    age: String,
    height: String,
    weight: String,
    bmi: String,
    centile: Option<String>,
    clinical: String,
    population: Option<&'static str>,
    by: String,
    at: NaiveDateTime,
    state: &'static str,
}

/// A version of the reason for no measurement.
#[derive(Serialize)]
struct ReasonShown {
    words: &'static str,
    noted_on: NaiveDate,
    by: String,
    state: &'static str,
}

/// A warning about the measurement that stands.
#[derive(Serialize)]
struct WarningShown {
    words: &'static str,
    confirmed_by: Option<String>,
}

/// A letter about the child.
#[derive(Serialize)]
struct LetterShown {
    id: i64,
    kind: String,
    state: String,
    sent_at: Option<NaiveDateTime>,
    afterwards: Option<String>,
}

/// The record of a child in scope, opened for the one who asked.
pub(super) fn record(work: &mut Work<'_>, scope: &Scope, id: i64) -> Result<Record, AppError> {
    let pupil = pupil::in_scope(work.tx, scope, id)?.ok_or(AppError::NotFound)?;
    let whose = Whose::Pupils(&[id]);
    let person = work
        .identities
        .open(work.tx, work.actor, Purpose::ViewingRecord, whose)?
        .one(id)?;
    let person = person.as_ref();
    let tx = &mut *work.tx;
    let (measured, history) = (measurements_of(tx, id)?, history(tx, id)?);
    let shown = |version| state_of(&history, version, &pupil);
    Ok(Record {
        id,
        year: pupil.year_label.clone(),
        urn: pupil.school_urn,
        school: school::name(tx, pupil.school_urn)?,
        sex: match pupil.sex()? {
            Sex::Female => "Female",
            Sex::Male => "Male",
        },
        year_group: pupil.year_group()?.to_string(),
        class: person.map(|person| person.particulars.class.clone()),
        on_roll: pupil.on_roll,
        outcome: pupil.outcome,
        name_removed_on: pupil.name_removed_on,
        person: person.map(PersonShown::of),
        flags: Flags::of(&pupil, person),
        chart: chart_of(&pupil, person, &measured),
        measurements: measured
            .iter()
            .rev()
            .filter_map(|held| {
                Some(measurement_shown(
                    &pupil,
                    person,
                    held,
                    shown(held.version)?,
                ))
            })
            .collect(),
        reasons: reasons_of(tx, id)?
            .into_iter()
            .rev()
            .filter_map(|held| Some(reason_shown(&held, shown(held.version)?)))
            .collect(),
        warnings: warnings_shown(tx, &pupil)?,
        letters: letters_shown(tx, id)?,
        timeline: timeline(tx, id)?,
    })
}

fn reason_shown(held: &NotMeasured, state: &'static str) -> ReasonShown {
    ReasonShown {
        words: ReasonNotMeasured::from_code(&held.reason)
            .map_or("not measured", ReasonNotMeasured::words),
        noted_on: held.noted_on,
        by: held.recorded_by.clone(),
        state,
    }
}

fn warnings_shown(tx: &mut Conn, pupil: &Pupil) -> Result<Vec<WarningShown>, AppError> {
    let warnings = warnings_of(tx, pupil.id)?.into_iter();
    Ok(warnings
        .filter(|warning| warning.version == pupil.outcome_version)
        .map(|warning| WarningShown {
            words: Code::from_code(&warning.code)
                .map_or("Check this measurement.", entry::warning_words),
            confirmed_by: warning.confirmed_by,
        })
        .collect())
}

fn letters_shown(tx: &mut Conn, pupil: i64) -> Result<Vec<LetterShown>, AppError> {
    let afterwards = afterwards_of_child(tx, pupil)?;
    let letters = queries::letters_of(tx, pupil)?.into_iter();
    Ok(letters
        .map(|letter| LetterShown {
            id: letter.id,
            kind: letter.kind,
            state: letter.state,
            sent_at: letter.sent_at,
            afterwards: afterwards
                .get(&letter.id)
                .map(|afterwards| afterwards.happened.clone()),
        })
        .collect())
}

/// A measurement as a row of the table. `person` is the opened identity, `None` when the name has been erased.
fn measurement_shown(
    row: &Pupil,
    person: Option<&Person>,
    held: &Measured,
    state: &'static str,
) -> MeasurementShown {
    let counted =
        |count: i32, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    let years = counted(held.age_months / 12, "year");
    let months = counted(held.age_months % 12, "month");
    let assessment = person
        .zip(row.sex().ok())
        .and_then(|(person, sex)| shown::assessment_of(sex, person.date_of_birth, held));
    MeasurementShown {
        measured_on: held.measured_on,
        month_only: held.month_only,
        age: format!("{years} and {months}"),
        height: Height::from_millimetres(held.height_mm.unsigned_abs()).to_string(),
        weight: Weight::from_grams(held.weight_g.unsigned_abs()).to_string(),
        bmi: format!("{:.1}", bmi(held)),
        centile: shown::centile(assessment.as_ref(), held),
        clinical: assessment_words(held),
        population: held
            .population_category
            .as_deref()
            .and_then(|code| PopulationCategory::from_code(code).ok())
            .map(|category| category.words_with_severe(held.population_severe)),
        by: held.recorded_by.clone(),
        at: held.recorded_at,
        state,
    }
}

fn is_current(row: &Pupil, held: &Measured) -> bool {
    row.outcome == OutcomeKind::Measured && held.version == row.outcome_version
}

fn bmi(held: &Measured) -> f64 {
    let metres = f64::from(held.height_mm) / 1000.0;
    f64::from(held.weight_g) / 1000.0 / (metres * metres)
}

/// What a version is called beside the one that stands: nothing for that one itself. `None` for one that a later version
/// repeats, which is not shown twice.
fn state_of(history: &History, version: i32, row: &Pupil) -> Option<&'static str> {
    match history.place(version, row.outcome_version) {
        Place::Standing => Some(""),
        Place::Replaced => Some("Replaced"),
        Place::Undone => Some("Undone"),
        Place::Repeated => None,
    }
}

/// The measurement that counts as a centile chart (SVG). Its point stands at the exact age while the date of birth is
/// held, so that the picture says the same as the centile beside it.
fn chart_of(row: &Pupil, person: Option<&Person>, measured: &[Measured]) -> Option<String> {
    let sex = row.sex().ok()?;
    let points: Vec<Point> = measured
        .iter()
        .filter(|held| is_current(row, held) && held.not_assessed.is_none())
        .map(|held| Point {
            age: exact_age(person, held).unwrap_or(f64::from(held.age_months) / 12.0),
            bmi: bmi(held),
        })
        .collect();
    chart::bmi_chart(sex, &points)
}

/// The age in years on the day of the measurement; `None` when the date of birth or the day is no longer held.
fn exact_age(person: Option<&Person>, held: &Measured) -> Option<f64> {
    let person = person.filter(|_| !held.month_only)?;
    let age = Age::between(person.date_of_birth, held.measured_on).ok()?;
    Some(age.decimal_years())
}
