//! A block of rows in, the same rows assessed out.
//!
//! First every row is read and its cells laid into the batch's columns, then
//! the batch is computed at once, then the rows are written one by one.

use std::ops::AddAssign;

use csv::{ByteRecord, ReaderBuilder};
use growth::batch::{Batch, DayTable};
use growth::plausibility::Limits;
use growth::{MAX_AGE_DAYS, MIN_AGE_DAYS, NotAssessed, PopulationCategory};
use programme::Sex;

use super::cells;
use super::layout::{Layout, push_cell};
use super::options::Options;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) assessed: u64,
    pub(super) not_assessed: u64,
    pub(super) implausible: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.assessed += other.assessed;
        self.not_assessed += other.not_assessed;
        self.implausible += other.implausible;
    }
}

/// The measures figures are computed for: beyond them floating point gives out
/// long after the child has.
const COMPUTABLE: std::ops::RangeInclusive<f64> = 1e-3..=1e6;

/// Works through blocks, one at a time, and keeps its memory between them.
pub(super) struct Worker<'a> {
    layout: &'a Layout,
    table: &'a DayTable,
    options: &'a Options,
    limits: Limits,
    batch: Batch,
    /// Each row's own cells as they are written, one after the other.
    echo: Vec<u8>,
    rows: Vec<Row>,
}

struct Row {
    /// Where its cells end in `echo`.
    echo_end: usize,
    outcome: Outcome,
    note: String,
}

enum Outcome {
    /// The next child of the batch, so many days old.
    Assessed {
        days: u32,
    },
    NotAssessed,
}

struct Child {
    sex: Sex,
    days: u32,
    height_cm: f64,
    weight_kg: f64,
}

impl<'a> Worker<'a> {
    pub(super) fn new(layout: &'a Layout, table: &'a DayTable, options: &'a Options) -> Self {
        Self {
            layout,
            table,
            options,
            limits: Limits::default(),
            batch: Batch::default(),
            echo: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// What parts the cells.
    pub(super) fn delimiter(&self) -> u8 {
        self.layout.delimiter
    }

    /// Assesses the rows of `block`.
    pub(super) fn work(&mut self, block: &[u8]) -> (Vec<u8>, Counts) {
        self.batch.clear();
        self.echo.clear();
        self.rows.clear();
        let mut reader = ReaderBuilder::new()
            .delimiter(self.layout.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(block);
        let mut record = ByteRecord::new();
        let mut start = 0;
        // Reading from memory cannot fail, and rows of any length are let through.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let end = usize::try_from(reader.position().byte()).unwrap_or(block.len());
            self.read(&record, trim_line_breaks(&block[start..end]));
            start = end;
        }
        self.batch.assess(self.table);
        self.write()
    }

    fn read(&mut self, record: &ByteRecord, raw: &[u8]) {
        let excess = record.iter().skip(self.layout.width);
        let excess: Vec<&[u8]> = excess
            .filter(|cell| !cell.trim_ascii().is_empty())
            .collect();
        let mut note = String::new();
        let mut outcome = Outcome::NotAssessed;
        if excess.is_empty() {
            match self.child(record) {
                Ok(child) => {
                    let Child {
                        sex,
                        days,
                        height_cm,
                        weight_kg,
                    } = child;
                    self.batch.push(sex, days, height_cm, weight_kg);
                    outcome = Outcome::Assessed { days };
                    if self.options.check {
                        let findings = self.limits.findings(height_cm, weight_kg).rejects;
                        note = joined(findings.into_iter().map(|finding| finding.message));
                    }
                }
                Err(reason) => note = reason,
            }
        } else {
            let excess: Vec<_> = excess.into_iter().map(String::from_utf8_lossy).collect();
            note = format!(
                "the row has more cells than the header has columns; beyond them: {}",
                excess.join(" | ")
            );
        }
        self.echo_cells(record, raw);
        self.rows.push(Row {
            echo_end: self.echo.len(),
            outcome,
            note,
        });
    }

    /// The child in a row, or every reason why there is none.
    fn child(&self, record: &ByteRecord) -> Result<Child, String> {
        let [sex, born, measured, height, weight] = self
            .layout
            .needed
            .map(|column| record.get(column).unwrap_or_default());
        if let (Some(sex), Some(born), Some(measured), Some(height_cm), Some(weight_kg)) = (
            cells::sex(sex),
            cells::date(born),
            cells::date(measured),
            cells::number(height, "cm"),
            cells::number(weight, "kg"),
        ) {
            let days = (measured - born).num_days();
            if days < 0 {
                return Err(NotAssessed::MeasuredBeforeBirth.to_string());
            }
            let days = u32::try_from(days).unwrap_or(u32::MAX);
            let reasons = [
                (days < MIN_AGE_DAYS, NotAssessed::TooYoung),
                (days > MAX_AGE_DAYS, NotAssessed::TooOld),
                (!is_positive(height_cm), NotAssessed::HeightNotPositive),
                (!is_positive(weight_kg), NotAssessed::WeightNotPositive),
                (
                    is_positive(height_cm)
                        && is_positive(weight_kg)
                        && !(COMPUTABLE.contains(&height_cm) && COMPUTABLE.contains(&weight_kg)),
                    NotAssessed::BeyondComputation,
                ),
            ];
            if reasons.iter().any(|(holds, _)| *holds) {
                let holding = reasons.into_iter().filter(|(holds, _)| *holds);
                return Err(joined(holding.map(|(_, reason)| reason.to_string())));
            }
            return Ok(Child {
                sex,
                days,
                height_cm,
                weight_kg,
            });
        }
        Err(unreadable(
            [sex, born, measured, height, weight],
            [
                cells::sex(sex).is_some(),
                cells::date(born).is_some(),
                cells::date(measured).is_some(),
                cells::number(height, "cm").is_some(),
                cells::number(weight, "kg").is_some(),
            ],
        ))
    }

    /// Puts the row's own cells down: as they stood where there are as many as
    /// columns, filled up or cut to the columns otherwise.
    fn echo_cells(&mut self, record: &ByteRecord, raw: &[u8]) {
        let layout = self.layout;
        if record.len() == layout.width && layout.replaced.is_empty() {
            self.echo.extend_from_slice(raw);
            self.echo.push(layout.delimiter);
            return;
        }
        for column in (0..layout.width).filter(|column| !layout.replaced.contains(column)) {
            let cell = record.get(column).unwrap_or_default();
            push_cell(&mut self.echo, cell, layout.delimiter);
            self.echo.push(layout.delimiter);
        }
    }

    fn write(&self) -> (Vec<u8>, Counts) {
        let mut out = Vec::with_capacity(self.echo.len() + self.rows.len() * 150);
        let mut counts = Counts::default();
        let mut number = zmij::Buffer::new();
        let mut child = 0;
        let mut start = 0;
        let delimiter = self.layout.delimiter;
        for row in &self.rows {
            out.extend_from_slice(&self.echo[start..row.echo_end]);
            start = row.echo_end;
            if let Outcome::Assessed { days } = row.outcome {
                let bmi_z = self.batch.bmi_z()[child];
                for figure in [
                    f64::from(days) / 365.25,
                    self.batch.bmi()[child],
                    self.batch.height_z()[child],
                    self.batch.weight_z()[child],
                    bmi_z,
                    self.batch.bmi_centile()[child],
                ] {
                    out.extend_from_slice(number.format_finite(figure).as_bytes());
                    out.push(delimiter);
                }
                let (population, severe) = PopulationCategory::classify(bmi_z);
                out.extend_from_slice(population.words_with_severe(severe).as_bytes());
                out.push(delimiter);
                out.extend_from_slice(self.options.scheme.classify(bmi_z).0.words().as_bytes());
                out.push(delimiter);
                child += 1;
                counts.assessed += 1;
                counts.implausible += u64::from(!row.note.is_empty());
            } else {
                out.extend_from_slice(&[delimiter; 8]);
                counts.not_assessed += 1;
            }
            push_cell(&mut out, row.note.as_bytes(), delimiter);
            out.extend_from_slice(self.layout.line_break);
        }
        (out, counts)
    }
}

fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// Which of the five cells cannot be read, in words.
fn unreadable(cells: [&[u8]; 5], read: [bool; 5]) -> String {
    const EMPTY_AND_UNREADABLE: [[&str; 2]; 5] = [
        ["there is no sex", "the sex is not M, F, Male or Female"],
        [
            "there is no date of birth",
            "the date of birth cannot be read",
        ],
        [
            "there is no date of measurement",
            "the date of measurement cannot be read",
        ],
        [
            "there is no height",
            "the height is not a number of centimetres",
        ],
        [
            "there is no weight",
            "the weight is not a number of kilograms",
        ],
    ];
    let problems = cells.iter().zip(read).zip(EMPTY_AND_UNREADABLE);
    joined(
        problems
            .filter(|((_, read), _)| !read)
            .map(|((cell, _), words)| words[usize::from(!cell.trim_ascii().is_empty())].to_owned()),
    )
}

fn joined(notes: impl Iterator<Item = String>) -> String {
    notes.collect::<Vec<_>>().join("; ")
}

fn trim_line_breaks(mut raw: &[u8]) -> &[u8] {
    while let [b'\r' | b'\n', rest @ ..] | [rest @ .., b'\r' | b'\n'] = raw {
        raw = rest;
    }
    raw
}
