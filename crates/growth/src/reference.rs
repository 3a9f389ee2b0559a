//! The British 1990 reference: L, M and S by sex, measure and age.
//!
//! The table has a row for each month from 4 to 20 years. L, M and S are each
//! interpolated on their own between rows, by the cubic through the two rows on
//! either side; in the first and the last interval, where one of the four rows
//! is missing, by a straight line. The method is Cole's LMS (T. J. Cole & P. J.
//! Green, *Statistics in Medicine* 11 (1992), 1305–1319).

use programme::Sex;

/// The acknowledgement of the reference, to print wherever its figures are shown.
pub const REFERENCE_ACKNOWLEDGEMENT: &str = "British 1990 reference (Cole, Freeman & Preece 1998)";

/// The youngest age with an assessment, in years.
pub const MIN_AGE_YEARS: f64 = 4.0;
/// The oldest age with an assessment, in years.
pub const MAX_AGE_YEARS: f64 = 20.0;
/// The youngest age with an assessment, in days.
pub const MIN_AGE_DAYS: u32 = 1461;
/// The oldest age with an assessment, in days.
pub const MAX_AGE_DAYS: u32 = 7305;

const MONTHS: usize = 193;
const FIRST_MONTH: f64 = 48.0;

/// By sex, measure and month, as `build.rs` checked it.
#[expect(
    clippy::approx_constant,
    reason = "a published L of -0.318 is no attempt at 1/π"
)]
static UK90: [[[Lms; MONTHS]; 3]; 2] = include!(concat!(env!("OUT_DIR"), "/uk90.rs"));

/// What is compared with the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Standing height, cm.
    Height,
    /// Body weight, kg.
    Weight,
    /// Body mass index, kg/m².
    Bmi,
}

impl Measure {
    /// The three measures.
    pub const ALL: [Self; 3] = [Self::Height, Self::Weight, Self::Bmi];

    const fn index(self) -> usize {
        match self {
            Self::Height => 0,
            Self::Weight => 1,
            Self::Bmi => 2,
        }
    }
}

/// The distribution of one measure at one age: skewness L, median M in the
/// unit of the measure, coefficient of variation S.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lms {
    /// The Box-Cox power that makes the measure normal.
    pub l: f64,
    /// The median.
    pub m: f64,
    /// The coefficient of variation.
    pub s: f64,
}

impl Lms {
    /// The z-score of the value `x`, which must be positive.
    pub fn z_score(&self, x: f64) -> f64 {
        let ratio = x / self.m;
        if self.l == 0.0 {
            ratio.ln() / self.s
        } else {
            (ratio.powf(self.l) - 1.0) / (self.l * self.s)
        }
    }

    /// The value at the z-score `z`: the curve of a centile chart. `None`
    /// beyond [`Lms::z_ceiling`], where there is no such value.
    pub fn value_at(&self, z: f64) -> Option<f64> {
        if self.l == 0.0 {
            return Some(self.m * (self.s * z).exp());
        }
        let base = 1.0 + self.l * self.s * z;
        (base > 0.0).then(|| self.m * base.powf(1.0 / self.l))
    }

    /// The z-score no value can exceed, where L is negative. At 10 to 11 years
    /// the BMI z-score of a boy stays below 4.9 however heavy he is, so a rule
    /// that waits for "z above 5" never fires.
    pub fn z_ceiling(&self) -> Option<f64> {
        (self.l < 0.0).then(|| -1.0 / (self.l * self.s))
    }
}

/// The distribution of `measure` at `age_years` (years of 365.25 days), or
/// `None` outside 4 to 20 years.
pub fn lms(sex: Sex, measure: Measure, age_years: f64) -> Option<Lms> {
    if !(MIN_AGE_YEARS..=MAX_AGE_YEARS).contains(&age_years) {
        return None;
    }
    let rows = &UK90[sex.index()][measure.index()];
    let months = age_years * 12.0;
    let nearest = months.round();
    let ten_thousandths = |years: f64| (years * 1e4).round();
    // A table age told to four decimals is meant to be that table age.
    if ten_thousandths(age_years)
        .total_cmp(&ten_thousandths(nearest / 12.0))
        .is_eq()
    {
        return rows.get((nearest - FIRST_MONTH) as usize).copied();
    }
    let below = (months.floor() - FIRST_MONTH) as usize;
    let part = months - months.floor();
    let middle = [*rows.get(below)?, *rows.get(below + 1)?];
    let outer = below
        .checked_sub(1)
        .and_then(|at| rows.get(at))
        .zip(rows.get(below + 2));
    Some(match outer {
        Some((before, after)) => combine(
            &[*before, middle[0], middle[1], *after],
            &cubic_weights(part),
        ),
        None => combine(&middle, &[1.0 - part, part]),
    })
}

/// Lagrange's weights for nodes at −1, 0, 1 and 2.
fn cubic_weights(t: f64) -> [f64; 4] {
    [
        -t * (t - 1.0) * (t - 2.0) / 6.0,
        (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
        -(t + 1.0) * t * (t - 2.0) / 2.0,
        (t + 1.0) * t * (t - 1.0) / 6.0,
    ]
}

fn combine<const N: usize>(rows: &[Lms; N], weights: &[f64; N]) -> Lms {
    let sum = |part: fn(&Lms) -> f64| rows.iter().zip(weights).map(|(row, w)| part(row) * w).sum();
    Lms {
        l: sum(|row| row.l),
        m: sum(|row| row.m),
        s: sum(|row| row.s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_age_gives_its_own_row() {
        for (month, row) in UK90[Sex::Male.index()][Measure::Bmi.index()]
            .iter()
            .enumerate()
        {
            let age = (month as f64 + FIRST_MONTH) / 12.0;
            assert_eq!(lms(Sex::Male, Measure::Bmi, age), Some(*row));
        }
    }

    #[test]
    fn there_is_nothing_outside_four_to_twenty_years() {
        for age in [3.999_9, 20.000_1, f64::NAN, f64::INFINITY, -4.0] {
            assert_eq!(lms(Sex::Female, Measure::Height, age), None, "{age}");
        }
    }

    #[test]
    fn the_day_limits_are_the_year_limits() {
        assert!((f64::from(MIN_AGE_DAYS) / 365.25 - MIN_AGE_YEARS).abs() < 1e-15);
        assert!((f64::from(MAX_AGE_DAYS) / 365.25 - MAX_AGE_YEARS).abs() < 1e-15);
    }

    #[test]
    fn the_cubic_passes_through_a_cubic() {
        let weights = cubic_weights(0.3);
        let cube: f64 = [-1.0_f64, 0.0, 1.0, 2.0]
            .iter()
            .zip(weights)
            .map(|(x, w)| x.powi(3) * w)
            .sum();
        assert!((cube - 0.027).abs() < 1e-15);
    }

    #[test]
    fn bmi_z_scores_have_the_ceilings_known_for_year_6() {
        let ceiling = |sex, age| {
            lms(sex, Measure::Bmi, age)
                .and_then(|lms| lms.z_ceiling())
                .unwrap()
        };
        assert!((ceiling(Sex::Male, 11.4) - 4.83).abs() < 0.01);
        assert!((ceiling(Sex::Female, 10.8) - 5.91).abs() < 0.01);
    }
}
