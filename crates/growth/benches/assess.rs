//! Children assessed per second on one core: `cargo bench -p growth`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use growth::batch::{Batch, DayTable};
use growth::{Scheme, assess_values};
use programme::Sex;

const CHILDREN: u32 = 65_536;

fn main() {
    divan::main();
}

/// Invented children of Reception and Year 6, in no order the caches would like.
fn children() -> Vec<(Sex, u32, f64, f64)> {
    let mut state = 1_u64;
    let mut below = |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    (0..CHILDREN)
        .map(|_| {
            let sex = if below(2) == 0 {
                Sex::Female
            } else {
                Sex::Male
            };
            let year_6 = below(2);
            let days = 1461 + 2191 * year_6 + below(730);
            let height = 95.0 + 35.0 * year_6 as f64 + below(250) as f64 / 10.0;
            let bmi = 13.0 + below(1200) as f64 / 100.0;
            (sex, days as u32, height, bmi * height * height / 1e4)
        })
        .collect()
}

fn batch() -> Batch {
    let mut batch = Batch::default();
    for (sex, days, height, weight) in children() {
        batch.push(sex, days, height, weight);
    }
    batch
}

/// BMI and the three z-scores.
#[divan::bench]
fn score_a_batch(bencher: Bencher<'_, '_>) {
    let (table, mut batch) = (DayTable::new(), batch());
    bencher.counter(ItemsCount::new(CHILDREN)).bench_local(|| {
        batch.score(&table);
        black_box(batch.bmi_z().len())
    });
}

/// The same, with the centile.
#[divan::bench]
fn assess_a_batch(bencher: Bencher<'_, '_>) {
    let (table, mut batch) = (DayTable::new(), batch());
    bencher.counter(ItemsCount::new(CHILDREN)).bench_local(|| {
        batch.assess(&table);
        black_box(batch.bmi_centile().len())
    });
}

/// One by one, on the plain path, categories included.
#[divan::bench]
fn assess_one_by_one(bencher: Bencher<'_, '_>) {
    let children = children();
    bencher.counter(ItemsCount::new(CHILDREN)).bench_local(|| {
        children
            .iter()
            .filter_map(|&(sex, days, height, weight)| {
                let age = f64::from(days) / 365.25;
                assess_values(sex, age, height, weight, Scheme::default()).ok()
            })
            .filter(|found| found.population_severe)
            .count()
    });
}

/// The table by day.
#[divan::bench]
fn make_the_table() -> DayTable {
    DayTable::new()
}
