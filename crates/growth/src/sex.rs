//! The sex a child is assessed as.
//!
//! The reference has one table for girls and one for boys, so a child without
//! a recorded sex cannot be assessed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which of the reference's two tables applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// A girl.
    Female,
    /// A boy.
    Male,
}

/// Text that names neither sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sex must be M, F, Male or Female")]
pub struct UnknownSex;

impl Sex {
    /// Both values, in the order of their codes.
    pub const ALL: [Self; 2] = [Self::Female, Self::Male];

    /// The stable code: `female` or `male`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }

    /// Reads M, F, Male or Female in any case, spaces around it ignored.
    pub fn parse(text: &str) -> Result<Self, UnknownSex> {
        let text = text.trim();
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if is("F") || is("Female") {
            Ok(Self::Female)
        } else if is("M") || is("Male") {
            Ok(Self::Male)
        } else {
            Err(UnknownSex)
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Female => 0,
            Self::Male => 1,
        }
    }
}

impl FromStr for Sex {
    type Err = UnknownSex;

    fn from_str(text: &str) -> Result<Self, UnknownSex> {
        Self::parse(text)
    }
}

impl fmt::Display for Sex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
