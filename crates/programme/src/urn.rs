//! The unique reference number of a school.

use std::fmt;

use crate::text;
use crate::value::{FieldError, text_value};

/// A school's unique reference number: six digits, the first not 0.
///
/// It changes when a school changes its type; see [`super::DfeNumber`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Urn(u32);

impl Urn {
    /// Reads six digits; a spreadsheet's `900101.0` is accepted.
    pub fn parse(value: &str) -> Result<Self, FieldError> {
        let value = text::clean(value);
        let whole = text::whole_number(&value).map_err(|_| FieldError::DigitsLost)?;
        let digits = whole.as_deref().unwrap_or(&value);
        if digits.len() != 6
            || !digits.bytes().all(|b| b.is_ascii_digit())
            || digits.starts_with('0')
        {
            return Err(FieldError::Form);
        }
        digits.parse().map(Self).map_err(|_| FieldError::Form)
    }

    /// The number itself, 100000 to 999999.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl TryFrom<i32> for Urn {
    type Error = FieldError;
    fn try_from(number: i32) -> Result<Self, FieldError> {
        u32::try_from(number)
            .ok()
            .filter(|n| (100_000..=999_999).contains(n))
            .map(Self)
            .ok_or(FieldError::Form)
    }
}

impl From<Urn> for i32 {
    fn from(urn: Urn) -> Self {
        // Six digits.
        urn.0.cast_signed()
    }
}

text_value!(Urn);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_urn_and_nothing_else_is() {
        assert_eq!(Urn::parse(" 900101 ").unwrap().to_string(), "900101");
        assert_eq!(Urn::parse("900101.0").unwrap().number(), 900_101);
        for bad in ["", "90010", "9001011", "999/2101", "abcdef", "012345"] {
            assert_eq!(Urn::parse(bad), Err(FieldError::Form), "{bad}");
        }
    }
}
