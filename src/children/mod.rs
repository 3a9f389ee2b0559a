//! Single children: finding one, its record, its flags, correcting what is held.
//!
//! The one thing to know: a search compares the year's identities in memory, and only what is shown is opened for the
//! one who asked; both are written in the access log. A child outside the scope does not exist.

mod chart;
mod correct;
pub mod pages;
mod queries;
mod record;

use programme::{NhsNumber, Person, text};

/// The most children a search shows.
pub const MOST_SHOWN: usize = 50;

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This number.
    Number(NhsNumber),
    /// Parts of names, folded; every one must be found.
    Parts(Vec<String>),
}

impl Wanted {
    /// Reads what was typed; `None` when it is too little to look for.
    pub fn read(typed: &str) -> Option<Self> {
        if let Ok(number) = NhsNumber::parse(typed) {
            return Some(Self::Number(number));
        }
        let parts: Vec<String> = text::clean(typed)
            .split([' ', ','])
            .filter(|part| part.chars().any(char::is_alphabetic))
            .map(text::folded)
            .collect();
        let letters: usize = parts.iter().map(|part| part.chars().count()).sum();
        (letters >= 2 || parts.iter().any(|part| !part.is_ascii())).then_some(Self::Parts(parts))
    }

    /// Whether a child is one of those looked for.
    pub fn fits(&self, person: &Person) -> bool {
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
        assert_eq!(Wanted::read(""), None);
        assert_eq!(Wanted::read("a"), None);
        assert_eq!(Wanted::read("12"), None);
        assert!(Wanted::read("al").is_some());
        assert!(Wanted::read("李").is_some());
    }

    #[test]
    fn a_full_nhs_number_is_looked_for_as_one() {
        assert!(matches!(
            Wanted::read("999 010 0284"),
            Some(Wanted::Number(_))
        ));
    }
}
