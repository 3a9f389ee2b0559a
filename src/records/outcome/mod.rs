//! What came of each child: measurements and reasons for none, in versions.
//!
//! An outcome is never overwritten. Each change is a new version, `pupil.outcome_version` says which one counts, and
//! the rows of `measurement` and `not_measured` are found by child and version.

mod batch_queries;
mod history;
mod history_queries;
mod queries;
mod standing;

pub use batch_queries::{
    insert_measurements, insert_reasons, measurements_of_year, standing_reasons_of_year,
};
pub use history::{History, Place};
pub use history_queries::{histories, histories_of_school, history};
pub use queries::{
    Measured, NotMeasured, insert_measurement, insert_reason, measurement_at, measurements_of,
    move_on, reason_at, reasons_of, standing_measurements, standing_measurements_of,
    standing_measurements_of_school, standing_reasons, standing_reasons_of_school,
};
pub use standing::{Standing, standing};
