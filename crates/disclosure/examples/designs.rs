//! Compares designs of a school's tables on synthetic authorities: how much each shows, and how much each gives away
//! to an attacker written apart from the audit: one linear programme over every cell, no classes, no propagation.
//!
//! `cargo run --release -p disclosure --example designs`

#![expect(
    clippy::expect_used,
    reason = "an example that cannot build its input should stop"
)]

#[expect(dead_code, reason = "others use the rest of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use disclosure::{History, Request, Value, make, nearest};
use good_lp::{Expression, ProblemVariables, Solution, SolverModel, Variable, microlp, variable};
use programme::Audience;
use support::{Authority, Random, day, urn, year};

/// Cells of one school and year group: `[year][sex][category]`, four categories.
type Cells = [[[u32; 4]; 2]; 3];
/// What is known: a set of cells and the least and greatest sum.
type Known = (Vec<usize>, f64, f64);

fn index(year: usize, sex: usize, category: usize) -> usize {
    (year * 2 + sex) * 4 + category
}

fn sum(cells: &Cells, set: &[usize]) -> u32 {
    set.iter().map(|at| cells[at / 8][at / 4 % 2][at % 4]).sum()
}

fn set(years: &[usize], sexes: &[usize], categories: &[usize]) -> Vec<usize> {
    let mut all = Vec::new();
    for &y in years {
        for &s in sexes {
            all.extend(categories.iter().map(|&c| index(y, s, c)));
        }
    }
    all
}

/// The national rule for one count, as the attacker reads it.
fn shown(cells: &Cells, set: Vec<usize>) -> Known {
    let count = sum(cells, &set);
    if count <= 7 {
        (set, 0.0, 7.0)
    } else {
        let shown = f64::from(nearest(count));
        (set, (shown - 2.0).max(8.0), shown + 2.0)
    }
}

/// The least or greatest sum of `target` that fits `known`.
fn extreme(known: &[Known], target: &[usize], greatest: bool) -> Option<f64> {
    let mut variables = ProblemVariables::new();
    let cells: Vec<Variable> = (0..24)
        .map(|_| variables.add(variable().min(0.0).max(500.0)))
        .collect();
    let total = |set: &[usize]| set.iter().map(|&at| cells[at]).sum::<Expression>();
    let objective = total(target);
    let problem = if greatest {
        variables.maximise(&objective)
    } else {
        variables.minimise(&objective)
    };
    let mut model = problem.using(microlp);
    for (set, least, most) in known {
        model = model
            .with(total(set).geq(*least))
            .with(total(set).leq(*most));
    }
    model.solve().ok().map(|solution| solution.eval(&objective))
}

/// Sensitive cells, and those of them that are exposed: fewer than six values left, or nought ruled out.
fn attack(cells: &Cells, known: &[Known]) -> (usize, usize) {
    let (mut sensitive, mut exposed) = (0, 0);
    let spans: [&[usize]; 4] = [&[0], &[1], &[2], &[0, 1, 2]];
    for years in spans {
        for sexes in [&[0][..], &[1][..], &[0, 1][..]] {
            for category in 0..4 {
                let target = set(years, sexes, &[category]);
                if !(1..=7).contains(&sum(cells, &target)) {
                    continue;
                }
                sensitive += 1;
                let least = extreme(known, &target, false);
                let most = extreme(known, &target, true);
                if let (Some(least), Some(most)) = (least, most) {
                    let (least, most) = ((least - 1e-6).ceil(), (most + 1e-6).floor());
                    exposed += usize::from(least > 0.5 || most - least < 4.5);
                }
            }
        }
    }
    (sensitive, exposed)
}

/// Participation of each year and one pooled table, as rounded.
fn few_tables(cells: &Cells) -> Vec<Known> {
    let mut known: Vec<Known> = (0..4)
        .map(|c| shown(cells, set(&[0, 1, 2], &[0, 1], &[c])))
        .collect();
    known.push(shown(cells, set(&[0, 1, 2], &[0, 1], &[0, 1, 2, 3])));
    known.extend((0..3).map(|y| shown(cells, set(&[y], &[0, 1], &[0, 1, 2, 3]))));
    known
}

/// Every year and the pooled ones, with every margin.
fn many_tables(cells: &Cells) -> Vec<Known> {
    let spans: [&[usize]; 4] = [&[0], &[1], &[2], &[0, 1, 2]];
    let categories: [&[usize]; 6] = [&[0], &[1], &[2], &[3], &[2, 3], &[0, 1, 2, 3]];
    let mut known = Vec::new();
    for years in spans {
        for sexes in [&[0][..], &[1][..], &[0, 1][..]] {
            known.extend(
                categories
                    .iter()
                    .map(|c| shown(cells, set(years, sexes, c))),
            );
        }
    }
    known
}

/// Few tables, of which the smallest figure above seven is left out until nothing is exposed.
fn complementary(cells: &Cells) -> (Vec<Known>, usize) {
    let mut known = few_tables(cells);
    let mut left_out = 0;
    while attack(cells, &known).1 > 0 {
        let smallest = (0..known.len())
            .filter(|&at| known[at].2 > 7.0)
            .min_by(|&one, &other| known[one].2.total_cmp(&known[other].2));
        let Some(at) = smallest else { break };
        known.remove(at);
        left_out += 1;
    }
    (known, left_out)
}

/// Few tables rounded up or down at random, sums of what is shown for every total.
fn random_rounding(cells: &Cells, random: &mut Random) -> Vec<Known> {
    let mut known: Vec<Known> = few_tables(cells)
        .into_iter()
        .enumerate()
        .filter(|(at, _)| *at != 4)
        .map(|(_, (set, least, most))| {
            let count = sum(cells, &set);
            if count <= 7 {
                return (set, least, most);
            }
            let down = f64::from(count / 5 * 5);
            let up = random.chance(f64::from(count % 5) / 5.0);
            let shown = if up { down + 5.0 } else { down };
            (set, (shown - 4.0).max(8.0), shown + 4.0)
        })
        .collect();
    known.truncate(7);
    known
}

/// What stands in this crate's own file, read as any reader would.
fn published(
    table: &disclosure::SafeTable,
    group: programme::YearGroup,
    years: [programme::AcademicYear; 3],
) -> (Vec<Known>, bool) {
    let mut known = Vec::new();
    let mut useful = true;
    for row in table.rows().iter().filter(|row| row.year_group == group) {
        let span: Vec<usize> = (0..3)
            .filter(|&at| row.academic_years.contains(&years[at]))
            .collect();
        let categories: &[usize] = match row.category.as_deref() {
            Some("underweight") => &[0],
            Some("healthy_weight") => &[1],
            Some("overweight") => &[2],
            Some("very_overweight") => &[3],
            _ => &[0, 1, 2, 3],
        };
        let mut learn = |set: Vec<usize>, value: Value| match value {
            Value::Count(count) => known.push((
                set,
                (f64::from(count) - 2.0).max(8.0),
                f64::from(count) + 2.0,
            )),
            Value::Confidential => known.push((set, 0.0, 7.0)),
            _ => {}
        };
        learn(set(&span, &[0, 1], categories), row.numerator);
        if row.category.as_deref() == Some("underweight") {
            learn(set(&span, &[0, 1], &[0, 1, 2, 3]), row.denominator);
        }
        let asked = row.category.as_deref() != Some("underweight");
        useful &= !asked || matches!(row.percent, Value::Percent(_));
    }
    (known, useful)
}

#[derive(Default)]
struct Tally {
    sensitive: usize,
    exposed: usize,
    tables: usize,
    useful: usize,
    figures: usize,
    shown: usize,
}

impl Tally {
    fn add(&mut self, cells: &Cells, known: &[Known], figures: usize, useful: bool) {
        let (sensitive, exposed) = attack(cells, known);
        self.sensitive += sensitive;
        self.exposed += exposed;
        self.tables += 1;
        self.useful += usize::from(useful);
        self.figures += figures;
        self.shown += known.iter().filter(|known| known.2 > 7.0).count();
    }

    fn print(&self, name: &str) {
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        println!(
            "| {name} | {:.1} % | {:.1} % | {:.2} % ({} of {}) |",
            share(self.useful, self.tables),
            share(self.shown, self.figures),
            share(self.exposed, self.sensitive),
            self.exposed,
            self.sensitive,
        );
    }
}

/// Whether healthy weight, overweight, very overweight and their total are shown.
fn has_categories(known: &[Known]) -> bool {
    let pooled = |categories: &[usize]| {
        let wanted = set(&[0, 1, 2], &[0, 1], categories);
        known.iter().any(|known| known.0 == wanted && known.2 > 7.0)
    };
    pooled(&[1]) && pooled(&[2]) && pooled(&[3]) && pooled(&[0, 1, 2, 3])
}

fn main() {
    let years = [year(2024), year(2025), year(2026)];
    for (title, schools, cohort) in [
        ("60 schools, cohorts of 15 to 90", 60, (15, 90)),
        ("60 two-form schools", 60, (55, 55)),
    ] {
        let mut random = Random::seeded(7);
        let area = Authority::new(&mut random, schools, cohort, &years, &[]);
        let raw = area.table(day(2027, 7, 1));
        let mut tallies: [Tally; 5] = Default::default();
        for school in 0..schools {
            let request = Request {
                number: 1,
                audience: Audience::School(urn(school)),
                years: years.to_vec(),
            };
            let release = make(&raw, &request, &History::default()).expect("a release");
            for group in programme::YearGroup::ALL {
                let mut cells: Cells = Default::default();
                for child in area
                    .children
                    .iter()
                    .filter(|c| c.school == school && c.group == group)
                {
                    if let Some(category) = child.category {
                        let at = years
                            .iter()
                            .position(|y| *y == child.year)
                            .expect("one of the years");
                        cells[at][child.sex as usize][(category as usize).min(3)] += 1;
                    }
                }
                let many = many_tables(&cells);
                tallies[0].add(&cells, &many, 72, has_categories(&many));
                let few = few_tables(&cells);
                tallies[1].add(&cells, &few, 8, has_categories(&few));
                let (hidden, _) = complementary(&cells);
                tallies[2].add(&cells, &hidden, 8, has_categories(&hidden));
                let rounded = random_rounding(&cells, &mut random);
                let all = rounded.iter().skip(1).take(3).all(|known| known.2 > 7.0);
                tallies[3].add(&cells, &rounded, 7, all);
                let (ours, useful) = published(release.table(), group, years);
                tallies[4].add(&cells, &ours[..], 8, useful);
            }
        }
        println!(
            "\n{title}\n\n| design | useful | figures shown | sensitive cells exposed |\n|---|---|---|---|"
        );
        for (tally, name) in tallies.iter().zip([
            "national rule, every year, sex and margin",
            "national rule, participation and one pooled table",
            "the same, figures left out until protected",
            "the same, rounded at random, totals summed",
            "independent figures, moved where they would tell (chosen)",
        ]) {
            tally.print(name);
        }
    }
}
