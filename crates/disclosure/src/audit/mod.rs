//! The audit: what everybody who holds these blocks can work out.
//!
//! It takes all that one audience sees of one place and year group, states it
//! as inequalities, and asks for every count of 0 to 7, shown or implied, which
//! values remain possible. A count of nought is asked about exactly like one of
//! four: an audit that passed over noughts would give them away by its silence.
//!
//! The attacker believes every figure that is printed, sums and totals too: that
//! it was rounded by itself and not moved. A reader who allows for sums of
//! rounded numbers and for moves can only know less. Where a year's counts were
//! the same at two dates, the attacker is taken to know that they were. Figures
//! that an attacker who believes them would find contradictory do not pass
//! either: the contradiction would show that something was moved, and so what.
//! Since readers differ in what they believe, the audit is made once for each
//! [`Reading`], and all must pass.

mod bounds;
mod system;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::block::{Categories, Participation};
use crate::design::{
    ABOVE_HEALTHY, FEWEST_VALUES, NOT_SEVERELY, SEVERELY_OBESE, SMALLEST_ROW, SPLIT, tables,
};
use crate::evidence::Findings;
use crate::model::{AreaType, Mask, YearCounts};
use crate::round::{LARGEST_HIDDEN, SLACK, Shown};
use bounds::{Bounds, Contradiction};
use programme::{AcademicYear, Sex};
use system::{Claim, Span, System};

/// Everything one audience has seen of one place and year group.
#[derive(Debug, Default)]
pub(crate) struct Seen<'a> {
    pub(crate) participation: Vec<&'a Participation>,
    pub(crate) categories: Vec<&'a Categories>,
}

/// A year's counts as they were at one time or several.
struct Version {
    year: AcademicYear,
    truth: YearCounts,
}

/// Unknowns: ten cells and the children without a category, for each version.
struct Unknowns(Vec<Version>);

/// Unknowns for each version.
const STRIDE: usize = 11;

impl Unknowns {
    fn at(&mut self, year: AcademicYear, truth: &YearCounts) -> usize {
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

    fn cells(version: usize, mask: Mask) -> impl Iterator<Item = usize> {
        mask.cells()
            .map(move |(sex, category)| version * STRIDE + sex * 5 + category)
    }

    fn truth(&self, cell: usize) -> u32 {
        let truth = &self.0[cell / STRIDE].truth;
        match cell % STRIDE {
            10 => truth.measured - truth.assessed(),
            at => truth.cells[at / 5][at % 5],
        }
    }
}

/// What a reader takes the files to mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// As the notes say: `[c]` is 0 to 7; some children measured have no category.
    Notes,
    /// As the national rule has it: `[c]` in an authority's file is 1 to 7, and
    /// every child measured has a category.
    Rule,
}

/// Finds the bounds of every count of 0 to 7 that `seen` shows or implies, as
/// every kind of reader would.
pub(crate) fn audit(seen: &Seen<'_>) -> Findings {
    let mut findings = read(seen, Reading::Notes);
    let unlike = |truth: &YearCounts| truth.measured > truth.assessed();
    let differs =
        seen.categories.iter().any(|block| {
            block.area.kind == AreaType::LocalAuthority || block.truth.iter().any(unlike)
        }) || seen.participation.iter().any(|block| unlike(&block.truth));
    if differs && findings.passed() {
        let other = read(seen, Reading::Rule);
        findings.exposed += other.exposed;
        findings.solved += other.solved;
        findings.contradiction |= other.contradiction;
        findings.narrowest = [findings.narrowest, other.narrowest]
            .into_iter()
            .flatten()
            .min();
    }
    findings
}

fn read(seen: &Seen<'_>, reading: Reading) -> Findings {
    let mut unknowns = Unknowns(Vec::new());
    let mut claims = Vec::new();
    let mut windows = Vec::new();
    for block in &seen.categories {
        let versions: Vec<usize> = block
            .window
            .iter()
            .zip(&block.truth)
            .map(|(year, truth)| unknowns.at(*year, truth))
            .collect();
        for figure in block.printed(tables(block.area.kind)) {
            let cells = versions
                .iter()
                .flat_map(|&v| Unknowns::cells(v, figure.mask))
                .collect();
            claims.extend(claim(
                cells,
                figure.shown,
                least_hidden(reading, block.area.kind),
            ));
        }
        windows.push(versions);
    }
    for block in &seen.participation {
        let version = unknowns.at(block.year, &block.truth);
        let mut cells: Vec<usize> = Unknowns::cells(version, Mask::ALL).collect();
        if reading == Reading::Notes && block.truth.measured > block.truth.assessed() {
            cells.push(version * STRIDE + 10);
        }
        claims.extend(claim(
            cells,
            block.measured,
            least_hidden(reading, block.area.kind),
        ));
    }
    let targets = targets(&unknowns, &windows);
    let system = System::new(unknowns.0.len() * STRIDE, &claims);
    let mut bounds = Bounds::new(&system);
    let mut findings = Findings::default();
    for target in targets {
        findings.cells += 1;
        let truth: u32 = target.iter().map(|&cell| unknowns.truth(cell)).sum();
        if truth > LARGEST_HIDDEN {
            continue;
        }
        match bounds.of(&target) {
            Ok(span) => findings.note(
                span.greatest.map(|most| most - span.least + 1),
                span.least <= said(&target, &claims),
            ),
            Err(Contradiction) => findings.contradiction = true,
        }
    }
    findings.solved = bounds.solved.get();
    findings
}

/// The least count that `[c]` can stand for.
fn least_hidden(reading: Reading, kind: AreaType) -> u32 {
    u32::from(reading == Reading::Rule && kind == AreaType::LocalAuthority)
}

/// The children that the symbols themselves say are among `target`: one for
/// each `[c]` within it that a reader takes to be one or more.
fn said(target: &[usize], claims: &[Claim]) -> u32 {
    let hidden = claims.iter().filter(|claim| {
        claim.span.greatest == Some(LARGEST_HIDDEN)
            && claim.span.least > 0
            && claim.cells.iter().all(|cell| target.contains(cell))
    });
    let mut counted: Vec<&[usize]> = Vec::new();
    for claim in hidden {
        if counted
            .iter()
            .all(|cells| claim.cells.iter().all(|cell| !cells.contains(cell)))
        {
            counted.push(&claim.cells);
        }
    }
    counted.len() as u32
}

fn claim(cells: Vec<usize>, shown: Shown, least_hidden: u32) -> Option<Claim> {
    let span = match shown {
        Shown::Count(count) => Span {
            least: count.saturating_sub(SLACK).max(SMALLEST_ROW),
            greatest: Some(count + SLACK),
        },
        Shown::Confidential => Span {
            least: least_hidden,
            greatest: Some(LARGEST_HIDDEN),
        },
        Shown::LeftOut => return None,
    };
    Some(Claim { cells, span })
}

/// Every set of cells that somebody might ask about: cells, categories, sexes
/// and totals of each year, of each window, and of what tells two windows apart.
fn targets(unknowns: &Unknowns, windows: &[Vec<usize>]) -> BTreeSet<Vec<usize>> {
    let mut spans: BTreeSet<Vec<usize>> =
        (0..unknowns.0.len()).map(|version| vec![version]).collect();
    for one in windows {
        spans.insert(one.clone());
        for other in windows {
            let apart: Vec<usize> = one
                .iter()
                .filter(|version| !other.contains(version))
                .copied()
                .collect();
            if !apart.is_empty() {
                spans.insert(apart);
            }
        }
    }
    let sexes = [None, Some(Sex::Female), Some(Sex::Male)];
    let groups = SPLIT
        .into_iter()
        .chain([NOT_SEVERELY, SEVERELY_OBESE, ABOVE_HEALTHY]);
    let mut masks: BTreeSet<Mask> = groups
        .flat_map(|group| sexes.map(|sex| group.mask(sex)))
        .collect();
    masks.extend(sexes.map(|sex| sex.map_or(Mask::ALL, crate::block::only)));
    spans
        .iter()
        .flat_map(|span| {
            masks.iter().map(|&mask| {
                let mut cells: Vec<usize> = span
                    .iter()
                    .flat_map(|&v| Unknowns::cells(v, mask))
                    .collect();
                cells.sort_unstable();
                cells
            })
        })
        .collect()
}

/// Whether a count with this many values left, nought among them or not, is protected.
pub(crate) fn protected(values: Option<u32>, nought_possible: bool) -> bool {
    nought_possible && values.is_none_or(|values| values >= FEWEST_VALUES)
}
