//! What the command line chooses.

use std::num::NonZeroUsize;

use growth::Scheme;

/// How to assess.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// The cuts of the clinical categories.
    pub scheme: Scheme,
    /// Whether measures outside the limits of plausibility are noted.
    pub check: bool,
    /// How many threads compute.
    pub threads: NonZeroUsize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scheme: Scheme::default(),
            check: false,
            threads: NonZeroUsize::MIN,
        }
    }
}
