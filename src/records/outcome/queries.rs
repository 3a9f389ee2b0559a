//! The rows of measurements and of reasons for none.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::schema::{measurement, not_measured, pupil};
use crate::db::{Conn, Error};
use crate::records::pupil::OutcomeKind;

/// SQLite takes 32,766 values in a statement.
const NUMBERS_A_STATEMENT: usize = 10_000;

/// A version of a measurement.
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

/// A version of a reason for no measurement.
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

/// The measurements that stand, each with its child. What asks about outcomes that stand adds its conditions and its
/// columns to this.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn standing_measurements() -> _ {
    let measured: OutcomeKind = OutcomeKind::Measured;
    measurement::table
        .inner_join(pupil::table)
        .filter(pupil::outcome.eq(measured))
        .filter(measurement::version.eq(pupil::outcome_version))
}

/// The reasons for no measurement that stand, each with its child.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn standing_reasons() -> _ {
    let not_measured: OutcomeKind = OutcomeKind::NotMeasured;
    not_measured::table
        .inner_join(pupil::table)
        .filter(pupil::outcome.eq(not_measured))
        .filter(not_measured::version.eq(pupil::outcome_version))
}

/// The measurements that stand for the children of a school.
pub fn standing_measurements_of_school(
    tx: &mut Conn,
    year: &str,
    urn: i32,
) -> Result<Vec<Measured>, Error> {
    Ok(standing_measurements()
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .select(Measured::as_select())
        .load(tx)?)
}

/// The reasons that stand for the children of a school.
pub fn standing_reasons_of_school(
    tx: &mut Conn,
    year: &str,
    urn: i32,
) -> Result<Vec<NotMeasured>, Error> {
    Ok(standing_reasons()
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .select(NotMeasured::as_select())
        .load(tx)?)
}

/// The measurements that stand for these children, by child.
pub fn standing_measurements_of(
    tx: &mut Conn,
    pupils: &[i64],
) -> Result<HashMap<i64, Measured>, Error> {
    let mut found = HashMap::new();
    for chunk in pupils.chunks(NUMBERS_A_STATEMENT) {
        let rows: Vec<Measured> = standing_measurements()
            .filter(pupil::id.eq_any(chunk))
            .select(Measured::as_select())
            .load(tx)?;
        found.extend(rows.into_iter().map(|row| (row.pupil_id, row)));
    }
    Ok(found)
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

/// Moves a child's outcome on. False when somebody else was quicker.
pub fn move_on(
    tx: &mut Conn,
    pupil: i64,
    expected: i32,
    outcome: OutcomeKind,
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

/// Inserts a version of a measurement.
pub fn insert_measurement(tx: &mut Conn, row: &Measured) -> Result<(), Error> {
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

/// Inserts a version of a reason.
pub fn insert_reason(tx: &mut Conn, row: &NotMeasured) -> Result<(), Error> {
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
