//! The codes of findings, and what each is about.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::category::{UnknownCode, from_code};

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
