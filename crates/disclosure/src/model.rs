//! The words of the field as types: categories and areas. Years, year groups, sexes and
//! audiences are those of the programme.
//!
//! Each prints exactly as it stands in a published file, so that files,
//! command line and pages cannot drift apart.

use std::fmt;

use programme::Sex;
use serde::{Deserialize, Serialize};

/// A population category that excludes every other: each assessed child is in
/// exactly one.
///
/// Published files call the last two together `very_overweight`, of which
/// `severely_obese` is a subset; the counts that come in are kept apart so that
/// no child is counted twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PopulationCategory {
    /// Centile at most 2.
    Underweight,
    /// Centile above 2 and below 85.
    HealthyWeight,
    /// Centile from 85, below 95.
    Overweight,
    /// Centile from 95, below 99.6.
    VeryOverweightNotSeverely,
    /// Centile from 99.6.
    SeverelyObese,
}

impl PopulationCategory {
    /// All five, in the order of the counts of [`YearCounts`].
    pub const ALL: [Self; 5] = [
        Self::Underweight,
        Self::HealthyWeight,
        Self::Overweight,
        Self::VeryOverweightNotSeverely,
        Self::SeverelyObese,
    ];
}

/// The kind of place a figure is about, as `area_type` in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaType {
    /// One school.
    School,
    /// One local authority: all its schools that take part.
    LocalAuthority,
}

impl fmt::Display for AreaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::School => "school",
            Self::LocalAuthority => "local_authority",
        })
    }
}

/// A place that figures are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Area {
    /// Whether a school or an authority.
    pub kind: AreaType,
    /// URN or authority code.
    pub code: String,
    /// Its name, as files show it.
    pub name: String,
}

impl Area {
    /// Whether both are the same place; a place may change its name.
    pub fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.code == other.code
    }
}

/// The true counts of one area, year group and academic year: two sexes by five
/// categories, with the children eligible and measured.
///
/// `measured` is at least the sum of the cells: a child measured outside the
/// ages of the growth reference has no category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct YearCounts {
    pub(crate) eligible: u32,
    pub(crate) measured: u32,
    pub(crate) cells: [[u32; 5]; 2],
}

impl YearCounts {
    /// Children with a category.
    pub(crate) fn assessed(&self) -> u32 {
        self.cells.iter().flatten().sum()
    }

    /// Children in the cells that `mask` names.
    pub(crate) fn sum(&self, mask: Mask) -> u32 {
        mask.cells()
            .map(|(sex, category)| self.cells[sex][category])
            .sum()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.eligible += other.eligible;
        self.measured += other.measured;
        for (sum, more) in self
            .cells
            .iter_mut()
            .flatten()
            .zip(other.cells.iter().flatten())
        {
            *sum += more;
        }
    }
}

/// A set of the ten cells (two sexes by five categories) of one year: what a
/// published figure counts. Bit `5 × sex + category`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Mask(pub(crate) u16);

impl Mask {
    pub(crate) const ALL: Self = Self(0x3ff);

    /// The cells of some sexes (`None` for both) and some categories.
    pub(crate) fn of(sex: Option<Sex>, categories: &[PopulationCategory]) -> Self {
        let row: u16 = categories
            .iter()
            .map(|&category| 1 << (category as u16))
            .sum();
        match sex {
            Some(Sex::Female) => Self(row),
            Some(Sex::Male) => Self(row << 5),
            None => Self(row | row << 5),
        }
    }

    /// The pairs of indices (sex, category) it holds.
    pub(crate) fn cells(self) -> impl Iterator<Item = (usize, usize)> {
        (0..10_usize)
            .filter(move |bit| self.0 & (1 << bit) != 0)
            .map(|bit| (bit / 5, bit % 5))
    }

    /// Whether every cell of `other` is in it.
    pub(crate) fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
