//! A measurement, and what is known around it.

use chrono::NaiveDate;
use programme::Sex;

use crate::{Height, Weight};

/// One measurement as it was entered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The child's sex.
    pub sex: Sex,
    /// The child's date of birth.
    pub birth_date: NaiveDate,
    /// The day of measurement.
    pub measured_on: NaiveDate,
    /// The height entered.
    pub height: Height,
    /// The weight entered.
    pub weight: Weight,
}

/// What is known around a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circumstances<'a> {
    /// Today, by the caller's clock.
    pub today: NaiveDate,
    /// First and last day of the collection year the measurement is recorded
    /// in.
    pub year: (NaiveDate, NaiveDate),
    /// First and last date of birth usual in the child's year group.
    pub usual_births: Option<(NaiveDate, NaiveDate)>,
    /// Earlier measurements of the same child, in any order.
    pub earlier: &'a [Earlier],
    /// Height and weight of the child measured just before in the class.
    pub previous_in_class: Option<(Height, Weight)>,
}

/// A measurement of the same child on another day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Earlier {
    /// Its day.
    pub measured_on: NaiveDate,
    /// Its height.
    pub height: Height,
    /// Its weight.
    pub weight: Weight,
}
