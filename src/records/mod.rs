//! The tables that every slice reads: one row type each, one query for each question.

pub mod outcome;
pub mod pupil;
pub mod school;
pub mod year;
