//! Which recorded outcome each version of a child stands for, and what an undo brings back. Plain values.
//!
//! Every change is a version. A version made by an undo or a reassessment repeats the outcome of an earlier one, its
//! *original*; a version without a row is one at which nothing stood, and its original is 0.

use std::collections::BTreeMap;

/// What a version is beside the one that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It stands.
    Standing,
    /// A later version repeats it.
    Repeated,
    /// Something else was recorded in its place.
    Replaced,
    /// It was undone.
    Undone,
}

/// The versions of one child's outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    originals: BTreeMap<i32, i32>,
}

impl History {
    /// Adds a version and the version that it repeats.
    pub fn add(&mut self, version: i32, repeats: Option<i32>) {
        self.originals.insert(version, repeats.unwrap_or(version));
    }

    /// The version in which the outcome of `version` was recorded; 0 where nothing stood.
    pub fn original(&self, version: i32) -> i32 {
        self.originals.get(&version).copied().unwrap_or(0)
    }

    /// The original that stood before the outcome of `version` was recorded, 0 for none: what an undo brings back.
    /// `None` where nothing stands.
    pub fn before(&self, version: i32) -> Option<i32> {
        let standing = self.original(version);
        (standing > 0).then(|| self.original(standing - 1))
    }

    /// The original that the last undo took away. `None` where the last change was no undo.
    pub fn undone(&self, version: i32) -> Option<i32> {
        let standing = self.original(version);
        (1..version)
            .rev()
            .map(|earlier| self.original(earlier))
            .find(|original| *original != standing)
            .filter(|original| *original > standing)
    }

    /// What `version` is where `standing` is the version that counts.
    pub fn place(&self, version: i32, standing: i32) -> Place {
        let (original, now) = (self.original(version), self.original(standing));
        let repeated = |other: i32| self.original(other) == original;
        if (version + 1..=standing).any(repeated) {
            Place::Repeated
        } else if original == now {
            Place::Standing
        } else if original > now {
            Place::Undone
        } else {
            Place::Replaced
        }
    }

    /// Whether the outcome of `version` is the one that stands at `standing`.
    pub fn stands(&self, version: i32, standing: i32) -> bool {
        self.original(version) == self.original(standing)
    }

    /// The version at which another outcome, or none, took the place of the one of `version`, the last time that
    /// happened; `None` while it stands.
    pub fn taken_away_at(&self, version: i32, standing: i32) -> Option<i32> {
        if self.stands(version, standing) {
            return None;
        }
        (version + 1..=standing)
            .rev()
            .find(|later| self.stands(later - 1, version) && !self.stands(*later, version))
    }

    /// The versions up to `version` that stand for the same outcome, the newest first.
    pub fn same_as(&self, version: i32) -> Vec<i32> {
        let standing = self.original(version);
        (1..=version)
            .rev()
            .filter(|other| standing > 0 && self.original(*other) == standing)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history whose versions from 1 on have these originals; 0 is a version without a row.
    fn history(originals: &[i32]) -> History {
        let mut history = History::default();
        for (version, original) in (1..).zip(originals) {
            if *original > 0 {
                history.add(version, Some(*original).filter(|it| *it != version));
            }
        }
        history
    }

    #[test]
    fn an_undo_goes_back_step_by_step() {
        let twice = history(&[1, 2]);
        assert_eq!((twice.before(2), twice.undone(2)), (Some(1), None));
        let once_undone = history(&[1, 2, 1]);
        assert_eq!(
            (once_undone.before(3), once_undone.undone(3)),
            (Some(0), Some(2))
        );
        let all_undone = history(&[1, 2, 1, 0]);
        assert_eq!(
            (all_undone.before(4), all_undone.undone(4)),
            (None, Some(1))
        );
    }

    #[test]
    fn what_was_undone_is_put_back_until_something_else_is_recorded() {
        assert_eq!(history(&[1, 0]).undone(2), Some(1));
        assert_eq!(history(&[1, 0, 1]).undone(3), None);
        assert_eq!(history(&[1, 0, 3]).undone(3), None);
        assert_eq!(history(&[1, 0, 3, 0]).undone(4), Some(3));
    }

    #[test]
    fn a_version_is_shown_once_and_called_what_became_of_it() {
        use Place::{Repeated, Replaced, Standing, Undone};
        let places = |originals: &[i32]| -> Vec<Place> {
            let history = history(originals);
            let standing = originals.len() as i32;
            (1..=standing)
                .filter(|version| history.original(*version) > 0)
                .map(|version| history.place(version, standing))
                .collect()
        };
        assert_eq!(places(&[1, 2]), [Replaced, Standing]);
        assert_eq!(places(&[1, 0]), [Undone]);
        assert_eq!(places(&[1, 2, 1]), [Repeated, Undone, Standing]);
        assert_eq!(places(&[1, 0, 3]), [Replaced, Standing]);
    }

    #[test]
    fn the_step_that_took_an_outcome_away_is_the_last_one() {
        let gone = |originals: &[i32], version| {
            history(originals).taken_away_at(version, originals.len() as i32)
        };
        assert_eq!(gone(&[1, 0], 1), Some(2));
        assert_eq!(gone(&[1, 2], 1), Some(2));
        assert_eq!(gone(&[1, 2, 1], 1), None);
        assert_eq!(gone(&[1, 2, 1], 2), Some(3));
        assert_eq!(gone(&[1, 0, 1, 0, 5], 1), Some(4));
        assert_eq!(gone(&[1, 1], 1), None);
    }

    #[test]
    fn a_reassessment_is_not_a_step_of_its_own() {
        let reassessed = history(&[1, 2, 2]);
        assert_eq!(
            (reassessed.before(3), reassessed.undone(3)),
            (Some(1), None)
        );
        assert_eq!(reassessed.same_as(3), [3, 2]);
        assert_eq!(history(&[]).before(0), None);
        assert_eq!(history(&[1, 0]).same_as(2), Vec::<i32>::new());
    }
}
