//! Class lists of schools, in any layout: from the bytes of a file to what an import would do.
//!
//! The way is bytes → [`tabular::Table`] → [`columns::Columns`] → [`check::Checked`] rows →
//! [`plan::Plan`]. Everything is plain values in and plain values out: no file, no database, no
//! clock. Nothing is written before a person (or a command) confirms the plan; that is the
//! caller's part.

pub mod canonical;
pub mod check;
pub mod code;
pub mod columns;
pub mod file;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod layouts;
pub mod matching;
pub mod plan;
pub mod progress;
pub mod report;
pub mod row;
#[cfg(test)]
mod samples;
pub mod schools;

pub use file::read;
