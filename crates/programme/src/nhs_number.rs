//! The NHS number of a person.

use std::fmt;

use zeroize::Zeroize;

use crate::text;
use crate::value::{FieldError, text_value};

/// A valid NHS number: ten digits of which the last is a modulus 11 check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize)]
pub struct NhsNumber(u64);

impl NhsNumber {
    /// Reads ten digits, spaced or hyphenated in any way; scientific notation
    /// only when all ten digits are there.
    pub fn parse(value: &str) -> Result<Self, FieldError> {
        let value = text::clean(value);
        let whole = text::whole_number(&value).map_err(|_| FieldError::DigitsLost)?;
        let value = whole.as_deref().unwrap_or(&value);
        let mut number = 0u64;
        let mut digits = [0u64; 10];
        let mut count = 0;
        for byte in value.bytes() {
            match byte {
                b'0'..=b'9' if count < 10 => {
                    digits[count] = u64::from(byte - b'0');
                    number = number * 10 + digits[count];
                    count += 1;
                }
                b' ' | b'-' => {}
                _ => return Err(FieldError::Form),
            }
        }
        if count != 10 {
            return Err(FieldError::Form);
        }
        let sum: u64 = digits[..9]
            .iter()
            .zip((2..=10).rev())
            .map(|(digit, weight)| digit * weight)
            .sum();
        // A remainder of 1 would need the digit 10, so no such number exists.
        let check = (11 - sum % 11) % 11;
        if check == digits[9] && number != 0 {
            Ok(Self(number))
        } else {
            Err(FieldError::Check)
        }
    }

    /// The number as people read it aloud: 999 013 6750.
    pub fn spaced(&self) -> String {
        let digits = self.to_string();
        format!("{} {} {}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

/// Shows no digits, so that a value in a log or a panic gives nobody away.
impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(…)")
    }
}

text_value!(NhsNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_decides() {
        assert_eq!(
            NhsNumber::parse("999 013 6750").unwrap().to_string(),
            "9990136750"
        );
        assert_eq!(
            NhsNumber::parse("999-013-6750").unwrap().spaced(),
            "999 013 6750"
        );
        assert_eq!(NhsNumber::parse("9990137081"), Err(FieldError::Check));
        // The remainder gives 10, so no check digit is valid.
        assert_eq!(NhsNumber::parse("9990200050"), Err(FieldError::Check));
        assert_eq!(NhsNumber::parse("999013675"), Err(FieldError::Form));
        assert_eq!(NhsNumber::parse("99901367500"), Err(FieldError::Form));
        assert_eq!(NhsNumber::parse("0000000000"), Err(FieldError::Check));
    }

    #[test]
    fn scientific_notation_with_lost_digits_is_told_apart() {
        assert_eq!(
            NhsNumber::parse("9.990136408E+09").unwrap().to_string(),
            "9990136408"
        );
        assert_eq!(NhsNumber::parse("9.99E+09"), Err(FieldError::DigitsLost));
    }

    #[test]
    fn debug_output_shows_no_digits() {
        assert_eq!(
            format!("{:?}", NhsNumber::parse("9990136750").unwrap()),
            "NhsNumber(…)"
        );
    }
}
