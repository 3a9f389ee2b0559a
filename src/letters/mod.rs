//! Letters to parents: which may go, what they say, and how they get there at most once.
//!
//! An outcome becomes a letter ([`prepare`]), one function decides whether it may go ([`eligibility`]), a worker
//! writes it when it is its turn and hands it over ([`deliver`]). What was sent is kept sealed with the year's key.

pub mod afterwards;
pub mod assess;
pub mod compose;
pub mod content;
mod counts;
pub mod decide;
pub mod delay;
pub mod deliver;
pub mod due;
mod due_queries;
mod earlier_queries;
pub mod eligibility;
pub mod erase;
mod error;
pub mod jobs;
mod ledger;
pub mod pages;
mod picture;
pub mod prepare;
pub mod press;
pub mod proof;
mod queries;
pub mod reason;
pub mod sample;
mod saved_texts;
mod sending_queries;
pub mod state;
pub mod stop;
mod store;
pub mod texts;

pub use counts::{due_counts, tallies};
pub use error::LetterError;
pub use queries::{Gone, children_with_result, gone_about};
pub use saved_texts::readable_texts;
