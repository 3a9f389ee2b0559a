//! The classifications as data: named, dated, and compared as z-scores.
//!
//! A cut told as a centile is kept as the z-score of that centile (a test holds
//! the two together), so classifying never computes Φ and the scalar and the
//! batch path cannot disagree.

use serde::{Deserialize, Serialize};

use crate::category::{UnknownCode, from_code};
use crate::{ClinicalCategory, PopulationCategory};

/// Where one category ends and another begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cut {
    /// What the cut is called in letters and statistics, such as "91st centile".
    pub name: &'static str,
    /// The z-score itself.
    pub z: f64,
}

/// The four cuts of a classification. A child at a cut belongs to the outer
/// category on either side: at or below `underweight`, at or above the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cuts {
    /// Underweight up to and including this.
    pub underweight: Cut,
    /// Overweight from this on.
    pub overweight: Cut,
    /// Very overweight (letters) or obese (statistics) from this on.
    pub very_overweight: Cut,
    /// The severe subset from this on.
    pub severe: Cut,
}

const SECOND: Cut = Cut {
    name: "2nd centile",
    z: -2.053_748_910_631_823,
};

/// The cuts of the statistics: 2, 85, 95 and 99.6 per cent of the reference.
pub const POPULATION: Cuts = Cuts {
    underweight: SECOND,
    overweight: Cut {
        name: "85th centile",
        z: 1.036_433_389_493_789_6,
    },
    very_overweight: Cut {
        name: "95th centile",
        z: 1.644_853_626_951_472_6,
    },
    severe: Cut {
        name: "99.6th centile",
        z: 2.652_069_807_902_196,
    },
};

const ZSCORE: SchemeDefinition = SchemeDefinition {
    code: "zscore",
    name: "z-score cuts",
    published: "June 2025",
    description: "Overweight from z = 4/3, very overweight from z = 2, severe from z = 8/3; \
                  the lines drawn as the 91st, 98th and 99.6th centiles.",
    cuts: Cuts {
        underweight: SECOND,
        overweight: Cut {
            name: "91st centile",
            z: 4.0 / 3.0,
        },
        very_overweight: Cut {
            name: "98th centile",
            z: 2.0,
        },
        severe: Cut {
            name: "99.6th centile",
            z: 8.0 / 3.0,
        },
    },
};

const CENTILE: SchemeDefinition = SchemeDefinition {
    code: "centile",
    name: "centile cuts",
    published: "before June 2025",
    description: "Overweight from the centile 91, very overweight from 98, severe from 99.6, \
                  each exactly.",
    cuts: Cuts {
        underweight: SECOND,
        overweight: Cut {
            name: "91st centile",
            z: 1.340_755_033_690_216_3,
        },
        very_overweight: Cut {
            name: "98th centile",
            z: 2.053_748_910_631_823,
        },
        severe: Cut {
            name: "99.6th centile",
            z: 2.652_069_807_902_196,
        },
    },
};

/// Which published clinical cuts a year's letters use.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// The z-scores 4/3, 2 and 8/3, published in June 2025.
    #[default]
    ZScore,
    /// The centiles 91, 98 and 99.6 exactly: the practice before that.
    Centile,
}

/// A clinical scheme as pages and files describe it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SchemeDefinition {
    /// The stable code, as in settings and on the command line.
    pub code: &'static str,
    /// What the scheme is called.
    pub name: &'static str,
    /// When it was published.
    pub published: &'static str,
    /// Its cuts in a sentence.
    pub description: &'static str,
    /// Its cuts.
    pub cuts: Cuts,
}

impl Scheme {
    /// The newest first.
    pub const ALL: [Self; 2] = [Self::ZScore, Self::Centile];

    /// The scheme's name, date and cuts.
    pub const fn definition(self) -> &'static SchemeDefinition {
        match self {
            Self::ZScore => &ZSCORE,
            Self::Centile => &CENTILE,
        }
    }

    /// The stable code: `zscore` or `centile`.
    pub const fn code(self) -> &'static str {
        self.definition().code
    }

    /// The scheme of a stored code.
    pub fn from_code(code: &str) -> Result<Self, UnknownCode> {
        from_code(&Self::ALL, Self::code, code)
    }

    /// The letter's category for a BMI z-score, and whether it is severe.
    pub fn classify(self, bmi_z: f64) -> (ClinicalCategory, bool) {
        let cuts = &self.definition().cuts;
        let category = match cuts.step(bmi_z) {
            Step::Under => ClinicalCategory::Underweight,
            Step::Between => ClinicalCategory::HealthyWeight,
            Step::Over => ClinicalCategory::Overweight,
            Step::FarOver => ClinicalCategory::VeryOverweight,
        };
        (category, bmi_z >= cuts.severe.z)
    }
}

impl std::str::FromStr for Scheme {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        Self::from_code(code)
    }
}

impl PopulationCategory {
    /// The statistics' category for a BMI z-score, and whether it is severe.
    pub fn classify(bmi_z: f64) -> (Self, bool) {
        let category = match POPULATION.step(bmi_z) {
            Step::Under => Self::Underweight,
            Step::Between => Self::HealthyWeight,
            Step::Over => Self::Overweight,
            Step::FarOver => Self::Obese,
        };
        (category, bmi_z >= POPULATION.severe.z)
    }
}

enum Step {
    Under,
    Between,
    Over,
    FarOver,
}

impl Cuts {
    fn step(&self, z: f64) -> Step {
        if z <= self.underweight.z {
            Step::Under
        } else if z >= self.very_overweight.z {
            Step::FarOver
        } else if z >= self.overweight.z {
            Step::Over
        } else {
            Step::Between
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::quantile;

    #[test]
    fn cuts_named_as_exact_centiles_are_the_z_scores_of_those_centiles() {
        let exact = |cuts: &Cuts, centiles: [f64; 4]| {
            let all = [
                cuts.underweight,
                cuts.overweight,
                cuts.very_overweight,
                cuts.severe,
            ];
            for (cut, centile) in all.iter().zip(centiles) {
                assert!(
                    (cut.z - quantile(centile / 100.0)).abs() < 1e-14,
                    "{}",
                    cut.name
                );
            }
        };
        exact(&POPULATION, [2.0, 85.0, 95.0, 99.6]);
        exact(&Scheme::Centile.definition().cuts, [2.0, 91.0, 98.0, 99.6]);
    }

    #[test]
    fn a_child_at_a_cut_belongs_to_the_outer_category() {
        let category = |z| Scheme::ZScore.classify(z);
        assert_eq!(category(SECOND.z).0, ClinicalCategory::Underweight);
        assert_eq!(
            category(SECOND.z.next_up()).0,
            ClinicalCategory::HealthyWeight
        );
        assert_eq!(
            category((4.0_f64 / 3.0).next_down()).0,
            ClinicalCategory::HealthyWeight
        );
        assert_eq!(category(4.0 / 3.0).0, ClinicalCategory::Overweight);
        assert_eq!(category(2.0), (ClinicalCategory::VeryOverweight, false));
        assert_eq!(
            category(8.0 / 3.0),
            (ClinicalCategory::VeryOverweight, true)
        );
    }

    #[test]
    fn the_87th_centile_is_healthy_in_the_letter_and_overweight_in_the_statistics() {
        let z = quantile(0.87);
        assert_eq!(
            Scheme::default().classify(z).0,
            ClinicalCategory::HealthyWeight
        );
        assert_eq!(
            PopulationCategory::classify(z).0,
            PopulationCategory::Overweight
        );
    }

    #[test]
    fn codes_lead_back_to_their_values() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::from_code(scheme.code()), Ok(scheme));
        }
        for category in PopulationCategory::ALL {
            assert_eq!(PopulationCategory::from_code(category.code()), Ok(category));
        }
        for category in ClinicalCategory::ALL {
            assert_eq!(ClinicalCategory::from_code(category.code()), Ok(category));
        }
        assert!(Scheme::from_code("ZScore").is_err());
    }
}
