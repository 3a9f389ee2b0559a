//! Measurements: what is typed, what is kept of it, how far a school has come.
//!
//! The one thing to know: an outcome (a measurement or a reason for none) is never overwritten. Each change is a new
//! version, `pupil.outcome_version` says which one counts, and rows of it are found by child and version.

mod batch_queries;
pub mod entry;
mod error;
pub mod history;
pub mod history_queries;
pub mod import;
pub mod participation;
mod progress;
mod progress_queries;
pub mod quality;
pub mod queries;
mod record;
pub mod sheet;
pub mod shown;
pub mod warning_queries;

pub use entry::{Entry, LIMITS_SETTING, Offer};
pub use progress::{quality_json, tally_json};
pub use progress_queries::{Place, SchoolTallies, looks, tallies, tallies_of};
pub use record::{
    Back, Batch, RecordError, Recorded, Standing, When, confirm, go_back, limits, reassess,
    record_known, record_measurement, record_reason, standing,
};
pub use warning_queries::warnings_to_confirm;
