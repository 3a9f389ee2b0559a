//! How good the measurements are, as counts: digit preference, extremes, odd dates. Plain values.
//!
//! One in ten heights falls on a whole centimetre by chance. A measurer or a device with far
//! more is rounding.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is looked at of one measurement.
#[derive(Clone, Debug)]
pub struct Look {
    /// Height in mm.
    pub height_mm: i32,
    /// Weight in g.
    pub weight_g: i32,
    /// On a Saturday or a Sunday.
    pub weekend: bool,
    /// In August.
    pub august: bool,
    /// Whether a z-score was beyond the limits.
    pub extreme: bool,
    /// Who measured.
    pub measured_by: Option<String>,
    /// The device.
    pub device: Option<String>,
}

/// Counts over a number of measurements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// Measurements looked at.
    pub measured: u32,
    /// Heights on a whole centimetre.
    pub whole_heights: u32,
    /// Heights on half a centimetre.
    pub half_heights: u32,
    /// Weights on a whole kilogram.
    pub whole_weights: u32,
    /// Weights on half a kilogram.
    pub half_weights: u32,
    /// Beyond the limits of the z-scores.
    pub extreme: u32,
    /// On a Saturday or a Sunday.
    pub weekend: u32,
    /// In August.
    pub august: u32,
}

impl Quality {
    /// Counts one more.
    pub fn count(&mut self, look: &Look) {
        self.measured += 1;
        self.whole_heights += u32::from(look.height_mm % 10 == 0);
        self.half_heights += u32::from(look.height_mm % 10 == 5);
        self.whole_weights += u32::from(look.weight_g % 1000 == 0);
        self.half_weights += u32::from(look.weight_g % 1000 == 500);
        self.extreme += u32::from(look.extreme);
        self.weekend += u32::from(look.weekend);
        self.august += u32::from(look.august);
    }

    /// Whether so many heights are whole that somebody is rounding: over 30 of 100, of at least 20.
    pub fn is_rounding(&self) -> bool {
        self.measured >= 20 && self.whole_heights * 10 > self.measured * 3
    }
}

/// The counts together, by measurer and by device.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// All of them.
    pub all: Quality,
    /// By who measured.
    pub by_measurer: BTreeMap<String, Quality>,
    /// By device.
    pub by_device: BTreeMap<String, Quality>,
}

/// Counts everything.
pub fn report(looks: &[Look]) -> Report {
    let mut report = Report::default();
    for look in looks {
        report.all.count(look);
        let told = |name: &Option<String>| name.clone().unwrap_or_else(|| "Not told".to_owned());
        let (measurer, device) = (told(&look.measured_by), told(&look.device));
        report.by_measurer.entry(measurer).or_default().count(look);
        report.by_device.entry(device).or_default().count(look);
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(height_mm: i32, weight_g: i32, device: &str) -> Look {
        Look {
            height_mm,
            weight_g,
            weekend: true,
            august: false,
            extreme: false,
            measured_by: None,
            device: Some(device.to_owned()),
        }
    }

    #[test]
    fn a_device_that_rounds_is_found() {
        let mut looks: Vec<Look> = (0..20).map(|step| look(1100 + step, 18_200, "A")).collect();
        looks.extend((0..20).map(|step| look(1100 + step * 10, 18_500, "B")));
        let report = report(&looks);
        assert!(!report.by_device["A"].is_rounding());
        assert!(report.by_device["B"].is_rounding());
        assert_eq!(report.by_device["B"].half_weights, 20);
        assert_eq!(report.all.weekend, 40);
    }
}
