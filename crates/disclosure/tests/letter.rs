//! A reader who takes the files by the letter, and knows nothing of this program.
//!
//! It reads the text of the tidy files only. A number r means r − 2 to r + 2, and eight at least; `[c]` means 1 to 7,
//! 0 to 7 in a school's file; sums are exact along sex, category, year and school within authority. One linear
//! programme over every single cell tells how many values remain for each; a second reader lays each month's files
//! beside those of the month before. The true counts serve only to say whether what was found is a secret.

#![expect(
    clippy::expect_used,
    reason = "a helper that cannot build its input fails the test"
)]

#[expect(dead_code, reason = "others use the rest of it")]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use disclosure::{COLUMNS, SafeTable};
use good_lp::{Expression, ProblemVariables, Solution, SolverModel, Variable, microlp, variable};
use support::months::{Made, Plan, run};
use support::{AUTHORITY, Child, urn};

/// One line of a file, as text.
#[derive(Clone)]
struct Line(BTreeMap<&'static str, String>);

impl Line {
    fn get(&self, column: &str) -> &str {
        &self.0[column]
    }

    fn years(&self) -> Vec<String> {
        self.get("academic_years")
            .split(';')
            .map(str::to_owned)
            .collect()
    }

    /// The categories counted, a letter each: underweight, healthy, overweight, very overweight but not severely,
    /// severely obese.
    fn categories(&self) -> &'static str {
        match self.get("category") {
            "underweight" => "U",
            "healthy_weight" => "H",
            "overweight" => "O",
            "very_overweight" => "VS",
            "severely_obese" => "S",
            "overweight_or_very_overweight" => "OVS",
            _ => "UHOVS",
        }
    }

    fn sexes(&self) -> &'static str {
        match self.get("sex") {
            "F" => "F",
            "M" => "M",
            _ => "FM",
        }
    }
}

/// The file as it would be written, and read again.
fn lines(table: &SafeTable) -> Vec<Line> {
    let text: Vec<String> = table.records().map(|record| record.join(",")).collect();
    text.iter()
        .map(|line| {
            let entries = line.split(',').map(str::to_owned);
            Line(COLUMNS.into_iter().zip(entries).collect())
        })
        .collect()
}

/// A cell of one area and date: `(area, as_at, year, sex, category)`.
type Cell = (String, String, String, char, char);

fn cells(line: &Line, years: &[String], sexes: &str, categories: &str) -> Vec<Cell> {
    let area = line.get("area_code").to_owned();
    let as_at = line.get("as_at").to_owned();
    let mut all = Vec::new();
    for year in years {
        for sex in sexes.chars() {
            for category in categories.chars() {
                all.push((area.clone(), as_at.clone(), year.clone(), sex, category));
            }
        }
    }
    all
}

/// What one entry of a file means by the letter.
fn meaning(entry: &str, school: bool) -> Option<(f64, f64)> {
    match entry {
        "[c]" if school => Some((0.0, 7.0)),
        "[c]" => Some((1.0, 7.0)),
        "0" => Some((0.0, 0.0)),
        _ => {
            let shown: f64 = entry.parse().ok()?;
            Some(((shown - 2.0).max(8.0), shown + 2.0))
        }
    }
}

/// Everything that some files say of one year group.
#[derive(Default)]
struct Knowledge {
    index: BTreeMap<Cell, usize>,
    known: Vec<(Vec<usize>, f64, f64)>,
    /// Pairs of a school's cell and the authority's cell it is part of.
    within: Vec<(usize, usize)>,
    asked: BTreeSet<Vec<Cell>>,
}

impl Knowledge {
    fn of(files: &[&[Line]], group: &str) -> Self {
        let mut knowledge = Self::default();
        for line in files.iter().copied().flatten() {
            if line.get("year_group") == group {
                knowledge.learn(line);
            }
        }
        let pairs = knowledge.index.iter().filter_map(|(cell, &at)| {
            let whole = (
                AUTHORITY.to_owned(),
                cell.1.clone(),
                cell.2.clone(),
                cell.3,
                cell.4,
            );
            let whole = *knowledge.index.get(&whole)?;
            (cell.0 != AUTHORITY).then_some((at, whole))
        });
        knowledge.within = pairs.collect();
        knowledge
    }

    fn learn(&mut self, line: &Line) {
        let school = line.get("area_type") == "school";
        let (years, sexes) = (line.years(), line.sexes());
        let participation = line.get("measure") == "participation";
        let whole = if participation {
            "numerator"
        } else {
            "denominator"
        };
        for (entry, categories) in [("numerator", line.categories()), (whole, "UHOVS")] {
            let set: Vec<usize> = cells(line, &years, sexes, categories)
                .into_iter()
                .map(|cell| {
                    let next = self.index.len();
                    *self.index.entry(cell).or_insert(next)
                })
                .collect();
            if let Some((least, most)) = meaning(line.get(entry), school) {
                self.known.push((set, least, most));
            }
        }
        for span in std::iter::once(years.clone()).chain(years.iter().map(|y| vec![y.clone()])) {
            for sexes in ["F", "M", "FM"] {
                for categories in ["U", "H", "O", "VS", "V", "S", "OVS"] {
                    self.asked.insert(cells(line, &span, sexes, categories));
                }
            }
        }
    }

    /// The least or greatest number of children in `set`; `None` where the files contradict each other.
    fn extreme(&self, set: &[Cell], greatest: bool) -> Option<f64> {
        let mut variables = ProblemVariables::new();
        let cells: Vec<Variable> = (0..self.index.len())
            .map(|_| variables.add(variable().min(0.0).max(100_000.0)))
            .collect();
        let objective: Expression = set.iter().map(|cell| cells[self.index[cell]]).sum();
        let problem = if greatest {
            variables.maximise(&objective)
        } else {
            variables.minimise(&objective)
        };
        let mut model = problem.using(microlp);
        for (set, least, most) in &self.known {
            let total: Expression = set.iter().map(|&at| cells[at]).sum();
            model = model.with(total.clone().geq(*least)).with(total.leq(*most));
        }
        for &(part, whole) in &self.within {
            let part: Expression = cells[part].into();
            model = model.with(part.leq(cells[whole]));
        }
        model.solve().ok().map(|solution| solution.eval(&objective))
    }

    /// The children whom the symbols themselves say are in `set`.
    fn said(&self, set: &[Cell]) -> f64 {
        let inside: BTreeSet<usize> = set.iter().map(|cell| self.index[cell]).collect();
        let hidden = |known: &&(Vec<usize>, f64, f64)| {
            (known.1 - 1.0).abs() < 0.5
                && known.2 < 7.5
                && known.0.iter().all(|at| inside.contains(at))
        };
        let parts: BTreeSet<&Vec<usize>> = self
            .known
            .iter()
            .filter(hidden)
            .map(|known| &known.0)
            .collect();
        parts.len() as f64
    }
}

fn letter(child: &Child) -> Option<char> {
    child
        .category
        .map(|category| b"UHOVS"[category as usize] as char)
}

/// The true number of children in a set of cells, on the day of the figure.
fn truth(days: &BTreeMap<String, Vec<Child>>, group: &str, set: &[Cell]) -> usize {
    let (area, as_at, ..) = &set[0];
    days[as_at]
        .iter()
        .filter(|child| {
            let here = area == AUTHORITY || *area == urn(child.school).to_string();
            let sex = if child.sex.to_string() == "F" {
                'F'
            } else {
                'M'
            };
            here && child.group.code() == group
                && letter(child).is_some_and(|category| {
                    let year = child.year.to_string();
                    set.iter()
                        .any(|cell| cell.2 == year && cell.3 == sex && cell.4 == category)
                })
        })
        .count()
}

/// Attacks the files one reader holds; returns how many secrets withstood.
fn attack(files: &[&[Line]], days: &BTreeMap<String, Vec<Child>>, who: &str) -> usize {
    let mut withstood = 0;
    for group in ["R", "6"] {
        let knowledge = Knowledge::of(files, group);
        for set in &knowledge.asked {
            if truth(days, group, set) > 7 {
                continue;
            }
            let least = knowledge.extreme(set, false).expect("files that agree");
            let most = knowledge.extreme(set, true).expect("files that agree");
            let (least, most) = ((least - 1e-6).ceil(), (most + 1e-6).floor());
            assert!(
                most - least > 4.5 && least <= knowledge.said(set) + 0.5,
                "{who}, year group {group}, {set:?}: only {least} to {most} left"
            );
            withstood += 1;
        }
    }
    withstood
}

/// Everything of one run that readers hold: the files by month and audience, the children by day.
#[derive(Default)]
struct Held {
    files: Vec<BTreeMap<String, Vec<Line>>>,
    days: BTreeMap<String, Vec<Child>>,
}

fn months(plan: &Plan) -> Held {
    let mut held = Held::default();
    run(plan, |made: &Made<'_>| {
        assert!(made.release.evidence().passed());
        if held.files.len() <= made.month as usize {
            held.files.push(BTreeMap::new());
            let day = made.release.as_at().to_string();
            held.days.insert(day, made.children.to_vec());
        }
        let audience = made.release.audience().to_string();
        held.files[made.month as usize].insert(audience, lines(made.release.table()));
    });
    held
}

#[test]
fn a_school_that_also_has_the_authoritys_and_the_public_files_learns_nothing_of_few_children() {
    // Schools of all sizes; one class, where most is hidden; an authority of three small schools.
    for (schools, cohort, seed) in [(5, (15, 90), 1), (4, (6, 30), 2), (3, (10, 18), 3)] {
        let plan = Plan {
            seed,
            cohort,
            months: 9,
            unrest: 0.02,
            ..Plan::of(schools)
        };
        let held = months(&plan);
        let mut withstood = 0;
        for month in [0, 8] {
            let files = &held.files[month];
            let all = ["public".to_owned(), format!("la:{AUTHORITY}")];
            let wide: Vec<&[Line]> = all.iter().map(|name| &files[name][..]).collect();
            withstood += attack(&wide, &held.days, "authority");
            for school in 0..2 {
                let name = format!("school:{}", urn(school));
                let own: &[Line] = &files[&name];
                withstood += attack(&[own], &held.days, &name);
                let both = [own, &files["public"]];
                withstood += attack(&both, &held.days, &name);
            }
        }
        assert!(withstood > 100, "only {withstood} secrets were attacked");
    }
}

/// What identifies a line from month to month.
fn key(line: &Line) -> [String; 5] {
    let school = line.get("area_type") == "school" && line.get("category") != "[z]";
    let years = if school {
        ""
    } else {
        line.get("academic_years")
    };
    let same = ["area_code", "year_group", "sex", "category"].map(|c| line.get(c).to_owned());
    let [area, group, sex, category] = same;
    [area, group, sex, category, years.to_owned()]
}

/// How many children a line counts now and did not then, or the other way about.
fn behind(then: (&Line, &[Child]), now: (&Line, &[Child]), whole: bool) -> usize {
    let counted = |(line, children): (&Line, &[Child]), at: usize| {
        children.get(at).is_some_and(|child| {
            let area = line.get("area_code");
            let categories = if whole { "UHOVS" } else { line.categories() };
            (area == AUTHORITY || area == urn(child.school).to_string())
                && child.group.code() == line.get("year_group")
                && line.sexes().contains(&child.sex.to_string())
                && line.years().contains(&child.year.to_string())
                && letter(child).is_some_and(|category| categories.contains(category))
        })
    };
    (0..then.1.len().max(now.1.len()))
        .filter(|&at| counted(then, at) != counted(now, at))
        .count()
}

#[test]
fn no_figure_changes_from_one_month_to_the_next_for_fewer_than_eight_children() {
    for plan in [
        Plan {
            unrest: 0.02,
            months: 21,
            ..Plan::of(6)
        },
        Plan::of(40),
    ] {
        let held = months(&plan);
        let days: Vec<&Vec<Child>> = held.days.values().collect();
        let mut changed = 0;
        for month in 1..held.files.len() {
            for (audience, files) in &held.files[month] {
                let before: BTreeMap<_, &Line> = held.files[month - 1][audience]
                    .iter()
                    .map(|line| (key(line), line))
                    .collect();
                for line in files {
                    let Some(&earlier) = before.get(&key(line)) else {
                        continue;
                    };
                    let pairs = ((earlier, &days[month - 1][..]), (line, &days[month][..]));
                    for (entry, whole) in [("numerator", false), ("denominator", true)] {
                        // Children eligible follow the children measured: they are no figure of their own.
                        let follows = whole && line.get("category") == "[z]";
                        let (was, is) = (earlier.get(entry), line.get(entry));
                        let symbols = was.starts_with('[') && is.starts_with('[');
                        if follows || symbols || was == is {
                            continue;
                        }
                        changed += 1;
                        let then = &held.days[earlier.get("as_at")];
                        let children = behind((earlier, then), pairs.1, whole);
                        assert!(
                            children >= 8,
                            "{audience} month {month} {:?} {entry}: {children} children behind {was} and then {is}",
                            key(line)
                        );
                    }
                }
            }
        }
        assert!(changed > 50, "only {changed} changes");
    }
}
