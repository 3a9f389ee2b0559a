//! Whether a measurement can be saved, and what about it wants a second look.
//!
//! *Invalid* and *unusual* are different things. A
//! [`Reject`](Strength::Reject) cannot be saved, because it cannot be right; a
//! [`Warn`](Strength::Warn) is saved and waits for a named person to confirm
//! it. A very large child is a child, so wording asks to check, and never says
//! "error". Messages name values of one child: they belong on the page and in
//! the user's own file, not in a log.

mod checks;
mod limits;

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::category::{UnknownCode, from_code};
use crate::measure::Unread;
use crate::{Height, Weight};
use programme::Sex;

pub use checks::check;
pub use limits::{ImpossibleLimits, Limits};

/// How strongly a finding stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// The measurement cannot be saved.
    Reject,
    /// The measurement is saved and has to be confirmed.
    Warn,
}

/// What was found, as a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A weight without a height.
    HeightMissing,
    /// The height is not one plain number of centimetres.
    HeightUnreadable,
    /// A height without a weight.
    WeightMissing,
    /// The weight is not one plain number of kilograms.
    WeightUnreadable,
    /// Outside the limits for any child.
    HeightOutOfLimits,
    /// Outside the limits for any child.
    WeightOutOfLimits,
    /// Height and weight are each possible and together are not.
    BmiOutOfLimits,
    /// Measured before birth.
    DateBeforeBirth,
    /// Measured after today.
    DateInFuture,
    /// Measured outside the collection year.
    DateOutsideYear,
    /// The height's z-score is unusual.
    ExtremeHeight,
    /// The weight's z-score is unusual.
    ExtremeWeight,
    /// The BMI's z-score is unusual.
    ExtremeBmi,
    /// Lower than an earlier height of the same child.
    HeightLowerThanEarlier,
    /// Further from the last weight than the setting allows.
    WeightChanged,
    /// Height and weight would fit the child the other way round.
    LooksSwapped,
    /// The same height and weight as the child before in the class.
    RepeatedValues,
    /// Measured on a Saturday or a Sunday.
    Weekend,
    /// Measured in August.
    August,
    /// Born outside the year group's usual window.
    DobOutsideYearWindow,
}

impl Code {
    /// Every code, the rejects first.
    pub const ALL: [Self; 20] = [
        Self::HeightMissing,
        Self::HeightUnreadable,
        Self::WeightMissing,
        Self::WeightUnreadable,
        Self::HeightOutOfLimits,
        Self::WeightOutOfLimits,
        Self::BmiOutOfLimits,
        Self::DateBeforeBirth,
        Self::DateInFuture,
        Self::DateOutsideYear,
        Self::ExtremeHeight,
        Self::ExtremeWeight,
        Self::ExtremeBmi,
        Self::HeightLowerThanEarlier,
        Self::WeightChanged,
        Self::LooksSwapped,
        Self::RepeatedValues,
        Self::Weekend,
        Self::August,
        Self::DobOutsideYearWindow,
    ];

    /// The stable word, as in databases, files and reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::HeightMissing => "height_missing",
            Self::HeightUnreadable => "height_unreadable",
            Self::WeightMissing => "weight_missing",
            Self::WeightUnreadable => "weight_unreadable",
            Self::HeightOutOfLimits => "height_out_of_limits",
            Self::WeightOutOfLimits => "weight_out_of_limits",
            Self::BmiOutOfLimits => "bmi_out_of_limits",
            Self::DateBeforeBirth => "date_before_birth",
            Self::DateInFuture => "date_in_future",
            Self::DateOutsideYear => "date_outside_year",
            Self::ExtremeHeight => "extreme_height",
            Self::ExtremeWeight => "extreme_weight",
            Self::ExtremeBmi => "extreme_bmi",
            Self::HeightLowerThanEarlier => "height_lower_than_earlier",
            Self::WeightChanged => "weight_changed",
            Self::LooksSwapped => "looks_swapped",
            Self::RepeatedValues => "repeated_values",
            Self::Weekend => "weekend",
            Self::August => "august",
            Self::DobOutsideYearWindow => "dob_outside_year_window",
        }
    }

    /// The code of a stored word.
    pub fn from_code(code: &str) -> Result<Self, UnknownCode> {
        from_code(&Self::ALL, Self::code, code)
    }

    /// Whether it keeps the measurement from being saved.
    pub const fn strength(self) -> Strength {
        match self {
            Self::HeightMissing
            | Self::HeightUnreadable
            | Self::WeightMissing
            | Self::WeightUnreadable
            | Self::HeightOutOfLimits
            | Self::WeightOutOfLimits
            | Self::BmiOutOfLimits
            | Self::DateBeforeBirth
            | Self::DateInFuture
            | Self::DateOutsideYear => Strength::Reject,
            Self::ExtremeHeight
            | Self::ExtremeWeight
            | Self::ExtremeBmi
            | Self::HeightLowerThanEarlier
            | Self::WeightChanged
            | Self::LooksSwapped
            | Self::RepeatedValues
            | Self::Weekend
            | Self::August
            | Self::DobOutsideYearWindow => Strength::Warn,
        }
    }

    /// Which of the entry's fields a page should point at.
    pub const fn field(self) -> Field {
        match self {
            Self::HeightMissing
            | Self::HeightUnreadable
            | Self::HeightOutOfLimits
            | Self::ExtremeHeight
            | Self::HeightLowerThanEarlier => Field::Height,
            Self::WeightMissing
            | Self::WeightUnreadable
            | Self::WeightOutOfLimits
            | Self::ExtremeWeight
            | Self::WeightChanged => Field::Weight,
            Self::BmiOutOfLimits | Self::ExtremeBmi | Self::LooksSwapped | Self::RepeatedValues => {
                Field::HeightAndWeight
            }
            Self::DateBeforeBirth
            | Self::DateInFuture
            | Self::DateOutsideYear
            | Self::Weekend
            | Self::August => Field::DateMeasured,
            Self::DobOutsideYearWindow => Field::DateOfBirth,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A part of the record a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The height.
    Height,
    /// The weight.
    Weight,
    /// The two together.
    HeightAndWeight,
    /// The date of measurement.
    DateMeasured,
    /// The date of birth.
    DateOfBirth,
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// A sentence for the person who measured.
    pub message: String,
}

/// Everything found about one measurement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What keeps it from being saved, the most telling first.
    pub rejects: Vec<Finding>,
    /// What has to be confirmed.
    pub warnings: Vec<Finding>,
}

impl Findings {
    /// Whether the measurement may be saved.
    pub fn can_be_saved(&self) -> bool {
        self.rejects.is_empty()
    }

    /// The codes found, the rejects first.
    pub fn codes(&self) -> impl Iterator<Item = Code> {
        self.rejects
            .iter()
            .chain(&self.warnings)
            .map(|finding| finding.code)
    }

    fn add(&mut self, code: Code, message: String) {
        let list = match code.strength() {
            Strength::Reject => &mut self.rejects,
            Strength::Warn => &mut self.warnings,
        };
        list.push(Finding { code, message });
    }
}

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

/// Reads the two cells of an entry, and finds everything wrong with both at
/// once. Both empty is for the caller to pass over beforehand.
pub fn read_entry(height: &str, weight: &str) -> Result<(Height, Weight), Findings> {
    let (height, weight) = (
        Height::parse_centimetres(height),
        Weight::parse_kilograms(weight),
    );
    let mut findings = Findings::default();
    match height {
        Err(Unread::Missing) => findings.add(
            Code::HeightMissing,
            "The height is missing. Enter it in centimetres, such as 106.7.".to_owned(),
        ),
        Err(Unread::Unreadable) => findings.add(
            Code::HeightUnreadable,
            "The height cannot be read. Enter one number of centimetres, such as 106.7.".to_owned(),
        ),
        Ok(_) => {}
    }
    match weight {
        Err(Unread::Missing) => findings.add(
            Code::WeightMissing,
            "The weight is missing. Enter it in kilograms, such as 18.2.".to_owned(),
        ),
        Err(Unread::Unreadable) => findings.add(
            Code::WeightUnreadable,
            "The weight cannot be read. Enter one number of kilograms, such as 18.2.".to_owned(),
        ),
        Ok(_) => {}
    }
    match (height, weight) {
        (Ok(height), Ok(weight)) => Ok((height, weight)),
        _ => Err(findings),
    }
}
