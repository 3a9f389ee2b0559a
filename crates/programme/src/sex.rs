//! Sex: two values, because the growth reference has two tables; and as offices write it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text;

/// The sex a child is recorded and assessed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sex {
    /// A girl.
    #[serde(rename = "F", alias = "female")]
    Female,
    /// A boy.
    #[serde(rename = "M", alias = "male")]
    Male,
}

/// Text that names neither sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sex must be M, F, Male or Female")]
pub struct UnknownSex;

impl Sex {
    /// Both values, in the order of their codes.
    pub const ALL: [Self; 2] = [Self::Female, Self::Male];

    /// The code in the database and in files: `F` or `M`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
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

    /// The place in [`Self::ALL`].
    pub const fn index(self) -> usize {
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

/// Reads M, F, Male, Female, Boy, Girl, B, G and the codes of the NHS data
/// dictionary (1 is male, 2 is female), in any case, with a full stop or
/// with more in brackets behind it. `None` for anything else.
pub fn read_sex(value: &str) -> Option<Sex> {
    if let Ok(sex) = Sex::parse(value) {
        return Some(sex);
    }
    let value = text::clean(value);
    let words = value.split(['(', '-']).next().unwrap_or(&value);
    let label = text::label(words);
    Some(match label.as_str() {
        "m" | "male" | "boy" | "b" | "boys" | "1" | "01" => Sex::Male,
        "f" | "female" | "girl" | "g" | "girls" | "2" | "02" => Sex::Female,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sex_is_read_in_the_forms_offices_use() {
        for written in ["M", "male", "Boy", "M.", "1", "B", "Male (M)", " boy "] {
            assert_eq!(read_sex(written), Some(Sex::Male), "{written}");
        }
        for written in ["F", "FEMALE", "girl", "F.", "2", "G"] {
            assert_eq!(read_sex(written), Some(Sex::Female), "{written}");
        }
        for written in ["", "U", "9", "0", "X", "Mixed", "3", "M/F", "mother"] {
            assert_eq!(read_sex(written), None, "{written}");
        }
    }
}
