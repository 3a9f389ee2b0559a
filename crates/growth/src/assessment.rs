//! One child assessed: the path that is easy to read.
//!
//! [`crate::batch`] computes the same figures for many children at once; tests
//! hold the two together.

use serde::{Deserialize, Serialize};

use crate::normal::cdf;
use crate::reference::{Measure, lms};
use crate::{Age, ClinicalCategory, Height, PopulationCategory, Scheme, Weight};
use programme::Sex;

/// What a measurement says about a child's growth. Nothing is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Age in years: days ÷ 365.25.
    pub decimal_age: f64,
    /// Body mass index, kg/m².
    pub bmi: f64,
    /// Height for age and sex.
    pub height_z: f64,
    /// Weight for age and sex.
    pub weight_z: f64,
    /// BMI for age and sex.
    pub bmi_z: f64,
    /// 100·Φ of the BMI z-score, 0 to 100.
    pub bmi_centile: f64,
    /// The statistics' category.
    pub population: PopulationCategory,
    /// Whether the child is among the severely obese of the statistics.
    pub population_severe: bool,
    /// The letter's category under `scheme`.
    pub clinical: ClinicalCategory,
    /// Whether the child is in the severe part of very overweight.
    pub clinical_severe: bool,
    /// The clinical scheme used.
    pub scheme: Scheme,
}

/// Why there is no assessment.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum NotAssessed {
    /// The reference begins at 4 years.
    #[error("younger than 4 years on the day of measurement: the reference begins at 4")]
    TooYoung,
    /// The reference ends at 20 years.
    #[error("older than 20 years on the day of measurement: the reference ends at 20")]
    TooOld,
    /// The measurement is dated before the birth.
    #[error("measured before the date of birth: check both dates")]
    MeasuredBeforeBirth,
    /// A height must be above 0.
    #[error("the height is not a positive number: check this")]
    HeightNotPositive,
    /// A weight must be above 0.
    #[error("the weight is not a positive number: check this")]
    WeightNotPositive,
    /// So far from the reference that the figures are no longer numbers.
    #[error("height or weight are beyond what can be computed: check both")]
    BeyondComputation,
}

impl NotAssessed {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::TooYoung,
        Self::TooOld,
        Self::MeasuredBeforeBirth,
        Self::HeightNotPositive,
        Self::WeightNotPositive,
        Self::BeyondComputation,
    ];

    /// The stable code, as in databases and files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooYoung => "too_young",
            Self::TooOld => "too_old",
            Self::MeasuredBeforeBirth => "measured_before_birth",
            Self::HeightNotPositive => "height_not_positive",
            Self::WeightNotPositive => "weight_not_positive",
            Self::BeyondComputation => "beyond_computation",
        }
    }

    /// The reason of a stored code.
    pub fn from_code(code: &str) -> Result<Self, crate::UnknownCode> {
        crate::category::from_code(&Self::ALL, Self::code, code)
    }
}

/// Assesses a child whose height and weight were recorded as the scales show
/// them.
pub fn assess(
    sex: Sex,
    age: &Age,
    height: Height,
    weight: Weight,
    scheme: Scheme,
) -> Result<Assessment, NotAssessed> {
    assess_values(
        sex,
        age.decimal_years(),
        height.centimetres(),
        weight.kilograms(),
        scheme,
    )
}

/// Assesses measurements of any precision: age in years of 365.25 days, height
/// in cm, weight in kg.
pub fn assess_values(
    sex: Sex,
    decimal_age: f64,
    height_cm: f64,
    weight_kg: f64,
    scheme: Scheme,
) -> Result<Assessment, NotAssessed> {
    if decimal_age < 0.0 {
        return Err(NotAssessed::MeasuredBeforeBirth);
    }
    if !is_measure(height_cm) {
        return Err(NotAssessed::HeightNotPositive);
    }
    if !is_measure(weight_kg) {
        return Err(NotAssessed::WeightNotPositive);
    }
    let z_score = |measure, x| Some(lms(sex, measure, decimal_age)?.z_score(x));
    let outside = if decimal_age < crate::MIN_AGE_YEARS {
        NotAssessed::TooYoung
    } else {
        NotAssessed::TooOld
    };
    let bmi = body_mass_index(height_cm, weight_kg);
    let height_z = z_score(Measure::Height, height_cm).ok_or(outside)?;
    let weight_z = z_score(Measure::Weight, weight_kg).ok_or(outside)?;
    let bmi_z = z_score(Measure::Bmi, bmi).ok_or(outside)?;
    if ![bmi, height_z, weight_z, bmi_z]
        .iter()
        .all(|figure| figure.is_finite())
    {
        return Err(NotAssessed::BeyondComputation);
    }
    let (population, population_severe) = PopulationCategory::classify(bmi_z);
    let (clinical, clinical_severe) = scheme.classify(bmi_z);
    Ok(Assessment {
        decimal_age,
        bmi,
        height_z,
        weight_z,
        bmi_z,
        bmi_centile: 100.0 * cdf(bmi_z),
        population,
        population_severe,
        clinical,
        clinical_severe,
        scheme,
    })
}

/// kg ÷ m².
pub(crate) fn body_mass_index(height_cm: f64, weight_kg: f64) -> f64 {
    let metres = height_cm / 100.0;
    weight_kg / (metres * metres)
}

/// Whether a value can be a measurement at all.
pub(crate) fn is_measure(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}
