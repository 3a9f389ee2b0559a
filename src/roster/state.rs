//! What becomes of an import, of its rows and of the children it names.

use programme::Coded as _;

/// Where an import stands. When what was sealed of it was erased is kept apart:
/// one that was undone stays undone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Uploaded, and not confirmed yet.
    Staged,
    /// Confirmed and written.
    Applied,
    /// Written, and taken back.
    Undone,
    /// Discarded before it was confirmed.
    Discarded,
    /// Erased before anybody confirmed it.
    Expired,
}

crate::db::stored_by_code!(State);

impl State {
    /// The state that an import in this one may be moved to by `step`; `None`
    /// when that step is not for it.
    pub fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Staged, Step::Apply) => Some(Self::Applied),
            (Self::Staged, Step::Discard) => Some(Self::Discarded),
            (Self::Staged, Step::Expire) => Some(Self::Expired),
            (Self::Applied, Step::Undo) => Some(Self::Undone),
            _ => None,
        }
    }
}

/// What is done to an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is confirmed.
    Apply,
    /// It is discarded.
    Discard,
    /// Its time is over and nobody confirmed it.
    Expire,
    /// It is taken back.
    Undo,
}

impl Step {
    /// The states from which the step can be made.
    pub(super) fn from(self) -> Vec<State> {
        State::ALL
            .iter()
            .copied()
            .filter(|state| state.after(self).is_some())
            .collect()
    }

    /// The state after the step.
    pub(super) fn to(self) -> State {
        match self {
            Self::Apply => State::Applied,
            Self::Discard => State::Discarded,
            Self::Expire => State::Expired,
            Self::Undo => State::Undone,
        }
    }
}

/// Why a row waits for a person.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::VariantArray,
    strum::IntoStaticStr,
    serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// It may be a child that is held.
    Review,
    /// It cannot go in as it stands.
    Rejected,
    /// On no row: a child held who is not on the list any more, proposed to have left.
    Leaver,
}

crate::db::stored_by_code!(WaitsFor);

/// What became of a row that waited.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// A child held took over what was uploaded.
    UseUploaded,
    /// A child held stayed as it was.
    KeepExisting,
    /// They are two children.
    KeepBoth,
    /// It came in with corrected cells.
    Mended,
    /// It was not wanted.
    Dropped,
    /// The child has left.
    Left,
    /// The child is still there.
    Stays,
    /// It came in, corrected, with a later file.
    Corrected,
}

crate::db::stored_by_code!(Decided);

/// What an import did to a child.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Brought it.
    New,
    /// Changed it.
    Changed,
    /// Found it just as it was.
    Seen,
}

crate::db::stored_by_code!(Deed);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_was_undone_or_discarded_never_expires() {
        assert_eq!(Step::Expire.from(), [State::Staged]);
        for state in [State::Applied, State::Undone, State::Discarded] {
            assert_eq!(state.after(Step::Expire), None);
        }
        for step in [Step::Apply, Step::Discard, Step::Expire, Step::Undo] {
            for state in State::ALL {
                assert!(state.after(step).is_none_or(|after| after == step.to()));
            }
        }
    }
}
