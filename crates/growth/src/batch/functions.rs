//! `ln`, `exp` and Φ without branches, for loops the compiler vectorises.
//!
//! They are series, not fitted polynomials: each coefficient can be checked by
//! eye, and the remainder is bounded in the comment beside it. Absolute errors
//! are a few 1e-16, which is what z-scores need; values far outside what a
//! height or weight can be are clamped, and NaN stays NaN.

use std::f64::consts::{LN_2, SQRT_2};

use crate::normal::{cdf, density};

const MANTISSA: u64 = (1 << 52) - 1;
const ONE: u64 = 1023 << 52;
/// 1.5 · 2^52: adding it to a small number leaves the nearest integer in the
/// lowest bits of the mantissa.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// 2^52, whose mantissa bits count from 0.
const COUNTER: f64 = 4_503_599_627_370_496.0;

/// The natural logarithm of a positive, normal number.
#[inline]
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = f64::from_bits((bits >> 52) | COUNTER.to_bits()) - (COUNTER + 1023.0);
    let mantissa = f64::from_bits((bits & MANTISSA) | ONE);
    // ln m = ln √2 + 2 artanh s with m in [1, 2), so |s| < 0.1716.
    let s = (mantissa - SQRT_2) / (mantissa + SQRT_2);
    let q = s * s;
    // The first term left out is 2 s^23 / 23 < 3e-19.
    let series = 1.0 / 3.0
        + q * (1.0 / 5.0
            + q * (1.0 / 7.0
                + q * (1.0 / 9.0
                    + q * (1.0 / 11.0
                        + q * (1.0 / 13.0
                            + q * (1.0 / 15.0
                                + q * (1.0 / 17.0 + q * (1.0 / 19.0 + q / 21.0))))))));
    let twice = s + s;
    (exponent + 0.5) * LN_2 + (twice + twice * q * series)
}

/// The exponential; arguments are held within ±700.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    const INVERSE_FACTORIAL: [f64; 14] = inverse_factorials();
    // ln 2 in two parts, the first short enough for n · LN_2_HIGH to be exact.
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = if x > 700.0 { 700.0 } else { x };
    let x = if x < -700.0 { -700.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    // |r| ≤ ½ ln 2; the first term left out is r^14 / 14! < 5e-18.
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let c = &INVERSE_FACTORIAL;
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let low = (c[0] + c[1] * r)
        + (c[2] + c[3] * r) * r2
        + ((c[4] + c[5] * r) + (c[6] + c[7] * r) * r2) * r4;
    let high = (c[8] + c[9] * r) + (c[10] + c[11] * r) * r2 + (c[12] + c[13] * r) * r4;
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(ONE));
    (low + high * r8) * power
}

const fn inverse_factorials() -> [f64; 14] {
    let mut values = [1.0; 14];
    let mut n = 1;
    let mut factorial = 1.0;
    while n < 14 {
        factorial *= n as f64;
        values[n] = 1.0 / factorial;
        n += 1;
    }
    values
}

/// Φ by Taylor's series about the nearest of a grid of points.
pub(super) struct Phi {
    /// Φ and φ at k / `PER_UNIT`, from −`REACH` to `REACH`.
    grid: Vec<[f64; 2]>,
}

/// Beyond ±9 nothing is left of a centile's 1e-9.
const REACH: f64 = 9.0;
const PER_UNIT: f64 = 64.0;

impl Phi {
    pub(super) fn new() -> Self {
        let end = (REACH * PER_UNIT) as i32;
        let grid = (-end..=end)
            .map(|k| f64::from(k) / PER_UNIT)
            .map(|z| [cdf(z), density(z)])
            .collect();
        Self { grid }
    }

    /// 100·Φ of each z-score; NaN for NaN.
    pub(super) fn centiles(&self, z_scores: &[f64], centiles: &mut [f64]) {
        for (centile, z) in centiles.iter_mut().zip(z_scores) {
            *centile = 100.0 * self.at(*z);
        }
    }

    #[inline]
    fn at(&self, z: f64) -> f64 {
        let z = z.clamp(-REACH, REACH);
        let step = (z * PER_UNIT + ROUNDER) - ROUNDER;
        let a = step / PER_UNIT;
        let d = z - a;
        // A NaN casts to 0 and is handed on by d.
        let [phi, slope] = self.grid[(step + REACH * PER_UNIT) as usize];
        // The derivatives of φ are Hermite polynomials times φ; |d| ≤ 1/128,
        // and the first term left out is below 3e-17.
        let a2 = a * a;
        let h2 = -a;
        let h3 = a2 - 1.0;
        let h4 = a * (3.0 - a2);
        let h5 = a2 * (a2 - 6.0) + 3.0;
        let h6 = -a * (a2 * (a2 - 10.0) + 15.0);
        let series = 1.0
            + d * (h2 / 2.0
                + d * (h3 / 6.0 + d * (h4 / 24.0 + d * (h5 / 120.0 + d * (h6 / 720.0)))));
        phi + slope * d * series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_exact_to_a_few_units_over_all_measures() {
        for step in 1..200_000_u32 {
            let x = f64::from(step) / 100.0;
            assert!((ln(x) - x.ln()).abs() <= 2e-15, "{x}");
        }
        for x in [1e-300, 1e300] {
            assert!((ln(x) / x.ln() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn the_exponential_is_exact_to_a_few_units() {
        for step in -70_000..=70_000_i32 {
            let x = f64::from(step) / 100.0;
            assert!((exp(x) / x.exp() - 1.0).abs() <= 1e-15, "{x}");
        }
        assert!(exp(f64::NAN).is_nan());
        assert!(exp(1e9).is_finite() && exp(-1e9) > 0.0);
    }

    #[test]
    fn phi_agrees_with_the_error_function() {
        let phi = Phi::new();
        for step in -120_000..=120_000_i32 {
            let z = f64::from(step) / 10_007.0;
            assert!((phi.at(z) - cdf(z)).abs() <= 1e-15, "{z}");
        }
        assert!(phi.at(f64::NAN).is_nan());
        assert!((phi.at(f64::INFINITY) - 1.0).abs() < 1e-15);
        assert!(phi.at(f64::NEG_INFINITY) < 1e-15);
    }
}
