//! Measurements from elsewhere: reading the rows, finding the child of each, and what becomes of it.
//!
//! The one thing to know: a row may tell the child by any of its particulars, and is taken only when exactly one child
//! of the year fits all of them. The identities of the year are compared in memory and shown to nobody.

mod child;
mod file;
mod outcome;

pub use file::{Parsed, parse};

use std::collections::{HashMap, HashSet};

use growth::plausibility::Limits as Plausible;
use serde::Serialize;
use serde_json::{Value, json};

use self::child::{Children, Wanted};
use self::outcome::{Refusal, Told, rejected, told};
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::db;
use crate::identity::Purpose;
use crate::measurement::{Batch, RecordError, Recorded, Standing, When};
use programme::AcademicYear;
use tabular::ReadError;

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
    UnknownYear(AcademicYear),
    /// Some rows cannot go in, and only all of them were to.
    #[error("{rejected} of {rows} rows cannot go in as they stand")]
    Problems {
        /// Rows that cannot go in.
        rejected: usize,
        /// All rows.
        rows: usize,
    },
    /// Children were corrected or removed again and again between reading and writing.
    #[error(
        "the children of the year were changed several times while the file was compared with them; nothing was imported, try again"
    )]
    KeptChanging,
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
    /// The child for whom something is written, and whether it is a measurement.
    #[serde(skip)]
    written: Option<(i64, bool)>,
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
    /// What is worth saying once for the whole file.
    pub notices: Vec<String>,
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

/// How far an import may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only say what would be done.
    DryRun,
    /// Nothing while a row is rejected.
    AllOrNothing,
    /// The good rows, without the others.
    Partial,
}

impl Mode {
    fn writes(self, report: &Report) -> bool {
        match self {
            Self::DryRun => false,
            Self::AllOrNothing => report.count("rejected") == 0,
            Self::Partial => true,
        }
    }
}

/// How often a file is worked out again because children were corrected or removed meanwhile.
const MOST_ATTEMPTS: usize = 5;

/// Finds the child of each row, judges what it tells, and takes it in as far as `mode` lets it; returns the report and
/// whether anything was written. Reading, opening the names of the year and judging hold no lock.
pub fn import(
    app: &App,
    actor: &Actor,
    year: AcademicYear,
    parsed: &Parsed,
    mode: Mode,
) -> Result<(Report, bool), ImportError> {
    let importing = Importing {
        app,
        actor,
        year: year.to_string(),
        when: When {
            now: app.clock.now(),
            today: app.clock.today(),
        },
        mode,
    };
    for _ in 0..MOST_ATTEMPTS {
        let (batch, report, before) = importing.judge(year, parsed)?;
        if !mode.writes(&report) {
            return Ok((report, false));
        }
        match importing.write(batch, &before, report)? {
            Written::Yes(report) => return Ok((report, true)),
            Written::No(report) => return Ok((report, false)),
            Written::ChildrenChanged => {}
        }
    }
    Err(ImportError::KeptChanging)
}

/// What tells the sealed state of each child from every other.
type Marks = Vec<(i64, Vec<u8>)>;

/// An import on its way.
struct Importing<'a> {
    app: &'a App,
    actor: &'a Actor,
    year: String,
    when: When,
    mode: Mode,
}

impl<'a> Importing<'a> {
    /// Judges every row against what stands now.
    fn judge(
        &self,
        year: AcademicYear,
        parsed: &Parsed,
    ) -> Result<(Batch<'a>, Report, Marks), ImportError> {
        let (identities, actor) = (&self.app.identities, self.actor);
        let (mut batch, limits, sealed) = self.app.db.read_now(|tx| -> Result<_, ImportError> {
            crate::records::year::year(tx, &self.year)?.ok_or(ImportError::UnknownYear(year))?;
            let limits = crate::measurement::limits(tx)?;
            let batch = Batch::read(tx, &self.year, self.when, actor, limits)?;
            let sealed = identities.sealed_year(tx, &self.year);
            Ok((batch, limits, sealed.map_err(RecordError::from)?))
        })?;
        let marks = sealed
            .marks()
            .map(|(pupil, mark)| (pupil, mark.to_vec()))
            .collect();
        let opened = identities
            .open_year(&self.app.db, actor, Purpose::MatchingMeasurements, sealed)
            .map_err(RecordError::from)?;
        let mut report = Report::default();
        report.notices.extend(opened.unreadable.iter().map(|one| {
            format!(
                "The record of child {} is damaged and cannot be read, so no row can be found to be this child.",
                one.pupil
            )
        }));
        let schools = opened
            .people
            .keys()
            .filter_map(|pupil| Some((*pupil, batch.school(*pupil)?)))
            .collect();
        let children = Children::new(opened.people, schools);
        judge_rows(
            parsed,
            &children,
            &mut batch,
            self.when,
            &limits,
            &mut report,
        )?;
        Ok((batch, report, marks))
    }

    /// Writes what was judged, unless children were corrected or removed since.
    fn write(
        &self,
        batch: Batch<'_>,
        before: &Marks,
        mut report: Report,
    ) -> Result<Written, ImportError> {
        let result = self.app.db.write_now(|tx| -> Result<Written, Stop> {
            let marks = self.app.identities.marks_now(tx, &self.year);
            if marks.map_err(RecordError::from)? != *before {
                return Ok(Written::ChildrenChanged);
            }
            let overtaken = batch.write(tx)?;
            report.reject_overtaken(&overtaken);
            if !self.mode.writes(&report) {
                return Err(Stop::RolledBack(Box::new(report)));
            }
            audit::event(
                tx,
                self.actor,
                self.when.now,
                Action::MeasurementsImported,
                &format!("year:{}", self.year),
                &json!({
                    "rows": report.rows.len(),
                    "new": report.count("new"),
                    "rejected": report.count("rejected"),
                }),
            )?;
            Ok(Written::Yes(report))
        });
        match result {
            Err(Stop::RolledBack(report)) => Ok(Written::No(*report)),
            Err(Stop::Failed(error)) => Err(error),
            Ok(written) => Ok(written),
        }
    }
}

/// How writing ended.
enum Written {
    Yes(Report),
    No(Report),
    ChildrenChanged,
}

/// Judges every row in order.
fn judge_rows(
    parsed: &Parsed,
    children: &Children,
    batch: &mut Batch<'_>,
    when: When,
    limits: &Plausible,
    report: &mut Report,
) -> Result<(), ImportError> {
    let mut seen: HashMap<i64, u32> = HashMap::new();
    for row in parsed.rows() {
        let read = Wanted::read(parsed, row).and_then(|wanted| {
            let told = told(parsed, row, when.today, limits)?;
            Ok((children.find(&wanted)?, told))
        });
        let taken = match read {
            Ok((pupil, told)) => take(batch, children, pupil, &told, row.number(), &mut seen)?,
            Err(refusal) => Err(refusal),
        };
        report.note(row.number(), taken);
    }
    Ok(())
}

/// Why the writing transaction ends without anything written.
enum Stop {
    RolledBack(Box<Report>),
    Failed(ImportError),
}

impl<E: Into<ImportError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What became of a row that tells one child and one outcome.
struct Taken {
    pupil: i64,
    outcome: &'static str,
    codes: Vec<String>,
    message: String,
    of_row: Option<u32>,
    measured: bool,
}

/// Takes what a row tells of its child.
fn take(
    batch: &mut Batch<'_>,
    children: &Children,
    pupil: i64,
    told: &Told,
    row: u32,
    seen: &mut HashMap<i64, u32>,
) -> Result<Result<Taken, Refusal>, ImportError> {
    let (Some(standing), Some(person)) = (batch.standing(pupil), children.people.get(&pupil))
    else {
        return Ok(Err(rejected("child_not_found", "No child fits.")));
    };
    let earlier_row = seen.get(&pupil).copied();
    if let Some(first) = earlier_row
        && !says_the_same(standing, told)
    {
        return Ok(Err(rejected(
            "child_twice",
            format!("Row {first} says something else of the same child: keep one of the two."),
        )));
    }
    let recorded = match told {
        Told::Measured(entry) => batch.measure(pupil, person.date_of_birth, entry)?,
        Told::Reason(reason, on) => batch.reason(pupil, *reason, *on)?,
    };
    let measured = matches!(told, Told::Measured(_));
    Ok(match recorded {
        Recorded::Saved { warnings, .. } => {
            seen.insert(pupil, row);
            Ok(Taken {
                pupil,
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
            seen.entry(pupil).or_insert(row);
            Ok(Taken {
                pupil,
                outcome: if earlier_row.is_some() {
                    "duplicate"
                } else {
                    "matched"
                },
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
        Recorded::Overtaken(_) => Err(rejected("changed_meanwhile", CHANGED_MEANWHILE)),
    })
}

const CHANGED_MEANWHILE: &str =
    "Somebody recorded this child while the file was read: import it once more.";

impl Report {
    fn note(&mut self, row: u32, taken: Result<Taken, Refusal>) {
        let outcome = match taken {
            Ok(taken) => {
                match (taken.outcome, taken.measured) {
                    ("new", true) => self.measured += 1,
                    ("new", false) => self.not_measured += 1,
                    _ => {}
                }
                RowOutcome {
                    row,
                    outcome: taken.outcome,
                    codes: taken.codes,
                    message: taken.message,
                    of_row: taken.of_row,
                    written: (taken.outcome == "new").then_some((taken.pupil, taken.measured)),
                }
            }
            Err(refusal) => RowOutcome {
                row,
                outcome: refusal.outcome,
                codes: refusal.codes,
                message: refusal.message,
                of_row: None,
                written: None,
            },
        };
        self.rows.push(outcome);
    }

    /// Rejects the rows of children for whom somebody else was quicker.
    fn reject_overtaken(&mut self, overtaken: &HashSet<i64>) {
        for row in &mut self.rows {
            let Some((pupil, measured)) = row.written else {
                continue;
            };
            if !overtaken.contains(&pupil) {
                continue;
            }
            if measured {
                self.measured -= 1;
            } else {
                self.not_measured -= 1;
            }
            row.outcome = "rejected";
            row.codes = vec!["changed_meanwhile".to_owned()];
            CHANGED_MEANWHILE.clone_into(&mut row.message);
            row.written = None;
        }
    }
}

/// Whether a further row of one child says what stands for it now.
fn says_the_same(standing: &Standing, told: &Told) -> bool {
    match told {
        Told::Measured(entry) => standing.measured.as_ref().is_some_and(|held| {
            i64::from(held.height_mm) == i64::from(entry.height.millimetres())
                && i64::from(held.weight_g) == i64::from(entry.weight.grams())
                && held.measured_on == entry.measured_on
        }),
        Told::Reason(reason, _) => standing
            .not_measured
            .as_ref()
            .is_some_and(|held| held.reason == reason.code()),
    }
}
