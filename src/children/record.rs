//! What a child's page shows of the measurements: rows of the table, and the points of the chart.

use growth::{Age, Height, Weight};
use programme::{Person, Sex};
use serde_json::{Value, json};

use super::chart::{self, Point};
use crate::measurement::history::{History, Place};
use crate::measurement::queries::{Measured, PupilRow};
use crate::measurement::sheet::assessment_words;
use crate::measurement::shown;

/// A measurement as a row of the table. `person` is the opened identity, `None` when the name has been erased.
pub(super) fn measured_json(
    row: &PupilRow,
    person: Option<&Person>,
    held: &Measured,
    state: &str,
) -> Value {
    let counted =
        |count: i32, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    let years = counted(held.age_months / 12, "year");
    let months = counted(held.age_months % 12, "month");
    let assessment = person
        .zip(Sex::parse(&row.sex).ok())
        .and_then(|(person, sex)| shown::assessment_of(sex, person.date_of_birth, held));
    json!({
        "measured_on": held.measured_on,
        "month_only": held.month_only,
        "age": format!("{years} and {months}"),
        "height": Height::from_millimetres(held.height_mm.unsigned_abs()).to_string(),
        "weight": Weight::from_grams(held.weight_g.unsigned_abs()).to_string(),
        "bmi": format!("{:.1}", bmi(held)),
        "centile": shown::centile(assessment.as_ref(), held),
        "clinical": assessment_words(held),
        "population": held.population_category.as_deref()
            .and_then(|code| growth::PopulationCategory::from_code(code).ok())
            .map(|category| category.words_with_severe(held.population_severe)),
        "by": held.recorded_by,
        "at": held.recorded_at,
        "state": state,
    })
}

fn is_current(row: &PupilRow, held: &Measured) -> bool {
    row.outcome == "measured" && held.version == row.outcome_version
}

fn bmi(held: &Measured) -> f64 {
    let metres = f64::from(held.height_mm) / 1000.0;
    f64::from(held.weight_g) / 1000.0 / (metres * metres)
}

/// What a version is called beside the one that stands: nothing for that one itself. `None` for one that a later version
/// repeats, which is not shown twice.
pub(super) fn state_of(history: &History, version: i32, row: &PupilRow) -> Option<&'static str> {
    match history.place(version, row.outcome_version) {
        Place::Standing => Some(""),
        Place::Replaced => Some("Replaced"),
        Place::Undone => Some("Undone"),
        Place::Repeated => None,
    }
}

/// The measurement that counts as a centile chart (SVG). Its point stands at the exact age while the date of birth is
/// held, so that the picture says the same as the centile beside it.
pub(super) fn chart_of(
    row: &PupilRow,
    person: Option<&Person>,
    measured: &[Measured],
) -> Option<String> {
    let sex = Sex::parse(&row.sex).ok()?;
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
