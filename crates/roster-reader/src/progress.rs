//! The progress of a long import.
//!
//! The threads that do the work update it, and the terminal or page that waits reads it, so both show
//! the same.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use serde::Serialize;

/// What is being done to an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Step {
    /// The bytes become a table.
    Reading,
    /// Every row is held against the rules.
    Checking,
    /// The names held are opened and compared.
    Comparing,
    /// Children are sealed and written.
    Writing,
    /// Another import of the year is being written.
    Waiting,
}

impl Step {
    const ALL: [Self; 5] = [
        Self::Reading,
        Self::Checking,
        Self::Comparing,
        Self::Writing,
        Self::Waiting,
    ];

    /// In words, for whoever waits.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reading => "Reading the list",
            Self::Checking => "Checking every row",
            Self::Comparing => "Comparing with the children already held",
            Self::Writing => "Writing the children",
            Self::Waiting => "Waiting for another import of this year",
        }
    }
}

/// How far an import is, shared between those who work and those who wait.
#[derive(Debug, Default)]
pub struct Progress {
    step: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
}

/// How far an import was at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// What is being done.
    pub step: Step,
    /// How many rows of it are done; never more than `total`.
    pub done: usize,
    /// How many rows there are; 0 while that is unknown.
    pub total: usize,
}

impl Progress {
    /// Begins a step with so many rows; 0 when that is unknown.
    pub fn begin(&self, step: Step, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.step.store(step as u8, Ordering::Relaxed);
    }

    /// So many more rows of the step are done.
    pub fn add(&self, rows: usize) {
        self.done.fetch_add(rows, Ordering::Relaxed);
    }

    /// How far it is now.
    pub fn reached(&self) -> Reached {
        let step = usize::from(self.step.load(Ordering::Relaxed));
        let total = self.total.load(Ordering::Relaxed);
        Reached {
            step: Step::ALL[step.min(Step::ALL.len() - 1)],
            // The counters are read one after the other, perhaps across steps.
            done: self.done.load(Ordering::Relaxed).min(total),
            total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_step_begins_at_nothing_and_no_step_goes_beyond_its_rows() {
        let progress = Progress::default();
        assert_eq!(
            progress.reached(),
            Reached {
                step: Step::Reading,
                done: 0,
                total: 0
            }
        );
        progress.begin(Step::Checking, 10);
        progress.add(7);
        progress.add(7);
        assert_eq!(
            progress.reached(),
            Reached {
                step: Step::Checking,
                done: 10,
                total: 10
            }
        );
        progress.begin(Step::Writing, 3);
        assert_eq!(
            progress.reached(),
            Reached {
                step: Step::Writing,
                done: 0,
                total: 3
            }
        );
    }
}
