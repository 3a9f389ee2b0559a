//! The rows of outcomes: measurements, reasons, warnings.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::access::Scope;
use crate::db::schema::{academic_year, measurement, not_measured, pupil, warning};
use crate::db::{Conn, Error};

/// A child as recording needs it: nothing that names it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = pupil)]
pub struct PupilRow {
    /// Its number.
    pub id: i64,
    /// The academic year.
    pub year_label: String,
    /// The school.
    pub school_urn: i32,
    /// `R` or `6`.
    pub year_group: String,
    /// `F` or `M`.
    pub sex: String,
    /// A parent has withdrawn the child.
    pub opted_out: bool,
    /// On the school's list.
    pub on_roll: bool,
    /// `none`, `measured` or `not_measured`.
    pub outcome: String,
    /// How often the outcome has changed.
    pub outcome_version: i32,
    /// When the name was removed.
    pub name_removed_on: Option<NaiveDate>,
}

/// A stored measurement.
#[derive(Clone, Debug, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = measurement, treat_none_as_default_value = false)]
pub struct Measured {
    /// The child.
    pub pupil_id: i64,
    /// The version of the outcome.
    pub version: i32,
    /// The day; the first of the month once `month_only`.
    pub measured_on: NaiveDate,
    /// Whether only the month is kept.
    pub month_only: bool,
    /// Age in completed months.
    pub age_months: i32,
    /// Height in mm.
    pub height_mm: i32,
    /// Weight in g.
    pub weight_g: i32,
    /// Clinical scheme of the assessment.
    pub scheme: String,
    /// z-score of the height, tenths.
    pub height_z_tenths: Option<i32>,
    /// z-score of the weight, tenths.
    pub weight_z_tenths: Option<i32>,
    /// z-score of the BMI, tenths.
    pub bmi_z_tenths: Option<i32>,
    /// The statistics' category.
    pub population_category: Option<String>,
    /// Severely obese in the statistics.
    pub population_severe: bool,
    /// The letters' category.
    pub clinical_category: Option<String>,
    /// Severe in the letters' scheme.
    pub clinical_severe: bool,
    /// Why there is no assessment.
    pub not_assessed: Option<String>,
    /// The device.
    pub device: Option<String>,
    /// Who measured.
    pub measured_by: Option<String>,
    /// Name of the person, job or command that recorded it.
    pub recorded_by: String,
    /// When it was recorded, UTC.
    pub recorded_at: NaiveDateTime,
    /// Account that recorded it; `None` for a command or an import.
    pub recorded_by_id: Option<i64>,
    /// Version whose outcome this version repeats, after an undo or a reassessment.
    pub repeats: Option<i32>,
}

/// A stored reason.
#[derive(Clone, Debug, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = not_measured, treat_none_as_default_value = false)]
pub struct NotMeasured {
    /// The child.
    pub pupil_id: i64,
    /// The version of the outcome.
    pub version: i32,
    /// Code of the reason.
    pub reason: String,
    /// The day it was noted for.
    pub noted_on: NaiveDate,
    /// Name of the person, job or command that recorded it.
    pub recorded_by: String,
    /// When it was recorded, UTC.
    pub recorded_at: NaiveDateTime,
    /// Account that recorded it; `None` for a command or an import.
    pub recorded_by_id: Option<i64>,
    /// Version whose outcome this version repeats, after an undo or a reassessment.
    pub repeats: Option<i32>,
}

/// A stored warning.
#[derive(Clone, Debug, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = warning, treat_none_as_default_value = false)]
pub struct WarningRow {
    /// The child.
    pub pupil_id: i64,
    /// The version it is about.
    pub version: i32,
    /// Its code.
    pub code: String,
    /// Who confirmed that the measurement is right.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<NaiveDateTime>,
}

/// A child, wherever it is.
pub fn pupil(tx: &mut Conn, id: i64) -> Result<Option<PupilRow>, Error> {
    Ok(pupil::table
        .find(id)
        .select(PupilRow::as_select())
        .first(tx)
        .optional()?)
}

/// These children, a page of a list at most.
pub fn pupils(tx: &mut Conn, ids: &[i64]) -> Result<Vec<PupilRow>, Error> {
    Ok(pupil::table
        .filter(pupil::id.eq_any(ids))
        .select(PupilRow::as_select())
        .load(tx)?)
}

/// A child in scope.
pub fn pupil_in_scope(tx: &mut Conn, scope: &Scope, id: i64) -> Result<Option<PupilRow>, Error> {
    Ok(pupil(tx, id)?.filter(|row| scope.covers(row.school_urn)))
}

/// The children on a school's list, and those who left it after they were measured.
pub fn pupils_of_school(tx: &mut Conn, year: &str, urn: i32) -> Result<Vec<PupilRow>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .filter(pupil::on_roll.eq(true).or(pupil::outcome.eq("measured")))
        .order(pupil::id)
        .select(PupilRow::as_select())
        .load(tx)?)
}

/// Code of a year's clinical scheme.
pub(super) fn scheme_code(tx: &mut Conn, year: &str) -> Result<Option<String>, Error> {
    Ok(academic_year::table
        .find(year)
        .select(academic_year::scheme)
        .first(tx)
        .optional()?)
}

/// Every version of a child's measurement, the oldest first.
pub fn measurements_of(tx: &mut Conn, pupil: i64) -> Result<Vec<Measured>, Error> {
    Ok(measurement::table
        .filter(measurement::pupil_id.eq(pupil))
        .order(measurement::version)
        .select(Measured::as_select())
        .load(tx)?)
}

/// Every version of a child's reason, the oldest first.
pub fn reasons_of(tx: &mut Conn, pupil: i64) -> Result<Vec<NotMeasured>, Error> {
    Ok(not_measured::table
        .filter(not_measured::pupil_id.eq(pupil))
        .order(not_measured::version)
        .select(NotMeasured::as_select())
        .load(tx)?)
}

/// Every warning of a child, by version.
pub fn warnings_of(tx: &mut Conn, pupil: i64) -> Result<Vec<WarningRow>, Error> {
    Ok(warning::table
        .filter(warning::pupil_id.eq(pupil))
        .order((warning::version, warning::code))
        .select(WarningRow::as_select())
        .load(tx)?)
}

/// The measurement of one version.
pub fn measurement_at(tx: &mut Conn, pupil: i64, version: i32) -> Result<Option<Measured>, Error> {
    Ok(measurement::table
        .filter(measurement::pupil_id.eq(pupil))
        .filter(measurement::version.eq(version))
        .select(Measured::as_select())
        .first(tx)
        .optional()?)
}

/// The reason of one version.
pub fn reason_at(tx: &mut Conn, pupil: i64, version: i32) -> Result<Option<NotMeasured>, Error> {
    Ok(not_measured::table
        .filter(not_measured::pupil_id.eq(pupil))
        .filter(not_measured::version.eq(version))
        .select(NotMeasured::as_select())
        .first(tx)
        .optional()?)
}

/// What stands for the children of a school: measurement, reason and warnings of the version that counts.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Measurements by child.
    pub measured: HashMap<i64, Measured>,
    /// Reasons by child.
    pub reasons: HashMap<i64, NotMeasured>,
    /// Warnings by child.
    pub warnings: HashMap<i64, Vec<WarningRow>>,
}

/// What stands for each child of a school.
pub fn outcomes_of_school(tx: &mut Conn, year: &str, urn: i32) -> Result<Outcomes, Error> {
    let mut outcomes = Outcomes::default();
    for row in measurement::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .filter(pupil::outcome.eq("measured"))
        .filter(measurement::version.eq(pupil::outcome_version))
        .select(Measured::as_select())
        .load(tx)?
    {
        outcomes.measured.insert(row.pupil_id, row);
    }
    for row in not_measured::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .filter(pupil::outcome.eq("not_measured"))
        .filter(not_measured::version.eq(pupil::outcome_version))
        .select(NotMeasured::as_select())
        .load(tx)?
    {
        outcomes.reasons.insert(row.pupil_id, row);
    }
    for row in warning::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .filter(pupil::outcome.eq("measured"))
        .filter(warning::version.eq(pupil::outcome_version))
        .order((warning::pupil_id, warning::code))
        .select(WarningRow::as_select())
        .load(tx)?
    {
        outcomes.warnings.entry(row.pupil_id).or_default().push(row);
    }
    Ok(outcomes)
}

/// Height (mm) and weight (g) of the child of the same school and year group measured last on the same day. The class
/// is sealed with the name, and a save must not open the names of a whole class.
pub(super) fn previous_in_year_group(
    tx: &mut Conn,
    of: &PupilRow,
    on: NaiveDate,
) -> Result<Option<(i32, i32)>, Error> {
    Ok(measurement::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(&of.year_label))
        .filter(pupil::school_urn.eq(of.school_urn))
        .filter(pupil::year_group.eq(&of.year_group))
        .filter(pupil::id.ne(of.id))
        .filter(pupil::outcome.eq("measured"))
        .filter(measurement::version.eq(pupil::outcome_version))
        .filter(measurement::measured_on.eq(on))
        .order(measurement::id.desc())
        .select((measurement::height_mm, measurement::weight_g))
        .first(tx)
        .optional()?)
}

/// Moves a child's outcome on. False when somebody else was quicker.
pub(super) fn move_on(
    tx: &mut Conn,
    pupil: i64,
    expected: i32,
    outcome: &str,
    now: NaiveDateTime,
) -> Result<bool, Error> {
    let moved = diesel::update(
        pupil::table
            .filter(pupil::id.eq(pupil))
            .filter(pupil::outcome_version.eq(expected)),
    )
    .set((
        pupil::outcome.eq(outcome),
        pupil::outcome_version.eq(expected + 1),
        pupil::updated_at.eq(now),
    ))
    .execute(tx)?;
    Ok(moved == 1)
}

pub(super) fn insert_measurement(tx: &mut Conn, row: &Measured) -> Result<(), Error> {
    diesel::insert_into(measurement::table)
        .values((
            (
                measurement::pupil_id.eq(row.pupil_id),
                measurement::version.eq(row.version),
                measurement::measured_on.eq(row.measured_on),
                measurement::month_only.eq(row.month_only),
                measurement::age_months.eq(row.age_months),
                measurement::height_mm.eq(row.height_mm),
                measurement::weight_g.eq(row.weight_g),
                measurement::scheme.eq(&row.scheme),
                measurement::height_z_tenths.eq(row.height_z_tenths),
                measurement::weight_z_tenths.eq(row.weight_z_tenths),
            ),
            (
                measurement::bmi_z_tenths.eq(row.bmi_z_tenths),
                measurement::population_category.eq(&row.population_category),
                measurement::population_severe.eq(row.population_severe),
                measurement::clinical_category.eq(&row.clinical_category),
                measurement::clinical_severe.eq(row.clinical_severe),
                measurement::not_assessed.eq(&row.not_assessed),
                measurement::device.eq(&row.device),
                measurement::measured_by.eq(&row.measured_by),
                measurement::recorded_by.eq(&row.recorded_by),
                measurement::recorded_at.eq(row.recorded_at),
                measurement::recorded_by_id.eq(row.recorded_by_id),
                measurement::repeats.eq(row.repeats),
            ),
        ))
        .execute(tx)?;
    Ok(())
}

pub(super) fn insert_reason(tx: &mut Conn, row: &NotMeasured) -> Result<(), Error> {
    diesel::insert_into(not_measured::table)
        .values((
            not_measured::pupil_id.eq(row.pupil_id),
            not_measured::version.eq(row.version),
            not_measured::reason.eq(&row.reason),
            not_measured::noted_on.eq(row.noted_on),
            not_measured::recorded_by.eq(&row.recorded_by),
            not_measured::recorded_at.eq(row.recorded_at),
            not_measured::recorded_by_id.eq(row.recorded_by_id),
            not_measured::repeats.eq(row.repeats),
        ))
        .execute(tx)?;
    Ok(())
}

pub(super) fn insert_warning(tx: &mut Conn, row: &WarningRow) -> Result<(), Error> {
    diesel::insert_into(warning::table)
        .values((
            warning::pupil_id.eq(row.pupil_id),
            warning::version.eq(row.version),
            warning::code.eq(&row.code),
            warning::confirmed_by.eq(&row.confirmed_by),
            warning::confirmed_at.eq(row.confirmed_at),
        ))
        .execute(tx)?;
    Ok(())
}

/// Confirms the open warnings of a version; returns how many there were.
pub(super) fn confirm_warnings(
    tx: &mut Conn,
    pupil: i64,
    version: i32,
    by: &str,
    now: NaiveDateTime,
) -> Result<usize, Error> {
    Ok(diesel::update(
        warning::table
            .filter(warning::pupil_id.eq(pupil))
            .filter(warning::version.eq(version))
            .filter(warning::confirmed_by.is_null()),
    )
    .set((warning::confirmed_by.eq(by), warning::confirmed_at.eq(now)))
    .execute(tx)?)
}

/// Confirms one warning of a version, under the name and the time of an earlier confirmation.
pub(super) fn confirm_warning(
    tx: &mut Conn,
    pupil: i64,
    version: i32,
    code: &str,
    by: &str,
    at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(
        warning::table
            .filter(warning::pupil_id.eq(pupil))
            .filter(warning::version.eq(version))
            .filter(warning::code.eq(code)),
    )
    .set((warning::confirmed_by.eq(by), warning::confirmed_at.eq(at)))
    .execute(tx)?;
    Ok(())
}
