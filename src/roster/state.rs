//! What became of an import.

/// Where an import stands. When what was sealed of it was erased is kept apart:
/// one that was undone stays undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Staged,
        Self::Applied,
        Self::Undone,
        Self::Discarded,
        Self::Expired,
    ];

    /// The word in the table, and of its tag.
    pub fn code(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Applied => "applied",
            Self::Undone => "undone",
            Self::Discarded => "discarded",
            Self::Expired => "expired",
        }
    }

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
    /// The states from which the step can be made, by their words.
    pub(super) fn from(self) -> Vec<&'static str> {
        State::ALL
            .into_iter()
            .filter(|state| state.after(self).is_some())
            .map(State::code)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_was_undone_or_discarded_never_expires() {
        assert_eq!(Step::Expire.from(), ["staged"]);
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
