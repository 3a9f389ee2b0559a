//! The plan of an area, and what may be wrong with it.

use chrono::NaiveDate;

use crate::school::MOST_SCHOOLS;

/// Most children of one school's year group: more would run out of pupil numbers.
pub const MOST_CHILDREN: u32 = 499;

/// The size, dates and seed of an area.
#[derive(Clone, Debug)]
pub struct AreaPlan {
    /// Makes areas differ.
    pub seed: u64,
    /// How many schools.
    pub schools: u32,
    /// How many academic years; the last one is that of `today`.
    pub years: u32,
    /// The year it lies in is in progress: some 60 in 100 of its children have been measured before that day.
    pub today: NaiveDate,
    /// Children in each year group of each school; without it they differ.
    pub children_per_year_group: Option<u32>,
}

/// An area that cannot be invented, or not be written.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// Too many or too few schools.
    #[error("an area can have 1 to {MOST_SCHOOLS} schools")]
    Schools,
    /// Too many or too few years.
    #[error("an area can have 1 to 20 academic years")]
    Years,
    /// Too many or too few children.
    #[error("a year group can have 1 to {MOST_CHILDREN} children")]
    Children,
    /// A file cannot be written.
    #[error("the files cannot be written: {0}")]
    Files(#[from] std::io::Error),
    /// A file cannot be written, as the CSV writer reports it.
    #[error("the files cannot be written: {0}")]
    Csv(#[from] csv::Error),
}
