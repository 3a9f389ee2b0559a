//! Postcodes of the United Kingdom.

use std::fmt;

use zeroize::Zeroize;

use crate::value::{FieldError, text_value};

/// A postcode in its usual form: capitals and one space, `EB1 4PU`.
///
/// The form is checked, not whether the postcode exists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize)]
pub struct Postcode(String);

impl Postcode {
    /// Reads a postcode in any case and spacing.
    pub fn parse(value: &str) -> Result<Self, FieldError> {
        let mut compact = [0u8; 7];
        let mut length = 0;
        for c in value.chars() {
            if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' {
                continue;
            }
            if length == 7 || !c.is_ascii_alphanumeric() {
                return Err(FieldError::Form);
            }
            compact[length] = c.to_ascii_uppercase() as u8;
            length += 1;
        }
        let compact = &compact[..length];
        if length < 5 || !is_outward(&compact[..length - 3]) || !is_inward(&compact[length - 3..]) {
            return Err(FieldError::Form);
        }
        let text = String::from_utf8_lossy(compact);
        Ok(Self(format!(
            "{} {}",
            &text[..length - 3],
            &text[length - 3..]
        )))
    }

    /// The postcode with its space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first part: one or two letters, a digit, and perhaps a digit or letter.
fn is_outward(part: &[u8]) -> bool {
    let letters = part.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let rest = &part[letters.min(part.len())..];
    (1..=2).contains(&letters)
        && (1..=2).contains(&rest.len())
        && rest[0].is_ascii_digit()
        && rest.get(1).is_none_or(u8::is_ascii_alphanumeric)
}

/// The second part: a digit and two letters.
fn is_inward(part: &[u8]) -> bool {
    part[0].is_ascii_digit() && part[1].is_ascii_alphabetic() && part[2].is_ascii_alphabetic()
}

impl fmt::Display for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows nothing of it: a postcode can stand for a handful of homes.
impl fmt::Debug for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Postcode(…)")
    }
}

text_value!(Postcode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcode_is_put_into_its_usual_form() {
        for (written, form) in [
            ("eb14pu", "EB1 4PU"),
            (" TB1  5PD", "TB1 5PD"),
            ("SW1A 1AA", "SW1A 1AA"),
            ("m11ae", "M1 1AE"),
        ] {
            assert_eq!(Postcode::parse(written).unwrap().as_str(), form);
        }
        for bad in [
            "",
            "EB3",
            "Exampleton",
            "EB1 44U",
            "1EB 4PU",
            "EB1 4PUX",
            "EB1 4P",
        ] {
            assert_eq!(Postcode::parse(bad), Err(FieldError::Form), "{bad}");
        }
    }
}
