//! A whole authority over twelve months: every school, the authority and the public get a release a month, while
//! children are measured, corrected and moved and the pooled window slides into a new academic year.
//!
//! `cargo run --release -p disclosure --example authority -- 120 [FOLDER [FROM TO [SEED]]]` prints what was exposed, what was shown, the
//! time and the peak memory (cohorts of FROM to TO children, 15 to 90 if not given); with a folder, it writes each release as the tidy file its audience would hold
//! (`MONTH-AUDIENCE.csv`) and the true counts beside them (`MONTH-truth.csv`), for attackers to try themselves on.

#![expect(
    clippy::expect_used,
    reason = "an example that cannot write its files should stop"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use disclosure::{COLUMNS, SafeTable, Value, audit_again};
use programme::Audience;
use support::months::{Made, Plan, run};
use support::{Child, urn};

/// What is counted on the way.
#[derive(Default)]
struct Sums {
    releases: u64,
    exposed: u64,
    cells: u64,
    left_out: u64,
    moved: u64,
    programmes: u64,
    narrowest: Option<u32>,
    auditing_again: f64,
    /// Seconds spent on all that is only looked at here.
    looking: f64,
    useful: u64,
    school_tables: u64,
    taking_part: u64,
    figures: u64,
    shown: u64,
    /// How far counts and percentages of this day are from the truth, schools' then others'.
    off: [(Vec<f64>, Vec<f64>); 2],
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let schools: usize = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(120);
    let folder: Option<PathBuf> = arguments.next().map(PathBuf::from);
    let mut plan = Plan::of(schools);
    let mut number = || arguments.next().and_then(|text| text.parse().ok());
    if let (Some(from), Some(to)) = (number(), number()) {
        plan.cohort = (from, to);
    }
    if let Some(seed) = number() {
        plan.seed = seed as u64;
    }
    let started = Instant::now();
    let mut sums = Sums::default();
    run(&plan, |made| {
        let looking = Instant::now();
        look(&mut sums, made);
        sums.looking += looking.elapsed().as_secs_f64();
        if let Some(folder) = &folder {
            write(folder, made);
        }
    });
    let seconds = started.elapsed().as_secs_f64() - sums.looking;
    println!(
        "schools {schools}, months {}, releases {}",
        plan.months, sums.releases
    );
    println!(
        "exposed {}, narrowest interval {:?}, sensitive or hidden counts asked about {}, programmes {}",
        sums.exposed, sums.narrowest, sums.cells, sums.programmes
    );
    println!(
        "figures moved {}, left out by the audit {}",
        sums.moved, sums.left_out
    );
    println!(
        "two-form tables in July, the year measured: {}, with healthy weight, overweight and very overweight: {}, with participation of the running year: {}",
        sums.school_tables, sums.useful, sums.taking_part
    );
    println!(
        "numerators shown: {:.1} %",
        100.0 * sums.shown as f64 / sums.figures.max(1) as f64
    );
    for (whose, (counts, percents)) in ["schools", "authority"].iter().zip(&mut sums.off) {
        println!("{whose}: counts off by {}", spread(counts));
        println!("{whose}: percentages off by {}", spread(percents));
    }
    println!(
        "seconds {seconds:.1} to make and audit all, {:.1} to audit them again; peak memory {}",
        sums.auditing_again,
        peak_memory().unwrap_or_else(|| "unknown".to_owned())
    );
}

fn look(sums: &mut Sums, made: &Made<'_>) {
    let started = Instant::now();
    let again = audit_again(made.release, made.history);
    sums.auditing_again += started.elapsed().as_secs_f64();
    let evidence = made.release.evidence();
    sums.releases += 1;
    sums.exposed += evidence.exposed + again.exposed;
    sums.cells += evidence.sensitive;
    sums.left_out += evidence.hidden_by_audit;
    sums.moved += evidence.moved_by_audit;
    sums.programmes += evidence.programmes;
    sums.narrowest = [sums.narrowest, evidence.narrowest, again.narrowest]
        .into_iter()
        .flatten()
        .min();
    errors(sums, made);
    // July, when a year's measuring is done.
    if made.month == 6 && matches!(made.release.audience(), Audience::School(_)) {
        usefulness(sums, made);
    }
}

/// Mean, 95th percentile and largest of some errors.
fn spread(errors: &mut [f64]) -> String {
    errors.sort_by(f64::total_cmp);
    let count = errors.len().max(1);
    let at = |share: f64| {
        errors
            .get(((count - 1) as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    let mean = errors.iter().sum::<f64>() / count as f64;
    format!(
        "{mean:.2} on average, {:.2} at the 95th percentile, {:.2} at most, of {count}",
        at(0.95),
        at(1.0)
    )
}

/// Holds the category figures of this very day against the children.
fn errors(sums: &mut Sums, made: &Made<'_>) {
    let table = made.release.table();
    let whose = usize::from(!matches!(table.audience(), Audience::School(_)));
    let mut counts: BTreeMap<(String, _, _, usize), u32> = BTreeMap::new();
    for child in made.children {
        let Some(category) = child.category else {
            continue;
        };
        let areas = [urn(child.school).to_string(), support::AUTHORITY.to_owned()];
        for area in areas {
            let key = (area, child.group, child.year, category as usize);
            *counts.entry(key).or_default() += 1;
        }
    }
    for row in table.rows() {
        let Some(category) = row.category.as_deref().filter(|_| row.sex.is_none()) else {
            continue;
        };
        let categories = match category {
            "underweight" => 0..1,
            "healthy_weight" => 1..2,
            "overweight" => 2..3,
            "very_overweight" => 3..5,
            _ => continue,
        };
        let truth = |categories: std::ops::Range<usize>| -> f64 {
            let mut sum = 0;
            for &year in &row.academic_years {
                for category in categories.clone() {
                    let key = (row.area.code.clone(), row.year_group, year, category);
                    sum += counts.get(&key).copied().unwrap_or_default();
                }
            }
            f64::from(sum)
        };
        sums.figures += 1;
        let (Value::Count(part), Value::Percent(percent)) = (row.numerator, row.percent) else {
            continue;
        };
        sums.shown += 1;
        if row.as_at == table.as_at() {
            let (of_part, of_whole) = (truth(categories), truth(0..5));
            sums.off[whose].0.push((f64::from(part) - of_part).abs());
            sums.off[whose]
                .1
                .push((percent - 100.0 * of_part / of_whole).abs());
        }
    }
}

/// Counts the tables of year groups of some 55 children, most of them measured, that say something.
fn usefulness(sums: &mut Sums, made: &Made<'_>) {
    let table = made.release.table();
    for group in programme::YearGroup::ALL {
        let years = table.rows().iter().flat_map(|row| &row.academic_years);
        let Some(&latest) = years.max() else { continue };
        let here = |child: &&Child| {
            child.group == group && Audience::School(urn(child.school)) == *table.audience()
        };
        let eligible = made.children.iter().filter(here);
        let now: Vec<&Child> = eligible.filter(|child| child.year == latest).collect();
        let measured = now.iter().filter(|child| child.category.is_some()).count();
        // A fifth of the schools has had no visit by July: nothing can be said of their year.
        if !(50..=60).contains(&now.len()) || measured * 2 < now.len() {
            continue;
        }
        let is_shown = |row: &&disclosure::Row| matches!(row.percent, Value::Percent(_));
        let of_group = || table.rows().iter().filter(|row| row.year_group == group);
        let shown = |category: &str| {
            of_group()
                .filter(|row| row.category.as_deref() == Some(category))
                .any(|row| is_shown(&row))
        };
        sums.school_tables += 1;
        sums.useful +=
            u64::from(shown("healthy_weight") && shown("overweight") && shown("very_overweight"));
        sums.taking_part += u64::from(
            of_group()
                .filter(|row| row.category.is_none() && row.academic_years == [latest])
                .any(|row| is_shown(&row)),
        );
    }
}

/// The file as the audience holds it, and once a month the truth.
fn write(folder: &Path, made: &Made<'_>) {
    std::fs::create_dir_all(folder).expect("a folder");
    let table = made.release.table();
    let name = table.audience().to_string().replace(':', "-");
    std::fs::write(
        folder.join(format!("{:02}-{name}.csv", made.month)),
        tidy(table),
    )
    .expect("a file");
    if *table.audience() == Audience::Public {
        std::fs::write(
            folder.join(format!("{:02}-truth.csv", made.month)),
            truth(made.children),
        )
        .expect("a file");
    }
}

fn tidy(table: &SafeTable) -> String {
    let mut text = COLUMNS.join(",") + "\n";
    for record in table.records() {
        text += &(record.join(",") + "\n");
    }
    text
}

/// One line a school, year, year group, sex and category, `none` for children not measured.
fn truth(children: &[Child]) -> String {
    let mut counts: BTreeMap<_, u32> = BTreeMap::new();
    for child in children {
        let category = child
            .category
            .map_or_else(|| "none".to_owned(), |category| format!("{category:?}"));
        let key = (
            urn(child.school),
            child.year,
            child.group,
            child.sex,
            category,
        );
        *counts.entry(key).or_default() += 1;
    }
    let mut text = "school,year,year_group,sex,category,children\n".to_owned();
    for ((urn, year, group, sex, category), children) in counts {
        writeln!(
            text,
            "{urn},{year},{},{sex},{category},{children}",
            group.code()
        )
        .expect("text");
    }
    text
}

/// The most memory the process had, as Linux tells it.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
