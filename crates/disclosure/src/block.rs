//! Blocks: the units in which figures are made, kept and replaced.
//!
//! A block is one small table of one area, year group and span of years, as it
//! stood on one date. A percentage needs its numerator and denominator from the
//! same date, so a block is replaced as a whole or not at all.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::design::{
    FEWEST_VALUES, HEALTHY, NOT_SEVERELY, OVERWEIGHT, SEVERELY_OBESE, SMALLEST_ROW, SMALLEST_SPLIT,
    SPLIT, Tables, UNDERWEIGHT, VERY_OVERWEIGHT,
};
use crate::model::{Area, AreaType, Mask, YearCounts};
use crate::round::{BASE, LARGEST_HIDDEN, SLACK, Shown, nearest};
use programme::{AcademicYear, Sex, YearGroup};

/// One independent figure: the children of some cells, over the block's years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) mask: Mask,
    pub(crate) shown: Shown,
}

/// Children eligible and measured in one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Participation {
    pub(crate) area: Area,
    pub(crate) group: YearGroup,
    pub(crate) year: AcademicYear,
    pub(crate) as_at: NaiveDate,
    /// Confidential: known to this crate and its store only.
    pub(crate) truth: YearCounts,
    pub(crate) measured: Shown,
    pub(crate) not_measured: Shown,
}

impl Participation {
    pub(crate) fn new(
        area: Area,
        group: YearGroup,
        year: AcademicYear,
        as_at: NaiveDate,
        truth: YearCounts,
    ) -> Self {
        let measured = Shown::of(truth.measured);
        let not_measured = if measured == Shown::Confidential {
            Shown::LeftOut
        } else {
            Shown::of(truth.eligible - truth.measured)
        };
        Self {
            area,
            group,
            year,
            as_at,
            truth,
            measured,
            not_measured,
        }
    }

    /// The same with nothing shown.
    pub(crate) fn left_out(mut self) -> Self {
        (self.measured, self.not_measured) = (Shown::LeftOut, Shown::LeftOut);
        self
    }

    /// The same with the number measured moved by `step`; `None` where it is
    /// not shown or would be left with too little.
    pub(crate) fn moved(&self, step: i64) -> Option<Self> {
        let moved = self
            .measured
            .count()?
            .checked_add_signed(step as i32)
            .filter(|c| *c >= 2 * BASE)?;
        Some(Self {
            measured: Shown::Count(moved),
            ..self.clone()
        })
    }

    /// Children eligible, as shown: the sum of the two parts as shown, a hidden
    /// part counting as five. Rounded by itself it would bound the children not
    /// measured to five values at most.
    pub(crate) fn eligible(&self) -> Option<u32> {
        let measured = self.measured.count()?;
        Some(measured + self.not_measured.count().unwrap_or(BASE))
    }
}

/// How a category block is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Layout {
    /// Too few children to split.
    Withheld,
    /// Both sexes together, with a denominator of its own.
    Whole,
    /// Sexes apart, with a denominator of their own each that add up to that of both.
    BySex,
}

/// Children by population category, over one or more years.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Categories {
    pub(crate) area: Area,
    pub(crate) group: YearGroup,
    /// Ascending, each once.
    pub(crate) window: Vec<AcademicYear>,
    pub(crate) as_at: NaiveDate,
    /// Confidential: known to this crate and its store only. One for each year.
    pub(crate) truth: Vec<YearCounts>,
    pub(crate) layout: Layout,
    /// Each child of the window in one figure at most.
    pub(crate) figures: Vec<Figure>,
    /// Parts of those figures that are shown beside them: the severely obese of
    /// the very overweight, by sex.
    pub(crate) parts: Vec<Figure>,
    /// Children of the block, as shown; none where it is withheld.
    pub(crate) denominator: Option<u32>,
    /// Girls among them, as shown; only where sexes stand apart.
    pub(crate) girls: Option<u32>,
}

impl Categories {
    /// Rules 1 to 3 for one block.
    pub(crate) fn new(
        tables: Tables,
        area: Area,
        group: YearGroup,
        window: Vec<AcademicYear>,
        as_at: NaiveDate,
        truth: Vec<YearCounts>,
    ) -> Self {
        let mut block = Self {
            area,
            group,
            window,
            as_at,
            truth,
            layout: Layout::Withheld,
            figures: Vec::new(),
            parts: Vec::new(),
            denominator: None,
            girls: None,
        };
        let children = block.sum(Mask::ALL);
        if children < SMALLEST_ROW {
            block.figures.push(Figure {
                mask: Mask::ALL,
                shown: Shown::Confidential,
            });
        } else if children >= SMALLEST_SPLIT {
            if tables.by_sex && block.sexes_can_stand_apart() {
                block.lay_out_by_sex();
            } else {
                block.lay_out_whole();
            }
        }
        block
    }

    /// The true count of some cells, over the window.
    pub(crate) fn sum(&self, mask: Mask) -> u32 {
        self.truth.iter().map(|year| year.sum(mask)).sum()
    }

    /// The same block without its sexes.
    pub(crate) fn whole(&self) -> Self {
        let mut block = self.clone();
        block.lay_out_whole();
        block
    }

    /// The same block with each pair of totals of girls and boys that may be tried, the nearest to the truth first. First
    /// the rounded number of children, girls and boys a step off where they must be to add up to it; at last the sums of
    /// the numbers shown, a category that is not shown by sex shared out in each way. None where sexes do not stand
    /// apart.
    pub(crate) fn with_other_totals(&self) -> Vec<Self> {
        if self.layout != Layout::BySex {
            return Vec::new();
        }
        let shown_of = |mask: Mask| -> u32 {
            let within = self.figures.iter().filter(|f| mask.holds(f.mask));
            within.filter_map(|f| f.shown.count()).sum()
        };
        let (girls, boys) = (shown_of(only(Sex::Female)), shown_of(only(Sex::Male)));
        let unsplit = shown_of(Mask::ALL) - girls - boys;
        let rounded = nearest(self.sum(only(Sex::Female)));
        let total = self.rounded_total();
        let with = |all: u32, girls: u32| Self {
            denominator: Some(all),
            girls: Some(girls),
            ..self.clone()
        };
        let (true_girls, true_boys) = (self.sum(only(Sex::Female)), self.sum(only(Sex::Male)));
        let mut near = vec![rounded, rounded + BASE, rounded.saturating_sub(BASE)];
        near.retain(|girls| *girls < total);
        near.sort_by_key(|girls| {
            girls
                .abs_diff(true_girls)
                .max((total - girls).abs_diff(true_boys))
        });
        let mut all: Vec<Self> = near.into_iter().map(|girls| with(total, girls)).collect();
        let honest = rounded.saturating_sub(girls);
        let mut shares: Vec<u32> = (0..=unsplit / BASE).map(|step| step * BASE).collect();
        shares.sort_by_key(|share| share.abs_diff(honest));
        let sums = shares.into_iter();
        all.extend(sums.map(|share| with(girls + boys + unsplit, girls + share)));
        all
    }

    /// The same block with its number of children moved by `step`; `None` where
    /// it has none of its own.
    pub(crate) fn with_total_moved(&self, step: i64) -> Option<Self> {
        let total = self.denominator.filter(|_| self.layout == Layout::Whole)?;
        Some(Self {
            denominator: Some(total.checked_add_signed(step as i32)?),
            ..self.clone()
        })
    }

    /// The same block with its largest figure moved by `step`; `None` where it
    /// has none, or would be left with too little.
    pub(crate) fn with_largest_moved(&self, step: i64) -> Option<Self> {
        let mut block = self.clone();
        let (count, at) = (0..block.figures.len())
            .filter_map(|at| block.figures[at].shown.count().map(|count| (count, at)))
            .max()?;
        block.figures[at].shown = Shown::Count(
            count
                .checked_add_signed(step as i32)
                .filter(|c| *c >= 2 * BASE)?,
        );
        if block.layout == Layout::Whole {
            block.denominator = Some(block.rounded_total());
        } else {
            return None;
        }
        Some(block)
    }

    /// Everything that stands in a file: which cells, and how they appear.
    pub(crate) fn printed(&self, tables: Tables) -> Vec<Figure> {
        let sexes: &[Option<Sex>] = match self.layout {
            Layout::BySex => &[None, Some(Sex::Female), Some(Sex::Male)],
            Layout::Whole | Layout::Withheld => &[None],
        };
        let mut printed = Vec::new();
        for &sex in sexes {
            printed.push(Figure {
                mask: sex.map_or(Mask::ALL, only),
                shown: self.denominator(sex),
            });
            printed.extend(tables.rows.iter().map(|category| {
                let mask = category.mask(sex);
                Figure {
                    mask,
                    shown: self.shown(mask),
                }
            }));
        }
        printed
    }

    /// The same block with nothing shown.
    pub(crate) fn withheld(&self) -> Self {
        Self {
            layout: Layout::Withheld,
            figures: Vec::new(),
            parts: Vec::new(),
            denominator: None,
            girls: None,
            ..self.clone()
        }
    }

    /// The same block with its smallest shown figure left out, the denominator
    /// made anew; `None` where nothing is left to leave out.
    pub(crate) fn without_smallest(&self) -> Option<Self> {
        let mut block = self.clone();
        let smallest = (0..block.figures.len())
            .filter_map(|index| {
                block.figures[index]
                    .shown
                    .count()
                    .map(|count| (count, index))
            })
            .min()?
            .1;
        block.figures[smallest].shown = Shown::LeftOut;
        block.denominator = Some(block.rounded_total());
        Some(block)
    }

    /// Every independent figure.
    pub(crate) fn all_figures(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().chain(&self.parts)
    }

    /// How the children of some cells appear: a figure, a sum of figures, or `[x]`.
    pub(crate) fn shown(&self, mask: Mask) -> Shown {
        if let Some(figure) = self.figures.iter().find(|figure| figure.mask == mask) {
            return figure.shown;
        }
        // Fewer than eight children at a school: every part is as small. A part of
        // a hidden number elsewhere says `[x]`: a reader of an authority's file may
        // take each `[c]` for one child at least.
        let few = |figure: &Figure| figure.mask == Mask::ALL && figure.shown == Shown::Confidential;
        if self.area.kind == AreaType::School && self.figures.iter().any(few) {
            return Shown::Confidential;
        }
        Self::sum_of(&self.figures, mask)
            .or_else(|| Self::sum_of(&self.parts, mask))
            .map_or(Shown::LeftOut, Shown::Count)
    }

    /// The sum of the shown figures that make up `mask` together.
    fn sum_of(figures: &[Figure], mask: Mask) -> Option<u32> {
        let within = || figures.iter().filter(|figure| mask.holds(figure.mask));
        let covered = within().fold(Mask(0), |union, figure| union.or(figure.mask));
        let sum = within().map(|figure| figure.shown.count()).sum();
        if covered == mask { sum } else { None }
    }

    /// The denominator of a row, as shown.
    pub(crate) fn denominator(&self, sex: Option<Sex>) -> Shown {
        let shown = match sex {
            _ if self.layout == Layout::Withheld => return self.shown(Mask::ALL),
            None => self.denominator,
            Some(Sex::Female) => self.girls,
            Some(Sex::Male) => self
                .denominator
                .zip(self.girls)
                .map(|(all, girls)| all - girls),
        };
        shown.map_or(Shown::LeftOut, Shown::Count)
    }

    /// Sexes stand apart only where each part of the split is above seven; or
    /// else a part could be had by subtraction.
    fn sexes_can_stand_apart(&self) -> bool {
        [HEALTHY, OVERWEIGHT, VERY_OVERWEIGHT]
            .iter()
            .all(|category| self.both_sexes_above_seven(category.mask(None)))
    }

    fn both_sexes_above_seven(&self, mask: Mask) -> bool {
        Sex::ALL
            .iter()
            .all(|&sex| self.sum(mask.and(only(sex))) > LARGEST_HIDDEN)
    }

    fn figure(&self, mask: Mask) -> Figure {
        Figure {
            mask,
            shown: Shown::of(self.sum(mask)),
        }
    }

    fn lay_out_whole(&mut self) {
        self.layout = Layout::Whole;
        self.parts = Vec::new();
        self.girls = None;
        self.figures = SPLIT
            .iter()
            .map(|category| self.figure(category.mask(None)))
            .collect();
        self.denominator = Some(self.rounded_total());
    }

    fn lay_out_by_sex(&mut self) {
        self.layout = Layout::BySex;
        let severe_apart = [NOT_SEVERELY, SEVERELY_OBESE]
            .iter()
            .all(|c| self.both_sexes_above_seven(c.mask(None)));
        let mut masks = Vec::new();
        if self.both_sexes_above_seven(UNDERWEIGHT.mask(None)) {
            masks.extend(Sex::ALL.map(|sex| UNDERWEIGHT.mask(Some(sex))));
        } else {
            masks.push(UNDERWEIGHT.mask(None));
        }
        for category in [HEALTHY, OVERWEIGHT, VERY_OVERWEIGHT] {
            masks.extend(Sex::ALL.map(|sex| category.mask(Some(sex))));
        }
        self.figures = masks.into_iter().map(|mask| self.figure(mask)).collect();
        if severe_apart {
            self.parts = Sex::ALL
                .map(|sex| self.figure(SEVERELY_OBESE.mask(Some(sex))))
                .to_vec();
        }
        if let Some(nearest) = self.with_other_totals().into_iter().next() {
            *self = nearest;
        }
    }

    /// The number of children, to the nearest five, moved on where that alone
    /// would narrow a hidden category.
    ///
    /// With `shown` figures that sum to S, each within two of the truth, a
    /// denominator D bounds the hidden rest by D − S ± (2 + 2 × shown). The step
    /// between D and S is held where that span leaves each hidden category at
    /// least six values, nought among them.
    fn rounded_total(&self) -> u32 {
        let categories = SPLIT.map(|category| self.shown(category.mask(None)));
        let count =
            |test: fn(&Shown) -> bool| categories.iter().filter(|shown| test(shown)).count() as i64;
        let hidden = count(|shown| *shown == Shown::Confidential);
        let left_out = count(|shown| *shown == Shown::LeftOut);
        let shown = count(|shown| matches!(shown, Shown::Count(_)));
        let sum: i64 = categories
            .iter()
            .filter_map(|shown| shown.count())
            .map(i64::from)
            .sum();
        let base = i64::from(BASE);
        let authority = self.area.kind == AreaType::LocalAuthority;
        let both_shown = [OVERWEIGHT, VERY_OVERWEIGHT]
            .iter()
            .all(|category| self.shown(category.mask(None)).count().is_some());
        // Overweight and very overweight together are shown as their sum, and
        // taken to be within two as well.
        let loose = shown - i64::from(authority && both_shown);
        let span = i64::from(SLACK) * (1 + loose);
        // In an authority's file a reader may take each hidden category to be one or more.
        let others = if authority { hidden } else { 0 };
        // The least step that leaves a hidden category a greatest value of 5 or
        // more, and the greatest that leaves it a least value of nought.
        let least = up(i64::from(FEWEST_VALUES) - 1 + others - span, base);
        let greatest = down(i64::from(LARGEST_HIDDEN) * (hidden - 1) + span, base);
        let step = i64::from(nearest(self.sum(Mask::ALL))) - sum;
        let held = match (hidden, left_out) {
            (0, _) => step,
            (_, 0) => step.clamp(least, greatest),
            _ => step.max(least),
        };
        (sum + held).max(0) as u32
    }
}

/// The cells of one sex.
pub(crate) fn only(sex: Sex) -> Mask {
    Mask::of(Some(sex), &crate::PopulationCategory::ALL)
}

/// The least multiple of `base` that is at least `value`.
fn up(value: i64, base: i64) -> i64 {
    -(-value).div_euclid(base) * base
}

/// The greatest multiple of `base` that is at most `value`.
fn down(value: i64, base: i64) -> i64 {
    value.div_euclid(base) * base
}
