//! What recording for very many children reads and writes of their outcomes.

use diesel::prelude::*;

use super::queries::{Measured, NotMeasured, standing_reasons};
use crate::db::dialect::insert_many;
use crate::db::schema::{measurement, not_measured, pupil};
use crate::db::{Conn, Error};

/// Every measurement of a year's children, in the order in which they were recorded.
pub fn measurements_of_year(tx: &mut Conn, year: &str) -> Result<Vec<Measured>, Error> {
    Ok(measurement::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .order(measurement::id)
        .select(Measured::as_select())
        .load(tx)?)
}

/// The reasons that stand for a year's children.
pub fn standing_reasons_of_year(tx: &mut Conn, year: &str) -> Result<Vec<NotMeasured>, Error> {
    Ok(standing_reasons()
        .filter(pupil::year_label.eq(year))
        .select(NotMeasured::as_select())
        .load(tx)?)
}

insert_many!(
    /// Inserts versions of measurements.
    pub insert_measurements, Measured, measurement
);
insert_many!(
    /// Inserts versions of reasons for no measurement.
    pub insert_reasons, NotMeasured, not_measured
);
