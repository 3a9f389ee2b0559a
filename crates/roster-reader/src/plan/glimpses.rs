//! Children held who appear on a rejected row.

use std::collections::HashMap;

use programme::text;

use super::outcome::Held;
use crate::check::{CheckedRow, Glimpse, Verdict};

/// Finds children held by what can be read of a rejected row.
pub(super) struct Glimpses {
    by_number: HashMap<String, usize>,
    by_name: HashMap<(String, String), Vec<usize>>,
}

impl Glimpses {
    /// Empty unless there is a rejected row to look for.
    pub(super) fn new(held: &[Held], rows: &[CheckedRow]) -> Self {
        let mut glimpses = Self {
            by_number: HashMap::new(),
            by_name: HashMap::new(),
        };
        if !rows
            .iter()
            .any(|row| matches!(row.verdict, Verdict::Rejected(_)))
        {
            return glimpses;
        }
        for (place, one) in held.iter().enumerate() {
            let person = &one.child.person;
            glimpses.by_number.extend(
                person
                    .nhs_number
                    .as_ref()
                    .map(|number| (number.to_string(), place)),
            );
            glimpses
                .by_number
                .extend(person.upn.as_ref().map(|upn| (upn.to_string(), place)));
            let name = (
                text::folded(&person.given_name),
                text::folded(&person.family_name),
            );
            glimpses.by_name.entry(name).or_default().push(place);
        }
        glimpses
    }

    /// Positions of the children held that a rejected row may be about.
    pub(super) fn held_seen_in(&self, glimpse: &Glimpse) -> Vec<usize> {
        let numbers = [
            glimpse.nhs_number.as_ref().map(ToString::to_string),
            glimpse.upn.as_ref().map(ToString::to_string),
        ];
        let by_number = numbers
            .iter()
            .flatten()
            .filter_map(|number| self.by_number.get(number))
            .copied();
        let name = (
            text::folded(&glimpse.given_name),
            text::folded(&glimpse.family_name),
        );
        by_number
            .chain(self.by_name.get(&name).into_iter().flatten().copied())
            .collect()
    }
}
