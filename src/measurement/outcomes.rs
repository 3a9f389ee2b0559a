//! What stands for the children of a school, with the warnings about it.

use std::collections::HashMap;

use super::warning_queries::{WarningRow, standing_warnings_of_school};
use crate::db::{Conn, Error};
use crate::records::outcome::{
    Measured, NotMeasured, standing_measurements_of_school, standing_reasons_of_school,
};

/// Measurement, reason and warnings of the version that counts, of several children.
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
    for row in standing_measurements_of_school(tx, year, urn)? {
        outcomes.measured.insert(row.pupil_id, row);
    }
    for row in standing_reasons_of_school(tx, year, urn)? {
        outcomes.reasons.insert(row.pupil_id, row);
    }
    for row in standing_warnings_of_school(tx, year, urn)? {
        outcomes.warnings.entry(row.pupil_id).or_default().push(row);
    }
    Ok(outcomes)
}
