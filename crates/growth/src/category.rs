//! The categories a BMI falls into, in the two vocabularies.
//!
//! They are two types on purpose: a child on the 87th centile is of *healthy
//! weight* in the letter and *overweight* in the statistics, and the compiler
//! keeps the one from being shown as the other.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stored code that names no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown code {0:?}")]
pub struct UnknownCode(pub String);

/// The category of the published statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PopulationCategory {
    /// At or below the 2nd centile.
    Underweight,
    /// Between the 2nd and the 85th centile.
    HealthyWeight,
    /// From the 85th centile.
    Overweight,
    /// From the 95th centile; the severely obese are part of it.
    Obese,
}

/// The category of the letters to parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClinicalCategory {
    /// At or below the 2nd centile.
    Underweight,
    /// Above the 2nd centile and below the scheme's first cut.
    HealthyWeight,
    /// From the scheme's first cut.
    Overweight,
    /// From the scheme's second cut; the severe are part of it.
    VeryOverweight,
}

impl PopulationCategory {
    /// From the lightest to the heaviest.
    pub const ALL: [Self; 4] = [
        Self::Underweight,
        Self::HealthyWeight,
        Self::Overweight,
        Self::Obese,
    ];

    /// The stable code, as in databases and files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Underweight => "underweight",
            Self::HealthyWeight => "healthy_weight",
            Self::Overweight => "overweight",
            Self::Obese => "obese",
        }
    }

    /// The words of the statistics, without the severe subset.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Underweight => "underweight",
            Self::HealthyWeight => "healthy weight",
            Self::Overweight => "overweight",
            Self::Obese => "obese",
        }
    }

    /// The words of the statistics, the severe subset named where it applies.
    pub const fn words_with_severe(self, severe: bool) -> &'static str {
        match (self, severe) {
            (Self::Obese, true) => "obese (severely obese)",
            _ => self.words(),
        }
    }

    /// The category of a stored code.
    pub fn from_code(code: &str) -> Result<Self, UnknownCode> {
        from_code(&Self::ALL, Self::code, code)
    }
}

impl ClinicalCategory {
    /// From the lightest to the heaviest.
    pub const ALL: [Self; 4] = [
        Self::Underweight,
        Self::HealthyWeight,
        Self::Overweight,
        Self::VeryOverweight,
    ];

    /// The stable code, as in databases and files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Underweight => "underweight",
            Self::HealthyWeight => "healthy_weight",
            Self::Overweight => "overweight",
            Self::VeryOverweight => "very_overweight",
        }
    }

    /// The words of the letters.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Underweight => "underweight",
            Self::HealthyWeight => "healthy weight",
            Self::Overweight => "overweight",
            Self::VeryOverweight => "very overweight",
        }
    }

    /// The category of a stored code.
    pub fn from_code(code: &str) -> Result<Self, UnknownCode> {
        from_code(&Self::ALL, Self::code, code)
    }
}

impl fmt::Display for PopulationCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl fmt::Display for ClinicalCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// The value among `all` whose code is `code`.
pub(crate) fn from_code<T: Copy>(
    all: &[T],
    code_of: fn(T) -> &'static str,
    code: &str,
) -> Result<T, UnknownCode> {
    all.iter()
        .copied()
        .find(|value| code_of(*value) == code)
        .ok_or_else(|| UnknownCode(code.to_owned()))
}
