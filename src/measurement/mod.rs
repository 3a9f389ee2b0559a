//! Measurements: what is typed, what is kept of it, how far a school has come.
//!
//! An outcome (a measurement or a reason for none) is never overwritten. The rows belong to
//! `records::outcome`; this slice decides what becomes one.

pub mod entry;
mod error;
pub mod import;
pub mod outcomes;
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
    Back, Batch, RecordError, Recorded, Stamp, Subject, confirm, go_back, limits, load, reassess,
    record_measurement, record_reason,
};
pub use warning_queries::warnings_to_confirm;
