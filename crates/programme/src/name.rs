//! Names of people as they are typed or listed.

use crate::text;

/// The longest name that is taken, in characters; the longest known are shorter.
pub const LONGEST_NAME: usize = 200;

/// A text that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No letter in it, or only characters that show nothing.
    #[error("a name needs at least one letter")]
    NoLetter,
    /// Longer than [`LONGEST_NAME`].
    #[error("a name has at most {LONGEST_NAME} characters")]
    TooLong,
}

/// A name, cleaned.
pub fn read_name(typed: &str) -> Result<String, NameError> {
    let name = text::clean(typed);
    if name.chars().count() > LONGEST_NAME {
        Err(NameError::TooLong)
    } else if name.chars().any(char::is_alphabetic) {
        Ok(name.into_owned())
    } else {
        Err(NameError::NoLetter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_characters_that_show_nothing_is_no_name() {
        for typed in [
            "",
            "\u{200b}",
            "\u{200d}\u{2060}",
            "\u{3164}",
            "\u{115f}\u{1160}",
            "\u{2800}",
            "7",
            "-",
        ] {
            assert_eq!(read_name(typed), Err(NameError::NoLetter), "{typed:?}");
        }
        assert_eq!(read_name(" Zo\u{200b}ë  Ng "), Ok("Zoë Ng".to_owned()));
        assert_eq!(read_name("李"), Ok("李".to_owned()));
    }

    #[test]
    fn a_name_of_five_thousand_characters_is_refused() {
        assert_eq!(read_name(&"a".repeat(5_000)), Err(NameError::TooLong));
        assert!(read_name(&"é".repeat(LONGEST_NAME)).is_ok());
    }
}
