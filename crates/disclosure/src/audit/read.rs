//! Reads blocks as an attacker does: as inequalities, whose bounds are the findings.

use super::bounds::{Bounds, Contradiction};
use super::system::{Claim, Span, System};
use super::targets::targets;
use super::unknowns::Unknowns;
use crate::block::{Categories, Participation};
use crate::design::{SMALLEST_ROW, tables};
use crate::evidence::Findings;
use crate::model::{AreaType, Mask, YearCounts};
use crate::round::{LARGEST_HIDDEN, SLACK, Shown};

/// Everything one audience has seen of one place and year group.
#[derive(Debug, Default)]
pub(crate) struct Seen<'a> {
    pub(crate) participation: Vec<&'a Participation>,
    pub(crate) categories: Vec<&'a Categories>,
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
    let mut unknowns = Unknowns::default();
    let mut claims = Vec::new();
    let mut windows = Vec::new();
    for block in &seen.categories {
        let versions: Vec<usize> = block
            .window
            .iter()
            .zip(&block.truth)
            .map(|(year, truth)| unknowns.version(*year, truth))
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
        let version = unknowns.version(block.year, &block.truth);
        let mut cells: Vec<usize> = Unknowns::cells(version, Mask::ALL).collect();
        if reading == Reading::Notes && block.truth.measured > block.truth.assessed() {
            cells.push(Unknowns::without_category(version));
        }
        claims.extend(claim(
            cells,
            block.measured,
            least_hidden(reading, block.area.kind),
        ));
    }
    let targets = targets(&unknowns, &windows);
    let system = System::new(unknowns.len(), &claims);
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
                span.least <= least_by_symbols(&target, &claims),
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
fn least_by_symbols(target: &[usize], claims: &[Claim]) -> u32 {
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
