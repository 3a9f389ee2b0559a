//! Closing: what is shown of one place and year group so that its audit passes.
//!
//! What would expose is replaced by what another, safe set of children would have shown. A
//! figure that is missing because it would have told something tells it.

use crate::audit::{Seen, audit};
use crate::block::{Categories, Layout, Participation};
use crate::design::{FEWEST_SCHOOLS, tables};
use crate::evidence::{Evidence, Findings};
use crate::model::{Area, AreaType, Mask};
use crate::raw::RawTable;
use crate::round::Shown;
use crate::time::{categories_may_follow, participation_may_follow};
use programme::{AcademicYear, YearGroup};

/// One place, year group and span of years whose figures hang together.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) participation: Vec<Participation>,
    pub(crate) categories: Categories,
}

impl Unit {
    /// The same with an authority's children measured shown as the total of its
    /// categories where both are of one date: a reader takes the two for one
    /// number, and two of it would narrow it or contradict each other.
    fn with_one_total(mut self) -> Self {
        let categories = &self.categories;
        if categories.area.kind == AreaType::LocalAuthority {
            for block in &mut self.participation {
                let same = categories.as_at == block.as_at
                    && categories.window == [block.year]
                    && block.truth.measured == block.truth.assessed();
                if let (true, Some(_), Some(all)) =
                    (same, block.measured.count(), categories.denominator)
                {
                    block.measured = Shown::Count(all);
                }
            }
        }
        self
    }
}

/// What is shown of a unit before any audit.
struct Draft {
    /// The figures as they are now, or as they were where the time rule holds them back.
    shown: Unit,
    /// Categories of an earlier release over the same years, or over some of them.
    earlier: Option<Categories>,
    /// For each year's participation, whether it is restated.
    restated: Vec<bool>,
    /// How many blocks stay as they were in an earlier release.
    kept: usize,
}

/// Makes one unit and changes or leaves out figures until its audit passes.
pub(crate) fn close(
    raw: &RawTable,
    area: &Area,
    group: YearGroup,
    span: Vec<AcademicYear>,
    seen: &Seen<'_>,
    evidence: &mut Evidence,
) -> Unit {
    let draft = draft(raw, area, group, span, seen);
    let (unit, findings) = first_to_pass(&draft, seen);
    evidence.add(&findings);
    evidence.kept_from_earlier += draft.kept as u64;
    evidence.hidden_first += count_hidden(&draft.shown, Shown::Confidential);
    evidence.hidden_by_audit += left_out_by_audit(&draft.shown, &unit);
    evidence.moved_by_audit += moved_by_audit(&draft.shown, &unit);
    unit
}

/// The unit by the rules on small numbers and on time, before any audit.
fn draft(
    raw: &RawTable,
    area: &Area,
    group: YearGroup,
    span: Vec<AcademicYear>,
    seen: &Seen<'_>,
) -> Draft {
    let truth: Vec<_> = span
        .iter()
        .map(|&year| raw.counts_of(area, group, year))
        .collect();
    let alone = too_few_schools(raw, area, group, &span);
    let participation: Vec<(Participation, bool)> = span
        .iter()
        .zip(&truth)
        .map(|(&year, counts)| {
            let new = Participation::new(area.clone(), group, year, raw.as_at, *counts);
            keep_or_restate(if alone { new.left_out() } else { new }, seen)
        })
        .collect();
    let new = Categories::new(
        tables(area.kind),
        area.clone(),
        group,
        span,
        raw.as_at,
        truth,
    );
    let new = if alone { new.withheld() } else { new };
    let earlier = earlier_categories(&new, seen);
    let may_follow = seen
        .categories
        .iter()
        .all(|earlier| categories_may_follow(&new, earlier));
    let categories = match (&earlier, may_follow) {
        (Some(earlier), false) => earlier.clone(),
        (None, false) => new.withheld(),
        (_, true) => new,
    };
    let kept = participation.iter().filter(|(_, kept)| *kept).count()
        + usize::from(earlier.as_ref() == Some(&categories));
    let restated = participation.iter().map(|(_, kept)| !*kept).collect();
    let shown = Unit {
        participation: participation.into_iter().map(|(block, _)| block).collect(),
        categories,
    }
    .with_one_total();
    Draft {
        shown,
        earlier,
        restated,
        kept,
    }
}

/// Whether an authority's figures would be those of one or two schools.
fn too_few_schools(raw: &RawTable, area: &Area, group: YearGroup, span: &[AcademicYear]) -> bool {
    area.kind == AreaType::LocalAuthority
        && span
            .iter()
            .any(|&year| raw.schools_in(&area.code, group, year) < FEWEST_SCHOOLS)
}

/// The first attempt whose audit passes, else the last one, with the findings of its audit.
fn first_to_pass(draft: &Draft, seen: &Seen<'_>) -> (Unit, Findings) {
    let mut last = None;
    for attempt in attempts(&draft.shown, draft.earlier.as_ref(), &draft.restated) {
        let attempt = attempt.with_one_total();
        let findings = audit_with(seen, &attempt);
        let passed = findings.passed();
        last = Some((attempt, findings));
        if passed {
            break;
        }
    }
    last.unwrap_or_else(|| {
        (
            draft.shown.clone(),
            Findings {
                contradiction: true,
                ..Findings::default()
            },
        )
    })
}

/// The block as it is now, or the latest earlier one where the time rule holds it back.
fn keep_or_restate(new: Participation, seen: &Seen<'_>) -> (Participation, bool) {
    let earlier: Vec<&&Participation> = seen
        .participation
        .iter()
        .filter(|b| b.year == new.year)
        .collect();
    if earlier
        .iter()
        .all(|earlier| participation_may_follow(&new, earlier))
    {
        return (new, false);
    }
    match earlier.last() {
        Some(&&latest) => (latest.clone(), true),
        None => (new, false),
    }
}

/// The block to keep in place of `new`: the latest over the same years, or else
/// over some of them.
fn earlier_categories(new: &Categories, seen: &Seen<'_>) -> Option<Categories> {
    let same = seen
        .categories
        .iter()
        .rev()
        .find(|b| b.window == new.window);
    let overlapping = || {
        seen.categories
            .iter()
            .rev()
            .find(|b| b.window.iter().any(|year| new.window.contains(year)))
    };
    same.or_else(overlapping).map(|&block| block.clone())
}

/// What to try, the nearest to the truth first; `new` says which participation
/// is restated.
///
/// A figure that was left out *because* it would have exposed another tells a
/// reader who knows this program that it would have. So the first resort is to
/// show what another, safe set of children would have shown: other totals of
/// girls and boys, children measured in a year moved on by a step, then the
/// total of the categories, which leaves
/// each category as near to the truth as it was; only then the largest category.
/// Leaving out comes last.
fn attempts(shown: &Unit, earlier: Option<&Categories>, new: &[bool]) -> Vec<Unit> {
    let kept = earlier == Some(&shown.categories);
    let own = vec![shown.categories.clone()];
    let moved_by = |steps: [i64; 2], moved: &dyn Fn(i64) -> Option<Categories>| {
        let steps = steps.into_iter().filter(|_| !kept);
        steps.filter_map(moved).collect::<Vec<_>>()
    };
    let mut totals_by_sex = own.clone();
    if !kept {
        totals_by_sex.extend(shown.categories.with_other_totals());
    }
    let totals = moved_by([5, -5], &|by| shown.categories.with_total_moved(by));
    let largest = |steps| moved_by(steps, &|by| shown.categories.with_largest_moved(by));
    let as_it_is = vec![shown.participation.clone()];
    let one_step = participation_moved(&shown.participation, new, [5, -5]);
    let two_steps = participation_moved(&shown.participation, new, [10, -10]);
    let mut attempts = Vec::new();
    for (participation, categories) in [
        (&as_it_is, &totals_by_sex),
        (&one_step, &totals_by_sex),
        (&as_it_is, &totals),
        (&one_step, &totals),
        (&two_steps, &own),
        (&as_it_is, &largest([5, -5])),
        (&as_it_is, &largest([10, -10])),
    ] {
        attempts.extend(participation.iter().flat_map(|participation| {
            categories.iter().map(|categories| Unit {
                participation: participation.clone(),
                categories: categories.clone(),
            })
        }));
    }
    attempts.extend(with_less(shown, earlier.filter(|_| !kept), kept));
    attempts
}

/// The participation with the children measured in one restated year moved by a
/// step, the newest year first.
fn participation_moved(
    shown: &[Participation],
    new: &[bool],
    steps: [i64; 2],
) -> Vec<Vec<Participation>> {
    let years = (0..shown.len()).rev().filter(|&at| new[at]);
    years
        .flat_map(|at| steps.map(|by| (at, by)))
        .filter_map(|(at, by)| {
            let mut all = shown.to_vec();
            all[at] = shown[at].moved(by)?;
            Some(all)
        })
        .collect()
}

/// The last resort: the categories as they were before, or without sexes, or
/// fewer and fewer of them; then less participation too.
fn with_less(shown: &Unit, earlier: Option<&Categories>, kept: bool) -> Vec<Unit> {
    let mut categories = Vec::new();
    if kept {
        categories.push(shown.categories.clone());
    } else if let Some(earlier) = earlier {
        categories.extend([earlier.clone(), shown.categories.withheld()]);
    } else {
        let whole = match shown.categories.layout {
            Layout::BySex => shown.categories.whole(),
            _ => shown.categories.clone(),
        };
        let mut next = Some(whole).filter(|block| block.layout == Layout::Whole);
        while let Some(block) = next {
            next = block.without_smallest();
            categories.push(block);
        }
        categories.push(shown.categories.withheld());
    }
    let mut attempts = Vec::new();
    for left_out in 0..=shown.participation.len() {
        let full = shown.participation.len() - left_out;
        let participation: Vec<Participation> = shown
            .participation
            .iter()
            .enumerate()
            .map(|(at, block)| {
                if at < full {
                    block.clone()
                } else {
                    block.clone().left_out()
                }
            })
            .collect();
        attempts.extend(categories.iter().map(|categories| Unit {
            participation: participation.clone(),
            categories: categories.clone(),
        }));
    }
    attempts
}

fn audit_with(seen: &Seen<'_>, unit: &Unit) -> Findings {
    let mut all = Seen {
        participation: seen.participation.clone(),
        categories: seen.categories.clone(),
    };
    all.participation.extend(
        unit.participation
            .iter()
            .filter(|b| !seen.participation.contains(b)),
    );
    if !seen.categories.contains(&&unit.categories) {
        all.categories.push(&unit.categories);
    }
    audit(&all)
}

fn count_hidden(unit: &Unit, kind: Shown) -> u64 {
    let figures = unit
        .categories
        .figures
        .iter()
        .filter(|figure| figure.shown == kind)
        .count();
    let participation = unit
        .participation
        .iter()
        .filter(|block| block.measured == kind)
        .count();
    (figures + participation) as u64
}

/// Figures shown in the first attempt that the last one shows no more.
fn left_out_by_audit(first: &Unit, last: &Unit) -> u64 {
    let count = |unit: &Unit| {
        unit.categories
            .figures
            .iter()
            .filter(|f| f.shown.count().is_some())
            .count()
            + unit
                .participation
                .iter()
                .filter(|b| b.measured.count().is_some())
                .count()
    };
    count(first).saturating_sub(count(last)) as u64
}

/// A shown number: the categories it is the sum of, or `None` for participation.
type Number = (Option<Mask>, Shown);

/// Figures that both attempts show, with different numbers.
fn moved_by_audit(first: &Unit, last: &Unit) -> u64 {
    let numbers = |unit: &Unit| {
        let figures = unit
            .categories
            .figures
            .iter()
            .map(|figure| (Some(figure.mask), figure.shown));
        let participation = unit
            .participation
            .iter()
            .map(|block| (None, block.measured));
        let totals = [unit.categories.denominator, unit.categories.girls]
            .map(|total| (None, total.map_or(Shown::LeftOut, Shown::Count)));
        figures
            .chain(participation)
            .chain(totals)
            .collect::<Vec<_>>()
    };
    if first.categories.layout != last.categories.layout {
        return 0;
    }
    let moved = |(one, other): &(Number, Number)| {
        one.1
            .count()
            .zip(other.1.count())
            .is_some_and(|(one, other)| one != other)
    };
    numbers(first)
        .into_iter()
        .zip(numbers(last))
        .filter(moved)
        .count() as u64
}
