//! From an entry to the row that is kept.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use growth::plausibility::{Earlier, Finding};
use growth::{Height, Scheme, Weight};
use programme::{AcademicYear, Sex, YearGroup};

use crate::audit::Actor;
use crate::db::{self, Conn};
use crate::measurement::entry::{self, Entry, Subject};
use crate::measurement::history::History;
use crate::measurement::queries::{self, Measured, PupilRow, WarningRow};

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

pub(super) fn subject(
    tx: &mut Conn,
    row: &PupilRow,
    born: NaiveDate,
    on: NaiveDate,
) -> Result<Subject, db::Error> {
    let earlier = queries::measurements_of(tx, row.id)?;
    let previous = queries::previous_in_year_group(tx, row, on)?;
    subject_of(row, born, &earlier, previous)
}

/// What must be known of a child to judge a measurement. `earlier`: its other measurements; `previous`: height (mm) and
/// weight (g) of the child measured before it on the day.
pub(super) fn subject_of(
    row: &PupilRow,
    born: NaiveDate,
    earlier: &[Measured],
    previous: Option<(i32, i32)>,
) -> Result<Subject, db::Error> {
    let earlier = still_holding(earlier, row.outcome_version);
    let previous = previous.map(|(height, weight)| {
        (
            Height::from_millimetres(height.max(0) as u32),
            Weight::from_grams(weight.max(0) as u32),
        )
    });
    Ok(Subject {
        sex: Sex::parse(&row.sex).map_err(|_| damaged("sex"))?,
        date_of_birth: born,
        year_group: YearGroup::from_code(&row.year_group).ok_or_else(|| damaged("year group"))?,
        year: year_of(row)?,
        earlier,
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

pub(super) fn year_of(row: &PupilRow) -> Result<AcademicYear, db::Error> {
    AcademicYear::parse_label(&row.year_label).ok_or_else(|| damaged("academic year"))
}

pub(super) fn damaged(what: &str) -> db::Error {
    db::Error::Schema(format!("a child’s {what} cannot be understood"))
}

/// The row that is kept: categories from the unrounded figures, z-scores in tenths, age in completed months.
pub(super) fn assessed(
    pupil: i64,
    version: i32,
    entry: &Entry,
    subject: &Subject,
    scheme: Scheme,
    actor: &Actor,
    now: NaiveDateTime,
) -> Measured {
    let found = entry::assess(entry, subject, scheme);
    let months = found.as_ref().map_or(0, |(age, _)| age.completed_months());
    let (figures, why_not) = match found {
        Some((_, Ok(figures))) => (Some(figures), None),
        Some((_, Err(reason))) => (None, Some(reason.code())),
        None => (None, Some(growth::NotAssessed::MeasuredBeforeBirth.code())),
    };
    Measured {
        pupil_id: pupil,
        version,
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
        measured_by: entry
            .measured_by
            .clone()
            .or_else(|| Some(actor.label.clone())),
        recorded_by: actor.label.clone(),
        recorded_at: now,
        recorded_by_id: actor.id,
        repeats: None,
    }
}

/// Writes a measurement down, with what is to be confirmed about it.
pub(super) fn keep(
    tx: &mut Conn,
    measured: &Measured,
    warnings: &[Finding],
) -> Result<(), db::Error> {
    queries::insert_measurement(tx, measured)?;
    for finding in warnings {
        queries::insert_warning(
            tx,
            &WarningRow {
                pupil_id: measured.pupil_id,
                version: measured.version,
                code: finding.code.code().to_owned(),
                confirmed_by: None,
                confirmed_at: None,
            },
        )?;
    }
    Ok(())
}
