//! An invented area for the demonstration, the tests and the benches: schools, the children on their
//! rosters, and what was measured.
//!
//! The same plan makes the same bytes. Nothing in them can belong to a real person: NHS numbers are
//! of the range kept for tests, authorities 998 and 999 and the postcode areas EB and TB do not
//! exist, telephone numbers are those kept for drama, and email addresses end in `example.org` or
//! `.test`. Children are made school by school, so a million of them need no more memory than one
//! school's.

mod area;
mod children;
mod family;
mod files;
mod names;
mod numbers;
mod outcomes;
mod plan;
mod random;
mod register;
mod school;
#[cfg(test)]
mod tests;

pub use area::{Area, YearWritten};
pub use children::Child;
pub use family::Parent;
pub use outcomes::Outcome;
pub use plan::{AreaPlan, MOST_CHILDREN, SynthError};
pub use school::{District, Kind, MOST_SCHOOLS, School};
