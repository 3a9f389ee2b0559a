//! What an attacker knows, as inequalities over whole numbers of children.
//!
//! Cells that no figure tells apart are one unknown: only their sum is bounded.
//! That keeps a school's system at some twenty unknowns, and is exact: within
//! such a class any one cell may be nought as long as another can carry the rest.

use std::collections::{BTreeMap, HashMap};

/// A span of possible values; `None` above where nothing limits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) least: u32,
    pub(crate) greatest: Option<u32>,
}

/// One thing known: the children of these cells together number within `span`.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) cells: Vec<usize>,
    pub(crate) span: Span,
}

/// Claims over cells, with cells merged into classes that no claim tells apart.
#[derive(Debug)]
pub(crate) struct System {
    /// For each cell its class.
    class_of: Vec<usize>,
    /// For each class how many cells it has.
    sizes: Vec<usize>,
    /// Claims over classes.
    pub(crate) claims: Vec<Claim>,
    /// For each class its span by bound propagation.
    pub(crate) spans: Vec<Span>,
    /// For each class the part of the system it belongs to: classes that no
    /// chain of claims connects cannot bound each other.
    pub(crate) part_of: Vec<usize>,
}

/// Classes that count towards the least and the greatest value of a target.
#[derive(Debug, PartialEq, Eq, Hash, Clone, PartialOrd, Ord)]
pub(crate) struct Objective {
    /// Classes wholly inside the target.
    pub(crate) inside: Vec<usize>,
    /// Classes inside the target or partly so.
    pub(crate) touched: Vec<usize>,
}

impl System {
    /// The system of `claims` over cells `0..cells`.
    pub(crate) fn new(cells: usize, claims: &[Claim]) -> Self {
        let mut signatures = vec![Vec::new(); cells];
        for (index, claim) in claims.iter().enumerate() {
            for &cell in &claim.cells {
                signatures[cell].push(index);
            }
        }
        let mut classes: HashMap<Vec<usize>, usize> = HashMap::new();
        let mut class_of = Vec::with_capacity(cells);
        let mut sizes = Vec::new();
        for signature in signatures {
            let next = classes.len();
            let class = *classes.entry(signature).or_insert(next);
            if class == sizes.len() {
                sizes.push(0);
            }
            sizes[class] += 1;
            class_of.push(class);
        }
        let claims: Vec<Claim> = claims
            .iter()
            .map(|claim| {
                let mut cells: Vec<usize> =
                    claim.cells.iter().map(|&cell| class_of[cell]).collect();
                cells.sort_unstable();
                cells.dedup();
                Claim {
                    cells,
                    span: claim.span,
                }
            })
            .collect();
        let spans = vec![
            Span {
                least: 0,
                greatest: None
            };
            sizes.len()
        ];
        let part_of = parts(sizes.len(), &claims);
        let mut system = Self {
            class_of,
            sizes,
            claims,
            spans,
            part_of,
        };
        system.propagate();
        system
    }

    /// The classes that bound the sum of some cells.
    pub(crate) fn objective(&self, cells: &[usize]) -> Objective {
        let mut covered: BTreeMap<usize, usize> = BTreeMap::new();
        for &cell in cells {
            *covered.entry(self.class_of[cell]).or_default() += 1;
        }
        Objective {
            inside: covered
                .iter()
                .filter(|(class, n)| self.sizes[**class] == **n)
                .map(|(class, _)| *class)
                .collect(),
            touched: covered.keys().copied().collect(),
        }
    }

    /// Tightens each class by each claim until nothing moves: cheap, and enough
    /// to prove most exposures without a solver.
    fn propagate(&mut self) {
        for _ in 0..50 {
            let mut moved = false;
            for claim in &self.claims {
                for &class in &claim.cells {
                    let others = || {
                        claim
                            .cells
                            .iter()
                            .filter(|&&other| other != class)
                            .map(|&other| self.spans[other])
                    };
                    let least_others: u32 = others().map(|span| span.least).sum();
                    let greatest_others = others().map(|span| span.greatest).sum::<Option<u32>>();
                    let mut span = self.spans[class];
                    if let Some(greatest) = claim.span.greatest {
                        let limit = greatest.saturating_sub(least_others);
                        span.greatest = Some(span.greatest.map_or(limit, |now| now.min(limit)));
                    }
                    if let Some(others) = greatest_others {
                        span.least = span.least.max(claim.span.least.saturating_sub(others));
                    }
                    moved |= span != self.spans[class];
                    self.spans[class] = span;
                }
            }
            if !moved {
                break;
            }
        }
    }
}

/// Numbers the connected parts: two classes in one claim are in one part.
fn parts(classes: usize, claims: &[Claim]) -> Vec<usize> {
    let mut part_of: Vec<usize> = (0..classes).collect();
    loop {
        let mut moved = false;
        for claim in claims {
            let least = claim
                .cells
                .iter()
                .map(|&class| part_of[class])
                .min()
                .unwrap_or(0);
            for &class in &claim.cells {
                moved |= part_of[class] != least;
                part_of[class] = least;
            }
        }
        if !moved {
            return part_of;
        }
    }
}
