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
use crate::model::{AcademicYear, Area, Mask, Sex, YearCounts, YearGroup};
use crate::round::{BASE, LARGEST_HIDDEN, SLACK, Shown, nearest};

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
    /// Sexes apart; denominators are sums of what is shown.
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
    /// Sums of figures rounded by themselves: nearer the truth than sums of
    /// rounded figures, where the audit allows it.
    pub(crate) margins: Vec<Figure>,
    /// Children of a [`Layout::Whole`] block, as shown.
    pub(crate) denominator: Option<u32>,
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
            margins: Vec::new(),
            denominator: None,
        };
        let children = block.sum(Mask::ALL);
        if children < SMALLEST_ROW {
            block.figures.push(Figure {
                mask: Mask::ALL,
                shown: Shown::Confidential,
            });
        } else if children >= SMALLEST_SPLIT {
            if tables.by_sex && block.sexes_can_stand_apart() {
                block.lay_out_by_sex(tables);
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

    /// The same block with margins that are sums of the figures as shown, for
    /// each way to share out a category that is not shown by sex: what is
    /// nearest to the truth first. None where it has no margins.
    pub(crate) fn additive(&self) -> Vec<Self> {
        if self.margins.is_empty() {
            return Vec::new();
        }
        let unsplit: u32 = self
            .figures
            .iter()
            .filter(|figure| Sex::ALL.iter().all(|&sex| !only(sex).holds(figure.mask)))
            .filter_map(|figure| figure.shown.count())
            .sum();
        let within = |mask: Mask| -> u32 {
            self.figures
                .iter()
                .filter(|f| mask.holds(f.mask))
                .filter_map(|f| f.shown.count())
                .sum()
        };
        let girls = self
            .margins
            .iter()
            .find(|m| m.mask == only(Sex::Female))
            .and_then(|m| m.shown.count());
        let honest = girls.unwrap_or(0).saturating_sub(within(only(Sex::Female)));
        let mut shares: Vec<u32> = (0..=unsplit / BASE).map(|step| step * BASE).collect();
        shares.sort_by_key(|share| share.abs_diff(honest));
        let with = |share: u32| {
            let margins = self.margins.iter().map(|margin| {
                let extra = match margin.mask {
                    mask if mask == only(Sex::Female) => share,
                    mask if mask == only(Sex::Male) => unsplit - share,
                    _ => 0,
                };
                Figure {
                    mask: margin.mask,
                    shown: Shown::Count(within(margin.mask) + extra),
                }
            });
            Self {
                margins: margins.collect(),
                ..self.clone()
            }
        };
        shares.into_iter().map(with).collect()
    }

    /// The same block with its largest figure moved by `step`; `None` where it
    /// has none, or would be left with too little.
    pub(crate) fn moved(&self, step: i64) -> Option<Self> {
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
            block.denominator = Some(block.whole_denominator());
        } else {
            return None;
        }
        Some(block)
    }

    /// Everything that tells a reader something.
    pub(crate) fn all_figures(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().chain(&self.margins)
    }

    /// The same block with nothing shown.
    pub(crate) fn withheld(&self) -> Self {
        Self {
            layout: Layout::Withheld,
            figures: Vec::new(),
            margins: Vec::new(),
            denominator: None,
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
        block.denominator = Some(block.whole_denominator());
        Some(block)
    }

    /// How the children of some cells appear: a figure, or a sum of figures.
    pub(crate) fn shown(&self, mask: Mask) -> Shown {
        if let Some(figure) = self.all_figures().find(|figure| figure.mask == mask) {
            return figure.shown;
        }
        if self
            .figures
            .iter()
            .any(|figure| figure.mask.holds(mask) && figure.shown == Shown::Confidential)
        {
            return Shown::Confidential;
        }
        let parts = || self.figures.iter().filter(|figure| mask.holds(figure.mask));
        let covered = parts().fold(Mask(0), |union, figure| union.or(figure.mask));
        match parts()
            .map(|figure| figure.shown.count())
            .sum::<Option<u32>>()
        {
            Some(sum) if covered == mask => Shown::Count(sum),
            _ => Shown::LeftOut,
        }
    }

    /// The denominator of a row, as shown.
    pub(crate) fn denominator(&self, sex: Option<Sex>) -> Shown {
        let within = sex.map_or(Mask::ALL, only);
        match (self.layout, self.denominator) {
            (Layout::Withheld, _) => self.shown(Mask::ALL),
            (Layout::Whole, Some(denominator)) if sex.is_none() => Shown::Count(denominator),
            (Layout::Whole, _) => Shown::LeftOut,
            (Layout::BySex, _) => self.shown(within),
        }
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
        self.margins = Vec::new();
        self.figures = SPLIT
            .iter()
            .map(|category| self.figure(category.mask(None)))
            .collect();
        self.denominator = Some(self.whole_denominator());
    }

    fn lay_out_by_sex(&mut self, tables: Tables) {
        self.layout = Layout::BySex;
        self.denominator = None;
        let severe_apart = [NOT_SEVERELY, SEVERELY_OBESE]
            .iter()
            .all(|c| self.both_sexes_above_seven(c.mask(None)));
        let very: &[_] = if severe_apart {
            &[NOT_SEVERELY, SEVERELY_OBESE]
        } else {
            &[VERY_OVERWEIGHT]
        };
        let mut masks = Vec::new();
        if self.both_sexes_above_seven(UNDERWEIGHT.mask(None)) {
            masks.extend(Sex::ALL.map(|sex| UNDERWEIGHT.mask(Some(sex))));
        } else {
            masks.push(UNDERWEIGHT.mask(None));
        }
        for category in [HEALTHY, OVERWEIGHT].iter().chain(very) {
            masks.extend(Sex::ALL.map(|sex| category.mask(Some(sex))));
        }
        self.figures = masks.into_iter().map(|mask| self.figure(mask)).collect();
        let sexes = [None, Some(Sex::Female), Some(Sex::Male)];
        let sums = tables
            .rows
            .iter()
            .flat_map(|category| sexes.map(|sex| category.mask(sex)));
        let totals = sexes.map(|sex| sex.map_or(Mask::ALL, only));
        let margins: Vec<Mask> = sums
            .filter(|&mask| self.shown(mask).count().is_some())
            .chain(totals)
            .filter(|mask| self.figures.iter().all(|figure| figure.mask != *mask))
            .collect();
        self.margins = margins.into_iter().map(|mask| self.figure(mask)).collect();
    }

    /// The number of children, to the nearest five, moved on where that alone
    /// would narrow a hidden category.
    ///
    /// With `shown` figures that sum to S, each within two of the truth, a
    /// denominator D bounds the hidden rest by D − S ± (2 + 2 × shown). The step
    /// between D and S is held where that span leaves each hidden category at
    /// least six values, nought among them.
    fn whole_denominator(&self) -> u32 {
        let count = |test: fn(&Shown) -> bool| {
            self.figures.iter().filter(|f| test(&f.shown)).count() as i64
        };
        let hidden = count(|shown| *shown == Shown::Confidential);
        let left_out = count(|shown| *shown == Shown::LeftOut);
        let shown = count(|shown| matches!(shown, Shown::Count(_)));
        let sum: i64 = self
            .figures
            .iter()
            .filter_map(|f| f.shown.count())
            .map(i64::from)
            .sum();
        let base = i64::from(BASE);
        let span = i64::from(SLACK) * (1 + shown);
        // The least step that leaves a hidden category a greatest value of 5 or
        // more, and the greatest that leaves it a least value of nought.
        let least = up(i64::from(FEWEST_VALUES) - 1 - span, base);
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
