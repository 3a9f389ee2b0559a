//! How long it takes to read, check and plan a roster of 10,000 rows.

use divan::Bencher;
use programme::Urn;
use roster_reader::check::{self, Context};
use roster_reader::columns::{Choices, find_columns};
use roster_reader::schools::{School, Schools};
use roster_reader::{plan::plan, progress::Progress, read};
use tabular::Limits;

const ROWS: usize = 10_000;

fn main() {
    divan::main();
}

/// The canonical sample over and over, its children renamed and without
/// numbers so that no two rows are one child.
fn file() -> String {
    let sample = include_str!("../tests/data/rosters/canonical.csv");
    let mut lines = sample.lines();
    let mut file = lines.next().unwrap_or_default().to_owned();
    let rows: Vec<&str> = lines.collect();
    for number in 0..ROWS {
        let mut cells: Vec<String> = rows[number % rows.len()]
            .split(',')
            .map(str::to_owned)
            .collect();
        (cells[1], cells[2]) = (String::new(), String::new());
        cells[3] = letters(number);
        cells[4] = letters(number * 7 + 1);
        file.push('\n');
        file.push_str(&cells.join(","));
    }
    file
}

/// A name for a number.
fn letters(mut number: usize) -> String {
    let mut name = String::from("A");
    while number > 0 {
        name.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    name
}

fn schools() -> Schools {
    let school = |urn| School {
        urn,
        dfe_number: None,
        name: urn.to_string(),
        open: true,
    };
    Schools::new(
        ["900101", "900102", "900106"]
            .into_iter()
            .filter_map(|urn| Urn::parse(urn).ok())
            .map(school)
            .collect(),
    )
}

#[divan::bench]
fn read_ten_thousand_rows(bencher: Bencher) {
    let file = file();
    bencher.bench(|| read(file.as_bytes(), &Limits::UPLOAD));
}

#[divan::bench]
fn read_check_and_plan_ten_thousand_rows(bencher: Bencher) {
    let (file, schools) = (file(), schools());
    let context = Context {
        start_year: 2026,
        schools: &schools,
        school: None,
        progress: &Progress::default(),
    };
    bencher.bench(|| {
        let table = read(file.as_bytes(), &Limits::UPLOAD).ok()?;
        let columns = find_columns(&table, &Choices::default(), 2026).ok()?;
        Some(
            plan(check::check(&table, &columns, &context), &[], &|_| None)
                .counts()
                .rows,
        )
    });
}
