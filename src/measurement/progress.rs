//! Counts as pages show them.

use serde_json::{Value, json};

use super::participation::Tally;
use super::quality::Quality;
use programme::ReasonNotMeasured;

/// A tally as pages show it.
pub fn tally_json(tally: &Tally) -> Value {
    let reasons: Vec<_> = ReasonNotMeasured::ALL
        .iter()
        .filter_map(|reason| {
            let children = tally.reasons.get(reason.code())?;
            Some(json!({"words": reason.words(), "children": children}))
        })
        .collect();
    json!({
        "roster": tally.roster,
        "eligible": tally.eligible,
        "by_hand": tally.by_hand,
        "measured": tally.measured,
        "not_measured": tally.not_measured,
        "not_eligible": tally.not_eligible,
        "without_outcome": tally.without_outcome,
        "with_outcome": tally.with_outcome(),
        "to_confirm": tally.to_confirm,
        "participation": tally.participation(),
        "reasons": reasons,
    })
}

/// Counts of data quality as pages show them, as shares of the measurements.
pub fn quality_json(found: &Quality) -> Value {
    let share =
        |count: u32| (found.measured > 0).then(|| f64::from(count) / f64::from(found.measured));
    json!({
        "measured": found.measured,
        "whole_heights": share(found.whole_heights),
        "half_heights": share(found.half_heights),
        "whole_weights": share(found.whole_weights),
        "half_weights": share(found.half_weights),
        "extreme": share(found.extreme),
        "weekend": found.weekend,
        "august": found.august,
        "rounding": found.is_rounding(),
    })
}
