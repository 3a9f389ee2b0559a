//! The codes of a child's row as the values that they stand for.

use programme::{AcademicYear, Sex, YearGroup};

use super::queries::Pupil;
use crate::db::Error;

impl Pupil {
    /// The sex.
    pub fn sex(&self) -> Result<Sex, Error> {
        Sex::parse(&self.sex_code).map_err(|_| damaged("sex"))
    }

    /// The year group.
    pub fn year_group(&self) -> Result<YearGroup, Error> {
        YearGroup::from_code(&self.year_group_code).ok_or_else(|| damaged("year group"))
    }

    /// The academic year.
    pub fn year(&self) -> Result<AcademicYear, Error> {
        AcademicYear::parse_label(&self.year_label).ok_or_else(|| damaged("academic year"))
    }
}

/// The error of a child's record that holds a code which no version of the program writes.
pub fn damaged(what: &str) -> Error {
    Error::Schema(format!("a child’s {what} cannot be understood"))
}
