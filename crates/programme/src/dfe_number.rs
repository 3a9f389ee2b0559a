//! The local authority and establishment number of a school.

use std::fmt;

use crate::text;
use crate::value::{FieldError, text_value};

/// A DfE number: local authority code and establishment number, 213/4567.
///
/// It survives a change of school type, the URN does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DfeNumber {
    /// Local authority code, three digits.
    pub local_authority: u16,
    /// Establishment number, four digits.
    pub establishment: u16,
}

impl DfeNumber {
    /// Reads `999/2105`, `999-2105`, `999 2105` or `9992105`.
    pub fn parse(value: &str) -> Result<Self, FieldError> {
        let value = text::clean(value);
        let whole = text::whole_number(&value).map_err(|_| FieldError::DigitsLost)?;
        let value = whole.as_deref().unwrap_or(&value);
        let compact = value.replace(' ', "");
        let (authority, establishment) = match compact.split_once(['/', '-']) {
            Some(parts) => parts,
            None if compact.len() == 7 && compact.is_ascii() => compact.split_at(3),
            None => return Err(FieldError::Form),
        };
        Self::from_parts(authority, establishment)
    }

    /// From the two codes as text, `999` and `2105`.
    pub fn from_parts(authority: &str, establishment: &str) -> Result<Self, FieldError> {
        let digits = |part: &str, length: usize| {
            (part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse().ok())
                .flatten()
                .ok_or(FieldError::Form)
        };
        Ok(Self {
            local_authority: digits(authority, 3)?,
            establishment: digits(establishment, 4)?,
        })
    }
}

impl fmt::Display for DfeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}/{:04}", self.local_authority, self.establishment)
    }
}

text_value!(DfeNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ways_of_writing_it_are_one_number() {
        for written in [
            "999/2105",
            "999-2105",
            "999 2105",
            "9992105",
            " 999 / 2105 ",
        ] {
            assert_eq!(
                DfeNumber::parse(written).unwrap().to_string(),
                "999/2105",
                "{written}"
            );
        }
        for bad in ["", "900101", "99/2105", "999/LLLL"] {
            assert_eq!(DfeNumber::parse(bad), Err(FieldError::Form), "{bad}");
        }
    }
}
