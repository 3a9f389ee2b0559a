//! Chance that can be repeated.
//!
//! Every school's year has a stream of its own, keyed by what it is for, so that a plan with more
//! schools or more years leaves those of a smaller plan as they were.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// A stream of chance.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream for one purpose, such as the children of one school in one year.
    pub(super) fn keyed(seed: u64, purpose: u64, place: u64, year: u64) -> Self {
        let mut key = [0; 32];
        for (part, value) in key.chunks_exact_mut(8).zip([seed, purpose, place, year]) {
            part.copy_from_slice(&value.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// True `percent` times of a hundred.
    pub(super) fn percent(&mut self, percent: f64) -> bool {
        self.0.random::<f64>() * 100.0 < percent
    }

    /// A whole number from `low` up to and with `high`.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..=high)
    }

    /// A number of the standard normal distribution.
    pub(super) fn normal(&mut self) -> f64 {
        // The quantile of 0 or 1 is infinite; these bounds are 4.9 standard deviations out.
        growth::normal::quantile(self.0.random::<f64>().clamp(5e-7, 1.0 - 5e-7))
    }

    /// One of `all`, each equally likely; `all` is not empty.
    pub(super) fn one<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.0.random_range(0..all.len())]
    }

    /// The place of one of `shares`, each as likely as its share.
    pub(super) fn weighted(&mut self, shares: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u32 = shares.clone().sum();
        let mut left = self.0.random_range(0..total.max(1));
        for (place, share) in shares.enumerate() {
            if left < share {
                return place;
            }
            left -= share;
        }
        0
    }
}
