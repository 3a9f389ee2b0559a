//! The tables that every slice reads: one row type each, one query for each question.

pub mod school;
pub mod year;
