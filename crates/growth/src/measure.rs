//! Height and weight as the scales show them.
//!
//! Both are whole numbers, of millimetres and of grams, so that what was
//! written down is what is stored. A height is read to the last completed
//! millimetre: 105.27 cm is 1052 mm, never 1053.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A standing height in whole millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Height(u32);

/// A body weight in whole grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weight(u32);

/// Why a text is not a height or a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The cell is empty.
    #[error("there is no value")]
    Missing,
    /// The cell holds something other than one plain number.
    #[error("this is not a plain number")]
    Unreadable,
}

/// What a longer number is read as: far outside any limit, and it fits an `i32`.
const LARGEST: u32 = 999_999_999;

impl Height {
    /// A height of so many millimetres.
    pub const fn from_millimetres(millimetres: u32) -> Self {
        Self(millimetres)
    }

    /// Reads centimetres such as `106.7`, `106,7` or `106.7 cm`, down to the
    /// last completed millimetre. Limits are not checked here.
    pub fn parse_centimetres(text: &str) -> Result<Self, Unread> {
        fixed_point(text, 1, "cm").map(Self)
    }

    /// Whole millimetres.
    pub const fn millimetres(self) -> u32 {
        self.0
    }

    /// Centimetres: the double nearest to the decimal number shown.
    pub fn centimetres(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl Weight {
    /// A weight of so many grams.
    pub const fn from_grams(grams: u32) -> Self {
        Self(grams)
    }

    /// Reads kilograms such as `18.0`, `18,0` or `18.0 kg`, down to the last
    /// completed gram. Limits are not checked here.
    pub fn parse_kilograms(text: &str) -> Result<Self, Unread> {
        fixed_point(text, 3, "kg").map(Self)
    }

    /// Whole grams.
    pub const fn grams(self) -> u32 {
        self.0
    }

    /// Kilograms: the double nearest to the decimal number shown.
    pub fn kilograms(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// One decimal, without a unit: `106.7`.
impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// One decimal, rounded to the nearest 100 g, without a unit: `18.0`.
impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0 / 100 + u32::from(self.0 % 100 >= 50);
        write!(f, "{}.{}", tenths / 10, tenths % 10)
    }
}

/// Reads a decimal number as a whole number of its `decimals`-th place, further
/// decimals cut off. Digits are read one by one: 17.3 × 1000 as floating point
/// would cut to 17299.
fn fixed_point(text: &str, decimals: usize, unit: &str) -> Result<u32, Unread> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Unread::Missing);
    }
    let number = strip_unit(text, unit);
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return Err(Unread::Unreadable);
    }
    let places = fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(decimals);
    let value = whole.bytes().chain(places).fold(0_u32, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u32::from(digit - b'0'))
    });
    Ok(value.min(LARGEST))
}

/// The text without a trailing unit in any case.
fn strip_unit<'a>(text: &'a str, unit: &str) -> &'a str {
    match text
        .len()
        .checked_sub(unit.len())
        .and_then(|at| text.split_at_checked(at))
    {
        Some((number, end)) if end.eq_ignore_ascii_case(unit) => number.trim_end(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_is_read_down_to_the_last_completed_millimetre() {
        for (text, millimetres) in [
            ("105.27", 1052),
            ("141.59", 1415),
            (" 106,7 ", 1067),
            ("106.7 CM", 1067),
            ("107", 1070),
            ("107.", 1070),
            (".5", 5),
            ("1.070", 10),
        ] {
            assert_eq!(
                Height::parse_centimetres(text),
                Ok(Height::from_millimetres(millimetres)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_weight_keeps_its_grams() {
        for (text, grams) in [
            ("17.3", 17_300),
            ("18,05kg", 18_050),
            ("17.2999", 17_299),
            ("17300", 17_300_000),
            ("99999999999999999999", LARGEST),
        ] {
            assert_eq!(
                Weight::parse_kilograms(text),
                Ok(Weight::from_grams(grams)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_not_one_plain_number_is_unreadable() {
        for text in [
            "3st 4lb", "-5", "1e3", "1.2.3", "1,234.5", "cm", ".", "NaN", "12O", "½", "１２",
        ] {
            assert_eq!(
                Height::parse_centimetres(text),
                Err(Unread::Unreadable),
                "{text:?}"
            );
            assert_eq!(
                Weight::parse_kilograms(text),
                Err(Unread::Unreadable),
                "{text:?}"
            );
        }
        assert_eq!(Height::parse_centimetres("  "), Err(Unread::Missing));
    }

    #[test]
    fn measurements_are_shown_to_one_decimal() {
        assert_eq!(Height::from_millimetres(1067).to_string(), "106.7");
        assert_eq!(Weight::from_grams(18_000).to_string(), "18.0");
        assert_eq!(Weight::from_grams(18_950).to_string(), "19.0");
    }
}
