//! What recording asks about years and other children.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{academic_year, measurement, pupil};
use crate::db::{Conn, Error};
use crate::records::outcome::standing_measurements;
use crate::records::pupil::Pupil;

/// Code of a year's clinical scheme.
pub(super) fn scheme_code(tx: &mut Conn, year: &str) -> Result<Option<String>, Error> {
    Ok(academic_year::table
        .find(year)
        .select(academic_year::scheme)
        .first(tx)
        .optional()?)
}

/// Height (mm) and weight (g) of the child of the same school and year group measured last on the same day. The class
/// is sealed with the name, and a save must not open the names of a whole class.
pub(super) fn previous_in_year_group(
    tx: &mut Conn,
    of: &Pupil,
    on: NaiveDate,
) -> Result<Option<(i32, i32)>, Error> {
    Ok(standing_measurements()
        .filter(pupil::year_label.eq(&of.year_label))
        .filter(pupil::school_urn.eq(of.school_urn))
        .filter(pupil::year_group.eq(&of.year_group_code))
        .filter(pupil::id.ne(of.id))
        .filter(measurement::measured_on.eq(on))
        .order(measurement::id.desc())
        .select((measurement::height_mm, measurement::weight_g))
        .first(tx)
        .optional()?)
}
