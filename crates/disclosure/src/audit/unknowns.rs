//! The unknowns of an audit: cells of a year's counts.

use programme::AcademicYear;

use crate::model::{Mask, YearCounts};

/// A year's counts as they were at one time or several.
struct Version {
    year: AcademicYear,
    truth: YearCounts,
}

/// The unknowns: ten cells and the children without a category, for each version. Each has a
/// number, by which claims and targets name it.
#[derive(Default)]
pub(super) struct Unknowns(Vec<Version>);

/// How many unknowns a version has.
const STRIDE: usize = 11;

impl Unknowns {
    /// The version of a year's counts, added when it is new.
    pub(super) fn version(&mut self, year: AcademicYear, truth: &YearCounts) -> usize {
        let same = |v: &Version| {
            v.year == year && v.truth.cells == truth.cells && v.truth.measured == truth.measured
        };
        self.0.iter().position(same).unwrap_or_else(|| {
            self.0.push(Version {
                year,
                truth: *truth,
            });
            self.0.len() - 1
        })
    }

    /// How many versions there are.
    pub(super) fn versions(&self) -> usize {
        self.0.len()
    }

    /// How many unknowns there are.
    pub(super) fn len(&self) -> usize {
        self.0.len() * STRIDE
    }

    /// The cells of a version that a mask covers.
    pub(super) fn cells(version: usize, mask: Mask) -> impl Iterator<Item = usize> {
        mask.cells()
            .map(move |(sex, category)| version * STRIDE + sex * 5 + category)
    }

    /// The children of a version who were measured and have no category.
    pub(super) fn without_category(version: usize) -> usize {
        version * STRIDE + 10
    }

    /// The true number of children behind an unknown.
    pub(super) fn truth(&self, cell: usize) -> u32 {
        let truth = &self.0[cell / STRIDE].truth;
        match cell % STRIDE {
            10 => truth.measured - truth.assessed(),
            at => truth.cells[at / 5][at % 5],
        }
    }
}
