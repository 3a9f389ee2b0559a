//! The counts that an audit asks about.

use std::collections::BTreeSet;

use programme::Sex;

use super::unknowns::Unknowns;
use crate::block::only;
use crate::design::{ABOVE_HEALTHY, NOT_SEVERELY, SEVERELY_OBESE, SPLIT};
use crate::model::Mask;

/// Every set of cells that somebody might ask about: cells, categories, sexes
/// and totals of each year, of each window, and of what tells two windows apart.
pub(super) fn targets(unknowns: &Unknowns, windows: &[Vec<usize>]) -> BTreeSet<Vec<usize>> {
    let mut spans: BTreeSet<Vec<usize>> = (0..unknowns.versions())
        .map(|version| vec![version])
        .collect();
    for one in windows {
        spans.insert(one.clone());
        for other in windows {
            let apart: Vec<usize> = one
                .iter()
                .filter(|version| !other.contains(version))
                .copied()
                .collect();
            if !apart.is_empty() {
                spans.insert(apart);
            }
        }
    }
    let sexes = [None, Some(Sex::Female), Some(Sex::Male)];
    let groups = SPLIT
        .into_iter()
        .chain([NOT_SEVERELY, SEVERELY_OBESE, ABOVE_HEALTHY]);
    let mut masks: BTreeSet<Mask> = groups
        .flat_map(|group| sexes.map(|sex| group.mask(sex)))
        .collect();
    masks.extend(sexes.map(|sex| sex.map_or(Mask::ALL, only)));
    spans
        .iter()
        .flat_map(|span| {
            masks.iter().map(|&mask| {
                let mut cells: Vec<usize> = span
                    .iter()
                    .flat_map(|&v| Unknowns::cells(v, mask))
                    .collect();
                cells.sort_unstable();
                cells
            })
        })
        .collect()
}
