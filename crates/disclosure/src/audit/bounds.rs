//! Exact bounds of a sum of cells: a linear programme, then an integer one
//! where the linear answer is not whole.

use std::cell::Cell;
use std::collections::HashMap;

use good_lp::{Expression, ProblemVariables, Solution, SolverModel, Variable, microlp, variable};

use super::system::{Claim, Objective, Span, System};

/// How near a whole number a solver's answer counts as whole.
const WHOLE: f64 = 1e-6;

/// The solver could not answer: the claims contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the published figures contradict each other")]
pub(crate) struct Contradiction;

/// Bounds within one system, each computed once.
#[derive(Debug)]
pub(crate) struct Bounds<'a> {
    system: &'a System,
    found: HashMap<Objective, Span>,
    /// Programmes solved.
    pub(crate) solved: Cell<u64>,
}

impl<'a> Bounds<'a> {
    pub(crate) fn new(system: &'a System) -> Self {
        Self {
            system,
            found: HashMap::new(),
            solved: Cell::new(0),
        }
    }

    /// The least and greatest number of children in `cells` that everything
    /// known allows.
    pub(crate) fn of(&mut self, cells: &[usize]) -> Result<Span, Contradiction> {
        let objective = self.system.objective(cells);
        if let Some(span) = self.found.get(&objective) {
            return Ok(*span);
        }
        let least = if objective.inside.is_empty() {
            0
        } else {
            self.optimum(&objective.inside, false)?
        };
        let unlimited = objective
            .touched
            .iter()
            .any(|&class| self.system.spans[class].greatest.is_none());
        let greatest = if unlimited {
            None
        } else {
            Some(self.optimum(&objective.touched, true)?)
        };
        let span = Span { least, greatest };
        self.found.insert(objective, span);
        Ok(span)
    }

    fn optimum(&self, classes: &[usize], greatest: bool) -> Result<u32, Contradiction> {
        let (value, whole) = self.solve(classes, greatest, false)?;
        if whole {
            return Ok(value.round() as u32);
        }
        let (value, _) = self.solve(classes, greatest, true)?;
        Ok(value.round() as u32)
    }

    /// The optimum, and whether the point that reaches it is whole.
    fn solve(
        &self,
        classes: &[usize],
        greatest: bool,
        integer: bool,
    ) -> Result<(f64, bool), Contradiction> {
        self.solved.set(self.solved.get() + 1);
        let mut programme = ProblemVariables::new();
        let unknowns = self.variables(classes, integer, &mut programme);
        let objective = unknowns.sum(classes);
        let problem = if greatest {
            programme.maximise(&objective)
        } else {
            programme.minimise(&objective)
        };
        let mut model = problem.using(microlp);
        for claim in &self.system.claims {
            if !unknowns.include(claim) {
                continue;
            }
            let children = unknowns.sum(&claim.cells);
            if claim.span.least > 0 {
                model = model.with(children.clone().geq(f64::from(claim.span.least)));
            }
            if let Some(most) = claim.span.greatest {
                model = model.with(children.leq(f64::from(most)));
            }
        }
        let solution = model.solve().map_err(|_| Contradiction)?;
        let whole = unknowns.0.iter().flatten().all(|&unknown| {
            let value = solution.value(unknown);
            (value - value.round()).abs() < WHOLE
        });
        Ok((solution.eval(&objective), whole))
    }

    /// One variable for each class that is connected with `classes`, within its own bounds.
    fn variables(
        &self,
        classes: &[usize],
        integer: bool,
        programme: &mut ProblemVariables,
    ) -> Variables {
        let asked: Vec<usize> = classes
            .iter()
            .map(|&class| self.system.part_of[class])
            .collect();
        let unknowns = self
            .system
            .spans
            .iter()
            .zip(&self.system.part_of)
            .map(|(span, part)| {
                asked.contains(part).then(|| {
                    let mut unknown = variable().min(f64::from(span.least));
                    if let Some(most) = span.greatest {
                        unknown = unknown.max(f64::from(most));
                    }
                    programme.add(if integer { unknown.integer() } else { unknown })
                })
            })
            .collect();
        Variables(unknowns)
    }
}

/// The variables of one programme: for each class its variable, or `None` where it is not
/// connected with what is asked.
struct Variables(Vec<Option<Variable>>);

impl Variables {
    fn sum(&self, classes: &[usize]) -> Expression {
        classes
            .iter()
            .filter_map(|&class| self.0[class])
            .sum::<Expression>()
    }

    /// Whether a claim is about these variables. Its cells are all connected, so the first one tells.
    fn include(&self, claim: &Claim) -> bool {
        claim
            .cells
            .first()
            .is_some_and(|&class| self.0[class].is_some())
    }
}
