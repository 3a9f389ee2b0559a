//! Measurements from elsewhere: reading the rows, finding the child of each, and what becomes of it.
//!
//! The one thing to know: a row may tell the child by any of its particulars, and is taken only when exactly one child
//! of the year fits all of them. The identities of the year are compared in memory and shown to nobody.

mod child;
mod file;
mod outcome;

pub use file::{Parsed, parse};

use std::collections::HashMap;

use growth::plausibility::Limits as Plausible;
use serde::Serialize;
use serde_json::{Value, json};

use self::child::{Children, Wanted};
use self::outcome::{Refusal, Told, rejected, told};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::db::{self, Conn};
use crate::fields::CollectionYear;
use crate::identity::{Purpose, Whose};
use crate::measurement::queries::{self, PupilRow};
use crate::measurement::{RecordError, Recorded, When, record_known, record_reason};
use crate::tabular::{ReadError, Row};

/// A file that cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not a table.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No row of headings.
    #[error(
        "No row of headings was found. The columns are: URN, UPN, NHS number, Given name, Family name, Date of birth, Date measured, Height (cm), Weight (kg), Not measured reason, Device, Measured by."
    )]
    NoHeadings,
    /// Two columns for one thing.
    #[error("Two columns, “{0}” and “{1}”, stand for the same thing: take one of them out.")]
    TwoColumns(String, String),
    /// Something is missing.
    #[error("The file has no column for {0}.")]
    ColumnMissing(&'static str),
    /// The year is not set up.
    #[error(
        "the year {0} is not set up: use `stature year set {0} --retention-days N --instrument TEXT` first"
    )]
    UnknownYear(CollectionYear),
    /// Some rows cannot go in, and only all of them were to.
    #[error("{rejected} of {rows} rows cannot go in as they stand")]
    Problems {
        /// Rows that cannot go in.
        rejected: usize,
        /// All rows.
        rows: usize,
    },
    /// Recording failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What a row came to.
#[derive(Clone, Debug, Serialize)]
pub struct RowOutcome {
    /// The row as a spreadsheet shows it.
    pub row: u32,
    /// new | matched | duplicate | rejected | skipped.
    pub outcome: &'static str,
    /// What was found.
    pub codes: Vec<String>,
    /// In words, with the value and what would be right. Holds personal data.
    pub message: String,
    /// The earlier row that says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_row: Option<u32>,
}

/// What a file came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Every row in order.
    pub rows: Vec<RowOutcome>,
    /// Rows with a measurement that went in.
    pub measured: usize,
    /// Rows with a reason that went in.
    pub not_measured: usize,
}

impl Report {
    /// Rows of one outcome.
    pub fn count(&self, outcome: &str) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == outcome)
            .count()
    }

    /// Rows that went in with something to check.
    pub fn with_warnings(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == "new" && !row.codes.is_empty())
            .count()
    }

    /// The report as one object. Holds personal data in its messages.
    pub fn json(&self, parsed: &Parsed) -> Value {
        let told: Vec<&RowOutcome> = self
            .rows
            .iter()
            .filter(|row| row.outcome != "new" || !row.codes.is_empty())
            .collect();
        json!({
            "rows": self.rows.len(),
            "counts": {
                "new": self.count("new"),
                "matched": self.count("matched"),
                "duplicate": self.count("duplicate"),
                "review": 0,
                "rejected": self.count("rejected"),
                "skipped": self.count("skipped"),
                "measured": self.measured,
                "not_measured": self.not_measured,
                "rows_with_warnings": self.with_warnings(),
            },
            "columns": parsed.used,
            "row_outcomes": told,
        })
    }
}

/// Takes the good rows of a file in, in the caller's transaction, and tells of all; a caller who wants all rows or none
/// rolls back.
pub fn import(
    tx: &mut Conn,
    app: &App,
    actor: &Actor,
    year: CollectionYear,
    parsed: &Parsed,
) -> Result<Report, ImportError> {
    let label = year.to_string();
    crate::years::year(tx, &label)?.ok_or(ImportError::UnknownYear(year))?;
    let people = app
        .identities
        .open(
            tx,
            actor,
            Purpose::MatchingMeasurements,
            Whose::WholeYear(&label),
        )
        .map_err(RecordError::from)?;
    let schools = queries::schools_of_year(tx, &label)?;
    let children = Children::new(people, schools);
    let limits = crate::measurement::limits(tx)?;
    let when = When {
        now: app.clock.now(),
        today: app.clock.today(),
    };
    let mut report = Report::default();
    let mut seen: HashMap<i64, u32> = HashMap::new();
    for row in parsed.rows() {
        let taken = take_row(tx, when, actor, &limits, parsed, &children, row, &mut seen)?;
        let (outcome, codes, message, of_row) = match taken {
            Ok(taken) => {
                match (taken.outcome, taken.measured) {
                    ("new", true) => report.measured += 1,
                    ("new", false) => report.not_measured += 1,
                    _ => {}
                }
                (taken.outcome, taken.codes, taken.message, taken.of_row)
            }
            Err(refusal) => (refusal.outcome, refusal.codes, refusal.message, None),
        };
        report.rows.push(RowOutcome {
            row: row.number(),
            outcome,
            codes,
            message,
            of_row,
        });
    }
    audit::event(
        tx,
        actor,
        when.now,
        "measurements.imported",
        &format!("year:{label}"),
        &json!({
            "rows": report.rows.len(),
            "new": report.count("new"),
            "rejected": report.count("rejected"),
        }),
    )?;
    Ok(report)
}

/// What became of a row that tells one child and one outcome.
struct Taken {
    outcome: &'static str,
    codes: Vec<String>,
    message: String,
    of_row: Option<u32>,
    measured: bool,
}

#[expect(
    clippy::too_many_arguments,
    reason = "the loop's own state, spelled out"
)]
fn take_row(
    tx: &mut Conn,
    when: When,
    actor: &Actor,
    limits: &Plausible,
    parsed: &Parsed,
    children: &Children,
    row: Row<'_>,
    seen: &mut HashMap<i64, u32>,
) -> Result<Result<Taken, Refusal>, ImportError> {
    let read = Wanted::read(parsed, row).and_then(|wanted| {
        let told = told(parsed, row, when.today, limits)?;
        Ok((children.find(&wanted)?, told))
    });
    let (id, told) = match read {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (Some(pupil), Some(person)) = (queries::pupil(tx, id)?, children.people.get(&id)) else {
        return Ok(Err(rejected("child_not_found", "No child fits.")));
    };
    let earlier_row = seen.get(&id).copied();
    let measured = matches!(told, Told::Measured(_));
    let recorded = match (&told, earlier_row) {
        (_, Some(first)) if !says_the_same(tx, &pupil, &told)? => {
            return Ok(Err(rejected(
                "child_twice",
                format!("Row {first} says something else of the same child: keep one of the two."),
            )));
        }
        (Told::Measured(entry), _) => {
            record_known(tx, when, limits, actor, &pupil, person.date_of_birth, entry)?
        }
        (Told::Reason(reason, on), _) => {
            record_reason(tx, when, actor, &pupil, None, *reason, *on)?
        }
    };
    Ok(match recorded {
        Recorded::Saved { warnings, .. } => {
            seen.insert(id, row.number());
            Ok(Taken {
                outcome: "new",
                codes: warnings
                    .iter()
                    .map(|finding| finding.code.code().to_owned())
                    .collect(),
                message: crate::measurement::entry::in_words(&warnings),
                of_row: None,
                measured,
            })
        }
        Recorded::Unchanged { .. } => {
            let twice = earlier_row.is_some();
            seen.entry(id).or_insert(row.number());
            Ok(Taken {
                outcome: if twice { "duplicate" } else { "matched" },
                codes: Vec::new(),
                message: earlier_row.map_or_else(
                    || "Recorded already.".to_owned(),
                    |first| format!("The same as row {first}."),
                ),
                of_row: earlier_row,
                measured,
            })
        }
        Recorded::Rejected(findings) => Err(Refusal {
            outcome: "rejected",
            codes: findings
                .rejects
                .iter()
                .map(|finding| finding.code.code().to_owned())
                .collect(),
            message: crate::measurement::entry::in_words(&findings.rejects),
        }),
        Recorded::OptedOut => Err(rejected(
            "opted_out",
            "A parent has withdrawn this child: a measurement may not be kept.",
        )),
        Recorded::Overtaken(_) => Err(rejected(
            "changed_meanwhile",
            "Somebody recorded this child while the file was read: import it once more.",
        )),
    })
}

/// Whether a further row of one child says what stands for it now.
fn says_the_same(tx: &mut Conn, pupil: &PupilRow, told: &Told) -> Result<bool, db::Error> {
    let standing = crate::measurement::standing(tx, pupil)?;
    Ok(match told {
        Told::Measured(entry) => standing.measured.is_some_and(|held| {
            i64::from(held.height_mm) == i64::from(entry.height.millimetres())
                && i64::from(held.weight_g) == i64::from(entry.weight.grams())
                && held.measured_on == entry.measured_on
        }),
        Told::Reason(reason, _) => standing
            .not_measured
            .is_some_and(|held| held.reason == reason.code()),
    })
}
