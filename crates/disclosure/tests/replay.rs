//! The strongest reader: one who knows this program and runs it.
//!
//! The audit reasons about figures. This attacker reasons about silence too: it
//! changes the children behind the figures and makes the releases again, the
//! whole series. A count is protected when other children lead to exactly the
//! same files for at least six values of it, nought among them. Nothing of the
//! audit's reasoning is used: only what the program prints.

#![expect(
    clippy::expect_used,
    reason = "a helper that cannot build its input fails the test"
)]

#[expect(dead_code, reason = "others use the rest of it")]
mod support;

use disclosure::{
    History, PopulationCategory as P, RawTable, RawTableBuilder, Release, Request, SafeTable, make,
};
use programme::{Audience, Sex, YearGroup};
use support::{Random, day, year};

const SCHOOL: &str = "100000";

/// Children of one school that appear at each step: `[step][year][sex][category]`,
/// and the children never measured of each year.
#[derive(Clone)]
struct World {
    came: Vec<Vec<[[u32; 5]; 2]>>,
    missed: Vec<u32>,
    /// For each release the years it pools.
    windows: Vec<Vec<usize>>,
    /// Whether the files are those of an authority, in which two more schools lie whose children the reader knows.
    wide: bool,
}

/// Two more schools of the authority, the same in every world, without a child who is underweight.
fn neighbours(builder: &mut RawTableBuilder) {
    for urn in ["100001", "100002"] {
        builder.school(urn, "A neighbour", "213");
        builder.participation(urn, year(2024), YearGroup::Year6, 66, 60);
        for sex in Sex::ALL {
            for (category, children) in P::ALL.into_iter().zip([0, 18, 5, 4, 3]) {
                builder.count(urn, year(2024), YearGroup::Year6, sex, category, children);
            }
        }
    }
}

impl World {
    fn raw(&self, step: usize) -> RawTable {
        let mut builder = RawTable::as_at(day(2027, 1 + step as u32, 1));
        builder
            .authority("213", "Northshire")
            .school(SCHOOL, "Hill School", "213");
        for (at, missed) in self.missed.iter().enumerate() {
            let when = year(2024 + at as i32);
            let mut measured = 0;
            let cells = self.came[0][at];
            for (s, sex) in Sex::ALL.into_iter().enumerate() {
                for (c, category) in P::ALL.into_iter().enumerate().take(cells[s].len()) {
                    let children: u32 =
                        self.came[..=step].iter().map(|years| years[at][s][c]).sum();
                    measured += children;
                    builder.count(
                        SCHOOL,
                        when,
                        YearGroup::Year6,
                        sex,
                        category,
                        i64::from(children),
                    );
                }
            }
            builder.participation(
                SCHOOL,
                when,
                YearGroup::Year6,
                i64::from(measured + missed),
                i64::from(measured),
            );
        }
        if self.wide {
            neighbours(&mut builder);
        }
        builder.build().expect("a world adds up")
    }

    /// The files of the whole series, or `None` as soon as one differs from `expected`.
    fn files(&self, expected: Option<&[SafeTable]>) -> Option<Vec<SafeTable>> {
        let mut releases: Vec<Release> = Vec::new();
        for (step, window) in self.windows.iter().enumerate() {
            let years = window.iter().map(|&at| year(2024 + at as i32)).collect();
            let request = Request {
                number: 1 + step as u32,
                audience: if self.wide {
                    Audience::Authority("213".into())
                } else {
                    Audience::School(SCHOOL.parse().expect("a URN"))
                },
                years,
            };
            let release =
                make(&self.raw(step), &request, &History::of(&releases)).expect("a release");
            assert!(release.evidence().passed());
            if expected.is_some_and(|files| files[step] != *release.table()) {
                return None;
            }
            releases.push(release);
        }
        Some(
            releases
                .iter()
                .map(|release| release.table().clone())
                .collect(),
        )
    }

    /// A count of one category: the children who came at `step` in `at`, or of
    /// all steps, of one sex or both.
    fn count(&self, target: Target) -> u32 {
        target
            .cells(self)
            .into_iter()
            .map(|(t, s)| self.came[t][target.at][s][target.category])
            .sum()
    }
}

/// What the attacker asks about.
#[derive(Clone, Copy, Debug)]
struct Target {
    step: Option<usize>,
    at: usize,
    sex: Option<usize>,
    category: usize,
}

impl Target {
    fn cells(self, world: &World) -> Vec<(usize, usize)> {
        let steps = self.step.map_or(0..world.came.len(), |step| step..step + 1);
        let sexes = self.sex.map_or(0..2, |sex| sex..sex + 1);
        steps
            .flat_map(|t| sexes.clone().map(move |s| (t, s)))
            .collect()
    }
}

/// A place in a world's counts: step, year, sex and category.
type Cell = (usize, usize, usize, usize);

/// Moves children within one year until the target holds `value`, then moves
/// others the other way in another year or step, to make up for it.
fn propose(world: &World, target: Target, value: u32, random: &mut Random) -> Option<World> {
    let mut other = world.clone();
    let cells = target.cells(world);
    let asked =
        |(t, at, s, c): Cell| at == target.at && c == target.category && cells.contains(&(t, s));
    let moved = reach(&mut other, target, value, &asked, random);
    if other.count(target) != value {
        return None;
    }
    if random.chance(0.6) {
        make_up(&mut other, &moved, &asked, random);
    }
    change_others(&mut other, &asked, random);
    Some(other)
}

/// A move within one year, from one sex and category to another.
type Move = ((usize, usize), (usize, usize));

/// Moves children to or from the target until it holds `value`, or 60 times in vain.
fn reach(
    world: &mut World,
    target: Target,
    value: u32,
    asked: &impl Fn(Cell) -> bool,
    random: &mut Random,
) -> Vec<Move> {
    let cells = target.cells(world);
    // The other sex, the other half of very overweight, another category, or
    // other children altogether.
    let (usual, mixed) = (random.below(4), random.chance(0.5));
    let mut moved = Vec::new();
    for _ in 0..60 {
        let now = world.count(target);
        if now == value {
            break;
        }
        let manner = if mixed { random.below(4) } else { usual };
        let (t, s) = cells[random.below(cells.len())];
        let elsewhere = match manner {
            0 => (1 - s, target.category),
            1 if target.category > 2 => (random.below(2), 7 - target.category),
            _ => (s, random.below(5)),
        };
        if asked((t, target.at, elsewhere.0, elsewhere.1)) {
            continue;
        }
        let here = (s, target.category);
        let (from, to) = if now > value {
            (here, elsewhere)
        } else {
            (elsewhere, here)
        };
        let year = &mut world.came[t][target.at];
        if manner == 3 && now < value {
            year[s][target.category] += 1;
        } else if manner == 3 {
            year[s][target.category] = year[s][target.category].saturating_sub(1);
        } else if year[from.0][from.1] > 0 {
            year[from.0][from.1] -= 1;
            year[to.0][to.1] += 1;
            moved.push((from, to));
        }
    }
    moved
}

/// Moves as many children the other way, in any year and step that nobody asks about.
fn make_up(world: &mut World, moved: &[Move], asked: &impl Fn(Cell) -> bool, random: &mut Random) {
    let years = world.missed.len();
    for &(from, to) in moved {
        for _ in 0..4 {
            let (t, at) = (random.below(world.came.len()), random.below(years));
            let year = &mut world.came[t][at];
            if !asked((t, at, from.0, from.1))
                && !asked((t, at, to.0, to.1))
                && year[to.0][to.1] > 0
            {
                year[to.0][to.1] -= 1;
                year[from.0][from.1] += 1;
                break;
            }
        }
    }
}

/// Adds or takes away a child or two in cells that nobody asks about.
fn change_others(world: &mut World, asked: &impl Fn(Cell) -> bool, random: &mut Random) {
    let years = world.missed.len();
    for _ in 0..random.below(6) {
        let (t, at, s, category) = (
            random.below(world.came.len()),
            random.below(years),
            random.below(2),
            random.below(5),
        );
        let inside = asked((t, at, s, category));
        let cell = &mut world.came[t][at][s][category];
        if !inside && (random.chance(0.5) || *cell == 0) {
            *cell += 1;
        } else if !inside {
            *cell -= 1;
        }
    }
}

/// The values of a count for which other children lead to the same files.
fn values_left(
    world: &World,
    files: &[SafeTable],
    target: Target,
    random: &mut Random,
) -> Vec<u32> {
    (0..=7)
        .filter(|&value| {
            (0..1500).any(|_| {
                propose(world, target, value, random)
                    .is_some_and(|other| other.files(Some(files)).is_some())
            })
        })
        .collect()
}

fn attack(world: &World, targets: &[Target], seed: u64) {
    let files = world.files(None).expect("files");
    let mut random = Random::seeded(seed);
    for &target in targets {
        if world.count(target) > 7 {
            continue;
        }
        let values = values_left(world, &files, target, &mut random);
        assert!(
            values.len() >= 6 && values[0] == 0,
            "seed {seed}, {target:?}: only {values:?} of {} left",
            world.count(target)
        );
    }
}

/// One year's children, drawn with the national shares.
fn cohort(random: &mut Random, size: usize) -> [[u32; 5]; 2] {
    let mut cells = [[0; 5]; 2];
    for _ in 0..size {
        let category = support::category(random, YearGroup::Year6);
        cells[random.below(2)][category as usize] += 1;
    }
    cells
}

fn year_and_sex_targets(at: usize) -> Vec<Target> {
    let mut targets = Vec::new();
    for category in 0..5 {
        for sex in [None, Some(0), Some(1)] {
            targets.push(Target {
                step: None,
                at,
                sex,
                category,
            });
        }
    }
    targets
}

#[test]
fn one_release_of_one_year_says_the_same_of_many_schools() {
    for seed in 0..6 {
        let mut random = Random::seeded(seed);
        let size = 30 + random.below(35);
        let world = World {
            came: vec![vec![cohort(&mut random, size)]],
            missed: vec![random.below(9) as u32],
            windows: vec![vec![0]],
            wide: false,
        };
        attack(&world, &year_and_sex_targets(0), seed);
    }
}

#[test]
fn roundings_that_all_lean_one_way_still_hide_underweight() {
    // Healthy 33, overweight 13 and very overweight 8 all round up while 56 or 57
    // children round down, and the other way about.
    for (underweight, healthy, overweight, very) in [
        (0, 33, 13, 8),
        (1, 33, 13, 8),
        (3, 33, 13, 8),
        (5, 32, 12, 12),
        (7, 37, 12, 12),
        (4, 42, 17, 12),
    ] {
        let world = World {
            came: vec![vec![[[underweight, healthy, overweight, very, 0], [0; 5]]]],
            missed: vec![3],
            windows: vec![vec![0]],
            wide: false,
        };
        attack(
            &world,
            &[Target {
                step: None,
                at: 0,
                sex: None,
                category: 0,
            }],
            1,
        );
    }
}

#[test]
fn an_authoritys_totals_hide_its_few_underweight_children() {
    for seed in 0..6 {
        let mut random = Random::seeded(400 + seed);
        let size = 60 + random.below(90);
        let world = World {
            came: vec![vec![cohort(&mut random, size)]],
            missed: vec![4],
            windows: vec![vec![0]],
            wide: true,
        };
        let sexes = [None, Some(0), Some(1)];
        let targets = sexes.map(|sex| Target {
            step: None,
            at: 0,
            sex,
            category: 0,
        });
        attack(&world, &targets, seed);
    }
}

#[test]
fn three_pooled_years_hide_each_year() {
    for seed in 0..2 {
        let mut random = Random::seeded(100 + seed);
        let size = 20 + random.below(40);
        let world = World {
            came: vec![(0..3).map(|_| cohort(&mut random, size)).collect()],
            missed: vec![2, 0, 5],
            windows: vec![vec![0, 1, 2]],
            wide: false,
        };
        attack(&world, &year_and_sex_targets(2), seed);
    }
}

#[test]
fn children_measured_between_two_releases_stay_hidden() {
    for seed in 0..6 {
        let mut random = Random::seeded(200 + seed);
        let size = 40 + random.below(30);
        let added = 5 + random.below(40);
        let first: Vec<_> = (0..2)
            .map(|_| cohort(&mut random, size))
            .chain([[[0; 5]; 2]])
            .collect();
        let second = vec![[[0; 5]; 2], [[0; 5]; 2], cohort(&mut random, added)];
        let world = World {
            came: vec![first, second],
            missed: vec![2, 0, 5],
            windows: vec![vec![0, 1, 2]; 2],
            wide: false,
        };
        let targets: Vec<Target> = (0..5)
            .map(|category| Target {
                step: Some(1),
                at: 2,
                sex: None,
                category,
            })
            .collect();
        attack(&world, &targets, seed);
    }
}

#[test]
fn a_window_that_slides_hides_the_year_that_came_and_the_one_that_went() {
    for seed in 0..6 {
        let mut random = Random::seeded(300 + seed);
        let size = 30 + random.below(50);
        let world = World {
            came: vec![
                (0..4).map(|_| cohort(&mut random, size)).collect(),
                vec![[[0; 5]; 2]; 4],
            ],
            missed: vec![2, 0, 5, 1],
            windows: vec![vec![0, 1, 2], vec![1, 2, 3]],
            wide: false,
        };
        let targets: Vec<Target> = [0, 3]
            .into_iter()
            .flat_map(|at| {
                (0..5).map(move |category| Target {
                    step: None,
                    at,
                    sex: None,
                    category,
                })
            })
            .collect();
        attack(&world, &targets, seed);
    }
}
