//! How far a school has come: eligible, measured, not measured and why. Plain values.
//!
//! This is the only place that says who is eligible: pages, Home and the published figures all count with it. A child
//! who has left, or whose impairment makes the measurement impossible, is not eligible; a head-count set by hand takes
//! the place of the list, but never of a child who was measured.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::records::pupil::OutcomeKind;
use programme::ReasonNotMeasured;

/// The counts of one year group of one school, or of several added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Children on the list, and those measured before they left it.
    pub roster: u32,
    /// Measured.
    pub measured: u32,
    /// Without an outcome yet.
    pub without_outcome: u32,
    /// Not measured, for a reason that leaves the child eligible.
    pub not_measured: u32,
    /// Not eligible: left, or impaired.
    pub not_eligible: u32,
    /// Measurements that wait to be confirmed.
    pub to_confirm: u32,
    /// Eligible children.
    pub eligible: u32,
    /// Whether a head-count set by hand is in `eligible`.
    pub by_hand: bool,
    /// Children by reason, codes.
    pub reasons: BTreeMap<&'static str, u32>,
}

impl Tally {
    /// Adds the children of one outcome.
    pub fn count(&mut self, outcome: Outcome, children: u32) {
        self.roster += children;
        match outcome {
            Outcome::None => self.without_outcome += children,
            Outcome::Measured => self.measured += children,
            Outcome::NotMeasured(reason) => {
                *self.reasons.entry(reason.code()).or_default() += children;
                if reason.leaves_the_denominator() {
                    self.not_eligible += children;
                } else {
                    self.not_measured += children;
                }
            }
        }
        self.eligible = self.roster - self.not_eligible;
    }

    /// Takes a head-count set by hand. Whoever was measured was eligible, whatever the head-count says: a form refuses
    /// a head-count below the number measured, and more children may be measured after it was set.
    pub fn set_headcount(&mut self, headcount: u32) {
        self.eligible = headcount.max(self.measured);
        self.by_hand = true;
    }

    /// Adds another tally, each with its own denominator.
    pub fn add(&mut self, other: &Self) {
        self.roster += other.roster;
        self.measured += other.measured;
        self.without_outcome += other.without_outcome;
        self.not_measured += other.not_measured;
        self.not_eligible += other.not_eligible;
        self.to_confirm += other.to_confirm;
        self.eligible += other.eligible;
        self.by_hand |= other.by_hand;
        for (reason, children) in &other.reasons {
            *self.reasons.entry(reason).or_default() += children;
        }
    }

    /// Measured ÷ eligible, 0 to 1; `None` where nobody is eligible.
    pub fn participation(&self) -> Option<f64> {
        (self.eligible > 0).then(|| f64::from(self.measured) / f64::from(self.eligible))
    }

    /// Children with an outcome of any kind.
    pub fn with_outcome(&self) -> u32 {
        self.roster - self.without_outcome
    }
}

/// What came of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    None,
    /// Measured.
    Measured,
    /// Not measured.
    NotMeasured(ReasonNotMeasured),
}

/// What came of a child, from its record. A parent who has opted out has decided: no outcome is waited for.
pub fn outcome_of(outcome: OutcomeKind, opted_out: bool) -> Outcome {
    match (outcome, opted_out) {
        (OutcomeKind::Measured, _) => Outcome::Measured,
        (_, true) => Outcome::NotMeasured(ReasonNotMeasured::ParentalOptOut),
        _ => Outcome::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally() -> Tally {
        let mut tally = Tally::default();
        tally.count(Outcome::Measured, 92);
        for (reason, children) in [
            (ReasonNotMeasured::ParentalOptOut, 3),
            (ReasonNotMeasured::ChildOptOut, 2),
            (ReasonNotMeasured::Absent, 3),
            (ReasonNotMeasured::NoLongerAtSchool, 1),
            (ReasonNotMeasured::SchoolOptOut, 1),
            (ReasonNotMeasured::PhysicalImpairment, 1),
            (ReasonNotMeasured::CognitiveImpairment, 1),
            (ReasonNotMeasured::Other, 1),
        ] {
            tally.count(Outcome::NotMeasured(reason), children);
        }
        tally.count(Outcome::None, 15);
        tally
    }

    #[test]
    fn leavers_and_impairments_are_not_eligible() {
        let tally = tally();
        assert_eq!((tally.roster, tally.eligible), (120, 117));
        assert_eq!(tally.participation(), Some(92.0 / 117.0));
        assert_eq!(tally.with_outcome(), 105);
    }

    #[test]
    fn a_headcount_set_by_hand_wins_but_never_denies_a_measured_child() {
        let mut tally = tally();
        tally.set_headcount(100);
        assert_eq!(tally.participation(), Some(0.92));
        tally.set_headcount(10);
        assert_eq!(tally.participation(), Some(1.0));
    }

    #[test]
    fn nobody_eligible_has_no_participation() {
        assert_eq!(Tally::default().participation(), None);
    }
}
