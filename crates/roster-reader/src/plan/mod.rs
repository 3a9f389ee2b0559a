//! What an import would do, before anything is done.
//!
//! The plan is worked out afresh from the checked rows and the children held at that moment, so
//! confirming an old preview never writes what is no longer true.

mod counts;
mod decide;
mod glimpses;
mod outcome;
mod planner;

pub use counts::Counts;
pub use decide::MayBeDamaged;
pub use outcome::{Action, Held, Plan, PlannedRow};
pub use planner::plan;
