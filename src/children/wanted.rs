//! What somebody looks for.

use programme::{NhsNumber, Person, text};

/// The longest text that is searched for, in characters.
const LONGEST_SEARCH: usize = 200;

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// This number.
    Number(NhsNumber),
    /// Parts of names, folded; every one must be found.
    Parts(Vec<String>),
}

/// A text that is not searched for. Anything else that was typed counts: nothing is left out to find more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotWanted {
    /// Nearly every child would fit.
    #[error("Enter at least two letters of the name, or the whole NHS number")]
    TooLittle,
    /// Nobody is called that.
    #[error("Enter at most {LONGEST_SEARCH} characters of the name")]
    TooMuch,
    /// Digits that are no NHS number.
    #[error(
        "Enter either parts of the name or the whole NHS number, ten digits of which the last depends on the others"
    )]
    OtherNumber,
}

impl Wanted {
    /// Reads what was typed.
    pub(super) fn read(typed: &str) -> Result<Self, NotWanted> {
        if typed.chars().count() > LONGEST_SEARCH {
            return Err(NotWanted::TooMuch);
        }
        let typed = text::typed(typed);
        if let Ok(number) = NhsNumber::parse(&typed) {
            return Ok(Self::Number(number));
        }
        if typed.contains(char::is_numeric) {
            return Err(NotWanted::OtherNumber);
        }
        let parts: Vec<String> = typed
            .split([' ', ','])
            .filter(|part| part.chars().any(char::is_alphabetic))
            .map(text::folded)
            .collect();
        let letters: usize = parts.iter().map(|part| part.chars().count()).sum();
        if letters >= 2 || parts.iter().any(|part| !part.is_ascii()) {
            Ok(Self::Parts(parts))
        } else {
            Err(NotWanted::TooLittle)
        }
    }

    /// Whether a child is one of those looked for.
    pub(super) fn fits(&self, person: &Person) -> bool {
        match self {
            Self::Number(number) => person.nhs_number.as_ref() == Some(number),
            Self::Parts(parts) => {
                let names = [
                    text::folded(&person.given_name),
                    text::folded(&person.family_name),
                    text::folded(&person.preferred_name),
                ];
                parts
                    .iter()
                    .all(|part| names.iter().any(|name| name.contains(part.as_str())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_is_not_looked_for() {
        for typed in ["", "a", "-", "\u{200b}", "\u{200b}a\u{2060}", "a, -"] {
            assert_eq!(Wanted::read(typed), Err(NotWanted::TooLittle), "{typed:?}");
        }
        assert!(Wanted::read("al").is_ok());
        assert!(Wanted::read("李").is_ok());
    }

    #[test]
    fn a_full_nhs_number_is_looked_for_as_one_also_in_full_width_digits() {
        for typed in ["999 010 0284", "９９９０１００２８４", "999\u{200b}0100284"] {
            assert!(
                matches!(Wanted::read(typed), Ok(Wanted::Number(_))),
                "{typed:?}"
            );
        }
    }

    #[test]
    fn digits_beside_a_name_are_not_left_out_and_endless_texts_are_refused() {
        for typed in [
            "12",
            "Robin 12",
            "Robin 999 010 0284",
            "999 010 028",
            "Robin １２",
        ] {
            assert_eq!(
                Wanted::read(typed),
                Err(NotWanted::OtherNumber),
                "{typed:?}"
            );
        }
        assert_eq!(Wanted::read(&"a".repeat(10_000)), Err(NotWanted::TooMuch));
    }
}
