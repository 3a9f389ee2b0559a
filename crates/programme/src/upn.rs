//! The unique pupil number.

use std::fmt;

use zeroize::Zeroize;

use crate::text;
use crate::value::{FieldError, text_value};

/// The 23 letters a check letter is taken from: I, O and S are left out.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// A valid unique pupil number: a check letter, then twelve digits, or eleven
/// digits and a letter in a temporary one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize)]
pub struct Upn(String);

impl Upn {
    /// Reads a UPN in any case, with or without spaces.
    pub fn parse(value: &str) -> Result<Self, FieldError> {
        let upn: String = value
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '\u{200b}')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let bytes = upn.as_bytes();
        if bytes.len() != 13 || !upn.is_ascii() {
            return Err(if text::whole_number(value.trim()).is_err() {
                FieldError::DigitsLost
            } else {
                FieldError::Form
            });
        }
        let value_of = |byte: u8| LETTERS.iter().position(|letter| *letter == byte);
        let mut sum = 0;
        for (index, byte) in bytes.iter().enumerate().skip(1) {
            let value = match byte {
                b'0'..=b'9' => usize::from(byte - b'0'),
                // Only the last character of a temporary number is a letter.
                _ if index == 12 => value_of(*byte).ok_or(FieldError::Form)?,
                _ => return Err(FieldError::Form),
            };
            sum += value * (index + 1);
        }
        value_of(bytes[0]).ok_or(FieldError::Form)?;
        if LETTERS[sum % 23] == bytes[0] {
            Ok(Self(upn))
        } else {
            Err(FieldError::Check)
        }
    }

    /// Whether this is a temporary number, which a school replaces later.
    pub fn is_temporary(&self) -> bool {
        self.0.ends_with(|c: char| c.is_ascii_alphabetic())
    }

    /// The 13 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows no characters, so that a value in a log or a panic gives nobody away.
impl fmt::Debug for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upn(…)")
    }
}

text_value!(Upn);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_letter_decides() {
        assert_eq!(
            Upn::parse("z999200120054").unwrap().as_str(),
            "Z999200120054"
        );
        assert!(!Upn::parse("H999200120042").unwrap().is_temporary());
        assert_eq!(Upn::parse("A999200120051"), Err(FieldError::Check));
        assert_eq!(Upn::parse("9990137161"), Err(FieldError::Form));
        assert_eq!(Upn::parse("S999200120051"), Err(FieldError::Form));
    }

    #[test]
    fn a_temporary_number_ends_in_a_letter() {
        assert!(Upn::parse("Q99920012053B").unwrap().is_temporary());
    }
}
