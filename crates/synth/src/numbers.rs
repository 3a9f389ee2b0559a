//! What tells children apart: numbers that check and belong to nobody, and names.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::NaiveDate;

/// Gives out NHS numbers of the range kept for tests, 999 000 0000 to 999 999 9999, each once.
#[derive(Debug)]
pub(super) struct Numbers {
    given: u32,
    offset: u32,
    /// Hashes of name and date of birth of this year's children: a million of them fit into little memory.
    names: HashSet<u64>,
}

/// Numbers without their check digit.
const RANGE: u32 = 1_000_000;

/// Has no factor in common with the range, so that the walk comes by every number once.
const STEP: u64 = 617_369;

impl Numbers {
    /// A walk through the range from a place that depends on the seed.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            given: 0,
            offset: (seed % u64::from(RANGE)) as u32,
            names: HashSet::new(),
        }
    }

    /// Begins another year, in which names may come again.
    pub(super) fn begin_year(&mut self) {
        self.names.clear();
    }

    /// Whether no other child of the year has this name and date of birth: two such children would be one to
    /// everybody who compares lists.
    pub(super) fn is_new(&mut self, given_name: &str, family_name: &str, born: NaiveDate) -> bool {
        let mut hasher = DefaultHasher::new();
        (given_name, family_name, born).hash(&mut hasher);
        self.names.insert(hasher.finish())
    }

    /// The next valid number; empty when the whole range of some 909,000 has been given out.
    pub(super) fn next_nhs(&mut self) -> String {
        while self.given < RANGE {
            let place = (u64::from(self.given) * STEP + u64::from(self.offset)) % u64::from(RANGE);
            self.given += 1;
            let nine_digits = 999_000_000 + place as u32;
            if let Some(check) = nhs_check_digit(nine_digits) {
                return format!("{nine_digits}{check}");
            }
        }
        String::new()
    }
}

/// The tenth digit to nine; `None` where no digit checks (domain: weights 10 to 2, modulus 11).
fn nhs_check_digit(nine_digits: u32) -> Option<u32> {
    let (mut rest, mut sum) = (nine_digits, 0);
    for weight in 2..=10 {
        sum += rest % 10 * weight;
        rest /= 10;
    }
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        digit => Some(digit),
    }
}

/// A unique pupil number: check letter, authority, establishment, year of entry, serial.
pub(super) fn upn(la_code: &str, establishment: u32, year: u32, serial: u32) -> String {
    const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
    let digits = format!("{la_code}{establishment:04}{year:02}{serial:03}");
    let sum: usize = digits
        .bytes()
        .enumerate()
        .map(|(place, digit)| usize::from(digit - b'0') * (place + 2))
        .sum();
    format!("{}{digits}", char::from(LETTERS[sum % 23]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use programme::{NhsNumber, Upn};

    #[test]
    fn numbers_check_and_are_given_out_once() {
        let mut numbers = Numbers::new(7);
        let mut seen = HashSet::new();
        for _ in 0..20_000 {
            let number = numbers.next_nhs();
            assert!(NhsNumber::parse(&number).is_ok() && number.starts_with("999"));
            assert!(seen.insert(number), "given out twice");
        }
        for serial in 1..=999 {
            assert!(Upn::parse(&upn("998", 1234, 26, serial)).is_ok());
        }
    }

    #[test]
    fn the_range_ends_and_says_so_with_nothing() {
        let mut numbers = Numbers::new(0);
        numbers.given = RANGE;
        assert_eq!(numbers.next_nhs(), "");
    }
}
