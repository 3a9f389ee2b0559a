//! From an entry to the row that is kept.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use growth::plausibility::{Earlier, Finding};
use growth::{Height, Scheme, Weight};

use super::stamp::Stamp;
use super::subject::Subject;
use crate::db::{self, Conn};
use crate::measurement::entry::{self, Background, Entry};
use crate::measurement::queries;
use crate::measurement::warning_queries::WarningRow;
use crate::records::outcome::{History, Measured, measurements_of};
use crate::records::pupil::Pupil;

/// Whether what is held is what was entered. A device or a measurer that is not told again changes nothing; an empty one
/// is told: the device is to be emptied.
pub(super) fn is_same(held: &Measured, entry: &Entry) -> bool {
    let told_otherwise = |held: &Option<String>, told: &Option<String>| {
        told.as_ref()
            .is_some_and(|told| held.as_deref().unwrap_or_default() != told)
    };
    i64::from(held.height_mm) == i64::from(entry.height.millimetres())
        && i64::from(held.weight_g) == i64::from(entry.weight.grams())
        && held.measured_on == entry.measured_on
        && !told_otherwise(&held.device, &entry.device)
        && !told_otherwise(&held.measured_by, &entry.measured_by)
}

/// What must be known of a child to judge a measurement of that day.
pub(super) fn background(
    tx: &mut Conn,
    pupil: &Pupil,
    born: NaiveDate,
    on: NaiveDate,
) -> Result<Background, db::Error> {
    let earlier = measurements_of(tx, pupil.id)?;
    let previous = queries::previous_in_year_group(tx, pupil, on)?;
    background_of(pupil, born, &earlier, previous)
}

/// What must be known of a child to judge a measurement. `earlier`: its other measurements; `previous`: height (mm) and
/// weight (g) of the child measured before it on the day.
pub(super) fn background_of(
    pupil: &Pupil,
    born: NaiveDate,
    earlier: &[Measured],
    previous: Option<(i32, i32)>,
) -> Result<Background, db::Error> {
    let previous = previous.map(|(height, weight)| {
        (
            Height::from_millimetres(height.max(0) as u32),
            Weight::from_grams(weight.max(0) as u32),
        )
    });
    Ok(Background {
        sex: pupil.sex()?,
        date_of_birth: born,
        year_group: pupil.year_group()?,
        year: pupil.year()?,
        earlier: still_holding(earlier, pupil.outcome_version),
        previous_in_class: previous,
    })
}

/// The measurements of a child that still hold, one for each day: what was undone or replaced on the same day was a
/// slip, and a height must not be compared with a slip.
fn still_holding(versions: &[Measured], standing: i32) -> Vec<Earlier> {
    if !versions.iter().any(|held| held.version == standing) {
        return Vec::new();
    }
    let mut history = History::default();
    for held in versions {
        history.add(held.version, held.repeats);
    }
    let standing = history.original(standing);
    let days: BTreeMap<NaiveDate, Earlier> = versions
        .iter()
        .filter(|held| !held.month_only && history.original(held.version) <= standing)
        .map(|held| {
            let earlier = Earlier {
                measured_on: held.measured_on,
                height: Height::from_millimetres(held.height_mm.max(0) as u32),
                weight: Weight::from_grams(held.weight_g.max(0) as u32),
            };
            (held.measured_on, earlier)
        })
        .collect();
    days.into_values().collect()
}

/// The row that is kept, as the next version: categories from the unrounded figures, z-scores in tenths, age in
/// completed months.
pub(super) fn assessed(
    subject: &Subject,
    entry: &Entry,
    background: &Background,
    scheme: Scheme,
    stamp: Stamp<'_>,
) -> Measured {
    let found = entry::assess(entry, background, scheme);
    let months = found.as_ref().map_or(0, |(age, _)| age.completed_months());
    let (figures, why_not) = match found {
        Some((_, Ok(figures))) => (Some(figures), None),
        Some((_, Err(reason))) => (None, Some(reason.code())),
        None => (None, Some(growth::NotAssessed::MeasuredBeforeBirth.code())),
    };
    let by = &stamp.actor.label;
    Measured {
        pupil_id: subject.pupil.id,
        version: subject.version() + 1,
        measured_on: entry.measured_on,
        month_only: false,
        age_months: months as i32,
        height_mm: entry.height.millimetres() as i32,
        weight_g: entry.weight.grams() as i32,
        scheme: scheme.code().to_owned(),
        height_z_tenths: figures.map(|found| entry::tenths(found.height_z)),
        weight_z_tenths: figures.map(|found| entry::tenths(found.weight_z)),
        bmi_z_tenths: figures.map(|found| entry::tenths(found.bmi_z)),
        population_category: figures.map(|found| found.population.code().to_owned()),
        population_severe: figures.is_some_and(|found| found.population_severe),
        clinical_category: figures.map(|found| found.clinical.code().to_owned()),
        clinical_severe: figures.is_some_and(|found| found.clinical_severe),
        not_assessed: why_not.map(str::to_owned),
        device: entry.device.clone().filter(|device| !device.is_empty()),
        measured_by: entry.measured_by.clone().or_else(|| Some(by.clone())),
        recorded_by: by.clone(),
        recorded_at: stamp.now,
        recorded_by_id: stamp.actor.id,
        repeats: None,
    }
}

/// The warnings about a measurement, which wait to be confirmed.
pub(super) fn warning_rows(measured: &Measured, findings: &[Finding]) -> Vec<WarningRow> {
    findings
        .iter()
        .map(|finding| WarningRow {
            pupil_id: measured.pupil_id,
            version: measured.version,
            code: finding.code.code().to_owned(),
            confirmed_by: None,
            confirmed_at: None,
        })
        .collect()
}
