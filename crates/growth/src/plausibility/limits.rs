//! The limits of plausibility: settings, with the programme's usual values.

use serde::{Deserialize, Serialize};

use super::{Code, Findings};
use crate::Height;

/// Where plausible ends. Bounds themselves are still plausible.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The lowest height that can be saved, cm.
    pub height_min_cm: f64,
    /// The greatest height that can be saved, cm.
    pub height_max_cm: f64,
    /// The lowest weight that can be saved, kg.
    pub weight_min_kg: f64,
    /// The greatest weight that can be saved, kg.
    pub weight_max_kg: f64,
    /// The lowest BMI that can be saved, kg/m².
    pub bmi_min: f64,
    /// The greatest BMI that can be saved, kg/m².
    pub bmi_max: f64,
    /// A z-score below this is to be confirmed.
    pub z_min: f64,
    /// A z-score above this is to be confirmed.
    pub z_max: f64,
    /// By how much a height may be lower than an earlier one without a
    /// warning, mm. Nothing, usually.
    pub height_drop_mm: u32,
    /// By how much a weight may differ from the last, in per cent of it …
    pub weight_change_percent: f64,
    /// … with this added, for a gain, per year between the two.
    pub weight_gain_percent_per_year: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            height_min_cm: 60.0,
            height_max_cm: 220.0,
            weight_min_kg: 8.0,
            weight_max_kg: 200.0,
            bmi_min: 7.5,
            bmi_max: 60.0,
            z_min: -3.0,
            z_max: 4.0,
            height_drop_mm: 0,
            weight_change_percent: 15.0,
            weight_gain_percent_per_year: 25.0,
        }
    }
}

/// Settings that contradict themselves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plausibility limits for {0} are not a range")]
pub struct ImpossibleLimits(pub &'static str);

impl Limits {
    /// Refuses settings under which every measurement, or none, is plausible.
    pub fn validated(self) -> Result<Self, ImpossibleLimits> {
        let range = |name, low: f64, high: f64| {
            // Also false where either is not a number.
            if low < high {
                Ok(())
            } else {
                Err(ImpossibleLimits(name))
            }
        };
        range("height", self.height_min_cm, self.height_max_cm)?;
        range("weight", self.weight_min_kg, self.weight_max_kg)?;
        range("BMI", self.bmi_min, self.bmi_max)?;
        range("z-scores", self.z_min, self.z_max)?;
        if self.height_min_cm <= 0.0 || self.weight_min_kg <= 0.0 {
            return Err(ImpossibleLimits("height and weight"));
        }
        range("weight change", 0.0, self.weight_change_percent)?;
        range(
            "weight gain",
            -f64::MIN_POSITIVE,
            self.weight_gain_percent_per_year,
        )?;
        Ok(self)
    }

    /// What the limits say to height and weight, in cm and kg, by themselves.
    pub fn findings(&self, height_cm: f64, weight_kg: f64) -> Findings {
        let mut findings = Findings::default();
        self.reject(height_cm, weight_kg, &mut findings);
        findings
    }

    /// Adds the rejects of height and weight to `findings`.
    pub(super) fn reject(&self, height_cm: f64, weight_kg: f64, findings: &mut Findings) {
        let mut outside = |code, low: f64, high: f64, value: f64, words: String| {
            let inside = (low..=high).contains(&value);
            if !inside {
                findings.add(code, words);
            }
            inside
        };
        let height_fits = outside(
            Code::HeightOutOfLimits,
            self.height_min_cm,
            self.height_max_cm,
            height_cm,
            format!(
                "The height {height_cm} cm is outside {} to {} cm: check this.",
                self.height_min_cm, self.height_max_cm
            ),
        );
        let weight_fits = outside(
            Code::WeightOutOfLimits,
            self.weight_min_kg,
            self.weight_max_kg,
            weight_kg,
            format!(
                "The weight {weight_kg} kg is outside {} to {} kg: check this.",
                self.weight_min_kg, self.weight_max_kg
            ),
        );
        // With one of the two out of limits the BMI says nothing more.
        if height_fits && weight_fits {
            let bmi = crate::assessment::body_mass_index(height_cm, weight_kg);
            outside(
                Code::BmiOutOfLimits,
                self.bmi_min,
                self.bmi_max,
                bmi,
                format!(
                    "{height_cm} cm and {weight_kg} kg do not go together (BMI {bmi:.1}, outside \
                     {} to {}): check both.",
                    self.bmi_min, self.bmi_max
                ),
            );
        }
    }

    /// Whether height (cm) and weight (kg) would be accepted.
    pub fn accept(&self, height_cm: f64, weight_kg: f64) -> bool {
        (self.height_min_cm..=self.height_max_cm).contains(&height_cm)
            && (self.weight_min_kg..=self.weight_max_kg).contains(&weight_kg)
            && (self.bmi_min..=self.bmi_max)
                .contains(&crate::assessment::body_mass_index(height_cm, weight_kg))
    }

    /// Whether a z-score is one to confirm.
    pub fn is_extreme(&self, z: f64) -> bool {
        z < self.z_min || z > self.z_max
    }

    /// A likely slip of the unit of a height outside the limits, in words.
    pub(super) fn height_unit_hint(&self, height: Height) -> Option<&'static str> {
        let range = self.height_min_cm..=self.height_max_cm;
        let cm = height.centimetres();
        if range.contains(&(cm * 100.0)) {
            Some("It looks like metres.")
        } else if range.contains(&(cm / 10.0)) {
            Some("It looks like millimetres.")
        } else if range.contains(&(cm * 2.54)) {
            Some("It looks like inches.")
        } else {
            None
        }
    }
}
