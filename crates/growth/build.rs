//! Turns `data/uk90_lms_4to20.csv` into constants.
//!
//! A damaged table must stop the build, not surface as a strange centile, so
//! every row's place is checked: measure by measure, sex by sex, age by age.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const TABLE: &str = "data/uk90_lms_4to20.csv";
const FIRST_MONTH: u32 = 48;
const LAST_MONTH: u32 = 240;
const MEASURES: [&str; 3] = ["height", "weight", "bmi"];
const SEXES: [&str; 2] = ["female", "male"];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo gives a build script its output folder in an environment variable"
)]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={TABLE}");
    let text = fs::read_to_string(TABLE)?;
    let mut lines = text.lines();
    if lines.next() != Some("sex,measurement,age_years,L,M,S") {
        return Err(format!("{TABLE}: unexpected header").into());
    }
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();

    let mut source = String::from("[\n");
    for sex in SEXES {
        source.push_str("    [\n");
        for measure in MEASURES {
            source.push_str("        [\n");
            for month in FIRST_MONTH..=LAST_MONTH {
                let age = f64::from(month) / 12.0;
                let mut found = rows.iter().filter(|row| {
                    row.len() == 6
                        && row[0] == sex
                        && row[1] == measure
                        && row[2].parse() == Ok(age)
                });
                let (Some(row), None) = (found.next(), found.next()) else {
                    return Err(format!("{TABLE}: not one row for {sex} {measure} {age}").into());
                };
                let [l, m, s]: [f64; 3] = [row[3].parse()?, row[4].parse()?, row[5].parse()?];
                if !(l.is_finite() && m > 0.0 && s > 0.0) {
                    return Err(format!("{TABLE}: impossible row {row:?}").into());
                }
                writeln!(
                    source,
                    "            Lms {{ l: {l:?}, m: {m:?}, s: {s:?} }},"
                )?;
            }
            source.push_str("        ],\n");
        }
        source.push_str("    ],\n");
    }
    source.push(']');

    let expected = SEXES.len() * MEASURES.len() * (LAST_MONTH - FIRST_MONTH + 1) as usize;
    if rows.len() != expected {
        return Err(format!("{TABLE}: {} rows, not {expected}", rows.len()).into());
    }
    fs::write(
        Path::new(&std::env::var("OUT_DIR")?).join("uk90.rs"),
        source,
    )?;
    Ok(())
}
