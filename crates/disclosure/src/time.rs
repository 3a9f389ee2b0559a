//! The time rule: what may be restated, given everything shown before.
//!
//! Two releases of the same place differ by the children who came and went in
//! between, so the difference of two figures is a figure too. A block is
//! restated only when, for every figure it shows or showed, at least eight
//! children came (where years were added or changed) and at least eight went
//! (where years were dropped). Otherwise the earlier block stays, with its
//! date. A block that stays tells only that some change was below eight,
//! nought included; a figure that happens to round to the same value is not
//! treated otherwise, or its fresh date would bound the change.

use crate::block::{Categories, Layout, Participation};
use crate::design::FEWEST_CHANGED;
use crate::model::{Mask, YearCounts};
use crate::round::Shown;

/// Whether `new` may be shown to somebody who saw `earlier`, the same place,
/// year group and year at another time.
pub(crate) fn participation_may_follow(new: &Participation, earlier: &Participation) -> bool {
    let enough = |now: Shown, then: Shown, now_true: u32, then_true: u32| {
        let visible = now.count().is_some() || then.count().is_some();
        !visible || now_true.abs_diff(then_true) >= FEWEST_CHANGED
    };
    let missed = |truth: &YearCounts| truth.eligible - truth.measured;
    enough(
        new.measured,
        earlier.measured,
        new.truth.measured,
        earlier.truth.measured,
    ) && enough(
        new.not_measured,
        earlier.not_measured,
        missed(&new.truth),
        missed(&earlier.truth),
    )
}

/// Whether `new` may be shown to somebody who saw `earlier`, the same place and
/// year group at another time or over other years.
pub(crate) fn categories_may_follow(new: &Categories, earlier: &Categories) -> bool {
    if !new.window.iter().any(|year| earlier.window.contains(year)) {
        return true;
    }
    compared(new, earlier)
        .into_iter()
        .all(|mask| enough_changed(new, earlier, mask))
}

/// The sets of cells whose change a reader of both blocks could bound.
fn compared(new: &Categories, earlier: &Categories) -> Vec<Mask> {
    let mut masks: Vec<Mask> = [new, earlier]
        .iter()
        .flat_map(|block| block.all_figures())
        .filter(|figure| figure.shown.count().is_some())
        .map(|figure| figure.mask)
        .collect();
    let kind = |block: &Categories| (block.layout, block.figures.is_empty());
    if kind(new) != kind(earlier) || new.layout != Layout::Withheld {
        masks.push(Mask::ALL);
    }
    masks.sort_unstable();
    masks.dedup();
    masks
}

fn enough_changed(new: &Categories, earlier: &Categories, mask: Mask) -> bool {
    let then = |year| {
        earlier
            .window
            .iter()
            .position(|y| *y == year)
            .map(|at| &earlier.truth[at])
    };
    let mut came = 0;
    let mut came_asked = false;
    for (year, now) in new.window.iter().zip(&new.truth) {
        let before = then(*year);
        came_asked |= before.is_none_or(|before| before.cells != now.cells);
        came += now
            .sum(mask)
            .saturating_sub(before.map_or(0, |before| before.sum(mask)));
    }
    let dropped: Vec<u32> = earlier
        .window
        .iter()
        .zip(&earlier.truth)
        .filter(|(year, _)| !new.window.contains(year))
        .map(|(_, truth)| truth.sum(mask))
        .collect();
    let went: u32 = dropped.iter().sum();
    // The same years with the same counts: nothing to restate, so it stays.
    if !came_asked && dropped.is_empty() {
        return false;
    }
    (!came_asked || came >= FEWEST_CHANGED) && (dropped.is_empty() || went >= FEWEST_CHANGED)
}
