//! What recording for very many children reads and writes.

use diesel::prelude::*;

use super::queries::{Measured, NotMeasured, PupilRow, WarningRow};
use crate::db::dialect::insert_many;
use crate::db::schema::{measurement, not_measured, pupil, warning};
use crate::db::{Conn, Error};

/// The children of a year.
pub(super) fn pupils_of_year(tx: &mut Conn, year: &str) -> Result<Vec<PupilRow>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .select(PupilRow::as_select())
        .load(tx)?)
}

/// Every measurement of a year's children, in the order in which they were recorded.
pub(super) fn measurements_of_year(tx: &mut Conn, year: &str) -> Result<Vec<Measured>, Error> {
    Ok(measurement::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .order(measurement::id)
        .select(Measured::as_select())
        .load(tx)?)
}

/// The reasons that stand for a year's children.
pub(super) fn standing_reasons_of_year(
    tx: &mut Conn,
    year: &str,
) -> Result<Vec<NotMeasured>, Error> {
    Ok(not_measured::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::outcome.eq("not_measured"))
        .filter(not_measured::version.eq(pupil::outcome_version))
        .select(NotMeasured::as_select())
        .load(tx)?)
}

insert_many!(
    /// Inserts versions of measurements.
    pub(super) insert_measurements, Measured, measurement
);
insert_many!(
    /// Inserts versions of reasons for no measurement.
    pub(super) insert_reasons, NotMeasured, not_measured
);
insert_many!(
    /// Inserts warnings that wait to be confirmed.
    pub(super) insert_warnings, WarningRow, warning
);
