//! Suppressing and rounding one count, and what may be computed from the result.
//!
//! Percentages and intervals take the *shown* counts: computed from the true
//! ones they would undo the rounding.

use serde::{Deserialize, Serialize};

/// Counts up to this one, nought included, are not shown.
pub const LARGEST_HIDDEN: u32 = 7;
/// Shown counts are multiples of this.
pub const BASE: u32 = 5;
/// How far a true count may lie from the one shown.
pub(crate) const SLACK: u32 = 2;
/// z of a 95 % interval, to the places that the national publication uses: 1.96 differs in published decimals.
const Z: f64 = 1.959_963_984_540_054;

/// How one count appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shown {
    /// A multiple of five: the nearest, unless it was moved on to protect another.
    Count(u32),
    /// `[c]`: the true count is 0 to 7, and nothing says which.
    Confidential,
    /// `[x]`: left out, whatever it is, to protect another.
    LeftOut,
}

impl Shown {
    /// Rules 2 and 3: hide what is small, round what is not.
    pub(crate) fn of(count: u32) -> Self {
        if count <= LARGEST_HIDDEN {
            Self::Confidential
        } else {
            Self::Count(nearest(count))
        }
    }

    pub(crate) fn count(self) -> Option<u32> {
        match self {
            Self::Count(count) => Some(count),
            Self::Confidential | Self::LeftOut => None,
        }
    }
}

/// The nearest multiple of five; never a tie, five being odd.
///
/// ```
/// assert_eq!(disclosure::nearest(12), 10);
/// assert_eq!(disclosure::nearest(13), 15);
/// ```
pub fn nearest(count: u32) -> u32 {
    (count + SLACK) / BASE * BASE
}

/// The 95 % Wilson score interval of `part` in `whole`, as proportions
/// (E. B. Wilson, 1927, Journal of the American Statistical Association 22, 209–212).
///
/// `None` where `whole` is nought. A part larger than its whole, which rounding
/// can produce, counts as the whole.
///
/// ```
/// let (low, high) = disclosure::wilson(27, 120).unwrap();
/// assert_eq!((format!("{low:.4}"), format!("{high:.4}")), ("0.1595".into(), "0.3076".into()));
/// ```
pub fn wilson(part: u32, whole: u32) -> Option<(f64, f64)> {
    if whole == 0 {
        return None;
    }
    let (n, observed) = (f64::from(whole), f64::from(part.min(whole)));
    let q = 1.0 - observed / n;
    let spread = Z * (Z * Z + 4.0 * observed * q).sqrt();
    let middle = 2.0 * observed + Z * Z;
    let scale = 2.0 * (n + Z * Z);
    Some((
        ((middle - spread) / scale).max(0.0),
        ((middle + spread) / scale).min(1.0),
    ))
}

/// `part` in `whole` as a percentage, at most 100. `None` where `whole` is nought.
pub fn percent(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| 100.0 * f64::from(part.min(whole)) / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four(interval: Option<(f64, f64)>) -> (String, String) {
        let (low, high) = interval.expect("a whole above nought");
        (format!("{low:.4}"), format!("{high:.4}"))
    }

    #[test]
    fn wilson_intervals_match_the_published_checks() {
        assert_eq!(four(wilson(27, 120)), ("0.1595".into(), "0.3076".into()));
        assert_eq!(four(wilson(0, 30)), ("0.0000".into(), "0.1135".into()));
        assert_eq!(four(wilson(30, 30)), ("0.8865".into(), "1.0000".into()));
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn every_count_from_nought_to_seven_looks_the_same() {
        for count in 0..=7 {
            assert_eq!(Shown::of(count), Shown::Confidential);
        }
        assert_eq!(Shown::of(8), Shown::Count(10));
    }

    #[test]
    fn a_shown_count_is_within_two_of_the_true_one() {
        for count in 8..1000 {
            let shown = Shown::of(count).count().expect("shown");
            assert!(shown.abs_diff(count) <= SLACK && shown.is_multiple_of(BASE));
        }
    }
}
