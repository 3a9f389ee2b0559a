//! The design of the tables: what each kind of area shows, described once.
//!
//! Files, audit and documentation all read this. Within
//! a table every child is counted in exactly one *figure*; both sexes together,
//! overweight and very overweight together, and pooled years of an authority are
//! worked out from figures as shown, so they tell a reader nothing that the
//! figures do not. Totals are rounded by themselves, and the audit counts them
//! among what is printed.

use crate::model::{AreaType, Mask, PopulationCategory as P};
use programme::Sex;

/// A category split of fewer children than this is not shown at all.
pub const SMALLEST_SPLIT: u32 = 30;
/// A row about fewer children than this shows nothing.
pub const SMALLEST_ROW: u32 = 8;
/// An authority's figures of a year and year group need at least this many
/// schools that have measured [`SMALLEST_ROW`] children or more, or they would be
/// those of a school under another name.
pub const FEWEST_SCHOOLS: usize = 3;
/// At least this many values must remain possible for any count of 1 to 7.
pub const FEWEST_VALUES: u32 = 6;
/// A figure is restated only when at least this many children are behind the change.
pub const FEWEST_CHANGED: u32 = 8;
/// A school's pooled window holds at most this many years.
pub const MOST_POOLED: usize = 3;

const VERY: [P; 2] = [P::VeryOverweightNotSeverely, P::SeverelyObese];

/// A category as files name it, with the exclusive categories it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) name: &'static str,
    categories: &'static [P],
}

impl Published {
    pub(crate) fn mask(self, sex: Option<Sex>) -> Mask {
        Mask::of(sex, self.categories)
    }
}

pub(crate) const UNDERWEIGHT: Published = Published {
    name: "underweight",
    categories: &[P::Underweight],
};
pub(crate) const HEALTHY: Published = Published {
    name: "healthy_weight",
    categories: &[P::HealthyWeight],
};
pub(crate) const OVERWEIGHT: Published = Published {
    name: "overweight",
    categories: &[P::Overweight],
};
pub(crate) const VERY_OVERWEIGHT: Published = Published {
    name: "very_overweight",
    categories: &VERY,
};
pub(crate) const NOT_SEVERELY: Published = Published {
    name: "very_overweight_not_severely",
    categories: &[P::VeryOverweightNotSeverely],
};
pub(crate) const SEVERELY_OBESE: Published = Published {
    name: "severely_obese",
    categories: &[P::SeverelyObese],
};
pub(crate) const ABOVE_HEALTHY: Published = Published {
    name: "overweight_or_very_overweight",
    categories: &[
        P::Overweight,
        P::VeryOverweightNotSeverely,
        P::SeverelyObese,
    ],
};

/// The split that every area shows: four categories that do not overlap.
pub(crate) const SPLIT: [Published; 4] = [UNDERWEIGHT, HEALTHY, OVERWEIGHT, VERY_OVERWEIGHT];

/// What one kind of area shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tables {
    /// Years of a category table are pooled into one window; otherwise each
    /// year has its own, and whoever wants them together adds what is shown.
    pub(crate) pooled: bool,
    /// Sexes are shown apart where every part allows it.
    pub(crate) by_sex: bool,
    /// The categories that rows show, in order.
    pub(crate) rows: &'static [Published],
}

/// The tables of a kind of area.
pub(crate) fn tables(kind: AreaType) -> Tables {
    match kind {
        AreaType::School => Tables {
            pooled: true,
            by_sex: false,
            rows: &SPLIT,
        },
        AreaType::LocalAuthority => Tables {
            pooled: false,
            by_sex: true,
            rows: &[
                UNDERWEIGHT,
                HEALTHY,
                OVERWEIGHT,
                VERY_OVERWEIGHT,
                SEVERELY_OBESE,
                ABOVE_HEALTHY,
            ],
        },
    }
}

/// What a reader of a file must be told, a paragraph each: the same words stand
/// on pages, in the notes sheet and in the PDF.
pub fn notes() -> Vec<String> {
    vec![
        "Categories are those of the population scheme (UK90 reference: underweight up to the 2nd centile, \
         overweight from the 85th, very overweight from the 95th, severely obese from the 99.6th). \
         Letters to families use the clinical scheme, whose limits differ."
            .to_owned(),
        "[c] means that the number is seven or fewer, none included; it is not shown, to protect children. \
         [x] means that a number, whatever it is, is left out, because there are too few children to split or \
         because another number could be worked out from it. [z] means that a number does not apply."
            .to_owned(),
        format!(
            "Numbers are rounded to the nearest {}, and percentages are worked out from the rounded numbers. The 95 % \
             intervals (Wilson) are too: they say how far chance alone may have moved a percentage. They do not allow for \
             rounding, for numbers that are hidden, or for children who were not measured.",
            crate::BASE
        ),
        "Children eligible are those measured and those not measured, each as shown; where seven or fewer were \
         not measured, five are counted for them."
            .to_owned(),
        "The number of children that the categories are shares of is rounded by itself, and moved on by five or so where \
         it would give a hidden category away. So the categories need not add up to it. In an authority's tables the \
         children measured are the same number, girls and boys add up to all, and both sexes together are the sum of the \
         numbers shown for girls and boys."
            .to_owned(),
        format!(
            "The column academic_years says which years a figure covers: a school's categories pool up to \
             {MOST_POOLED} years, and none are shown for fewer than {SMALLEST_SPLIT} children."
        ),
        format!(
            "The column as_at says how old a figure is: one stays as it was until at least {FEWEST_CHANGED} \
             children are behind its change."
        ),
    ]
}
