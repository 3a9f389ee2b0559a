//! Measurements from elsewhere: reading the rows, finding the child of each, and what becomes of it.
//!
//! The one thing to know: a row may tell the child by any of its particulars, and is taken only when exactly one child
//! of the year fits all of them. The identities of the year are compared in memory and shown to nobody.

use std::collections::HashMap;
use std::io;

use chrono::NaiveDate;
use growth::plausibility::Limits as Plausible;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::queries::{self, PupilRow};
use super::{Entry, Reason, RecordError, Recorded, When, record_known, record_reason};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::db::{self, Conn};
use crate::fields::{CollectionYear, NhsNumber, Upn, Urn, read_date, text};
use crate::identity::{Opened, Person, Purpose, Whose};
use crate::tabular::{self, Limits, ReadError, Row, Synonyms, Table};

/// Headings of measurement files, and the fields they stand for.
const HEADINGS: &str = include_str!("import_headings.csv");

/// The fields that tell the child.
const IDENTIFYING: [&str; 5] = [
    "upn",
    "nhs_number",
    "given_name",
    "family_name",
    "date_of_birth",
];

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

/// A file read into rows, its headings understood.
#[derive(Debug)]
pub struct Parsed {
    table: Table,
    heading_row: usize,
    columns: HashMap<String, usize>,
    /// Heading → field of the columns that are used.
    pub used: Map<String, Value>,
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

/// Reads a file and understands its headings.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Parsed, ImportError> {
    let synonyms = Synonyms::parse(HEADINGS);
    let knows = |heading: &str| synonyms.field(heading).is_some();
    let table = tabular::read_table(bytes, limits, |table| {
        tabular::find_heading_row(table, 3, knows).is_some()
    })?;
    let heading_row = tabular::find_heading_row(&table, 3, knows)
        .ok_or(ImportError::NoHeadings)?
        .index;
    let mut columns: HashMap<String, usize> = HashMap::new();
    let mut used = Map::new();
    let headings = table.row(heading_row);
    for (index, heading) in headings.cells().enumerate() {
        let Some((field, _)) = synonyms.field(heading) else {
            continue;
        };
        if let Some(other) = columns.insert(field.to_owned(), index) {
            return Err(ImportError::TwoColumns(
                headings.cell(other).trim().to_owned(),
                heading.trim().to_owned(),
            ));
        }
        used.insert(heading.trim().to_owned(), json!(field));
    }
    let has = |field: &str| columns.contains_key(field);
    if !IDENTIFYING.iter().any(|field| has(field)) {
        return Err(ImportError::ColumnMissing(
            "the child: UPN, NHS number, or names and date of birth",
        ));
    }
    if !has("reason") {
        for (field, words) in [("height", "the height (cm)"), ("weight", "the weight (kg)")] {
            if !has(field) {
                return Err(ImportError::ColumnMissing(words));
            }
        }
    }
    Ok(Parsed {
        table,
        heading_row,
        columns,
        used,
    })
}

impl Parsed {
    /// The rows below the headings.
    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.table.rows().skip(self.heading_row + 1)
    }

    /// A cell, cleaned; empty where there is no such column.
    fn cell(&self, row: Row<'_>, field: &str) -> String {
        self.columns.get(field).map_or_else(String::new, |column| {
            text::clean(tabular::restored(row.cell(*column))).into_owned()
        })
    }

    /// Writes the file back with what is wrong with each row.
    pub fn write_errors(&self, report: &Report, out: impl io::Write) -> io::Result<()> {
        let told: HashMap<u32, &RowOutcome> =
            report.rows.iter().map(|row| (row.row, row)).collect();
        tabular::write_with_errors(
            &self.table,
            self.heading_row,
            |row| {
                told.get(&row)
                    .filter(|row| row.outcome == "rejected")
                    .map(|row| row.message.clone())
            },
            out,
        )
    }
}

/// What a row is about, before anything is written.
struct Refusal {
    outcome: &'static str,
    codes: Vec<String>,
    message: String,
}

fn rejected(code: &str, message: impl Into<String>) -> Refusal {
    Refusal {
        outcome: "rejected",
        codes: vec![code.to_owned()],
        message: message.into(),
    }
}

/// The children of a year, to be found by what a row tells of them.
struct Children {
    people: Opened,
    schools: HashMap<i64, i32>,
    by_nhs_number: HashMap<NhsNumber, Vec<i64>>,
    by_upn: HashMap<Upn, Vec<i64>>,
    by_birth: HashMap<NaiveDate, Vec<i64>>,
}

impl Children {
    fn new(people: Opened, schools: HashMap<i64, i32>) -> Self {
        let mut children = Self {
            people: Opened::new(),
            schools,
            by_nhs_number: HashMap::new(),
            by_upn: HashMap::new(),
            by_birth: HashMap::new(),
        };
        for (id, person) in &people {
            if let Some(number) = &person.nhs_number {
                children
                    .by_nhs_number
                    .entry(number.clone())
                    .or_default()
                    .push(*id);
            }
            if let Some(upn) = &person.upn {
                children.by_upn.entry(upn.clone()).or_default().push(*id);
            }
            children
                .by_birth
                .entry(person.date_of_birth)
                .or_default()
                .push(*id);
        }
        children.people = people;
        children
    }

    /// The one child that fits everything a row tells.
    fn find(&self, wanted: &Wanted) -> Result<i64, Refusal> {
        let none = Vec::new();
        let candidates: &Vec<i64> = if let Some(number) = &wanted.nhs_number {
            self.by_nhs_number.get(number).unwrap_or(&none)
        } else if let Some(upn) = &wanted.upn {
            self.by_upn.get(upn).unwrap_or(&none)
        } else if let Some(born) = wanted.date_of_birth {
            self.by_birth.get(&born).unwrap_or(&none)
        } else {
            return Err(rejected(
                "child_not_told",
                "The row does not tell the child: give the NHS number, the UPN, or names and date of birth.",
            ));
        };
        let fitting: Vec<i64> = candidates
            .iter()
            .copied()
            .filter(|id| {
                self.people
                    .get(id)
                    .is_some_and(|person| wanted.fits(person, self.schools.get(id).copied()))
            })
            .collect();
        match fitting.as_slice() {
            [one] => Ok(*one),
            [] if !candidates.is_empty() && wanted.has_number() => Err(rejected(
                "child_differs",
                "The number belongs to a child with another name, date of birth or school: check which child is meant.",
            )),
            [] => Err(rejected(
                "child_not_found",
                "No child on this year’s lists fits: check the particulars, or import the roster first.",
            )),
            _ => Err(rejected(
                "child_ambiguous",
                format!(
                    "{} children fit, perhaps twins: add the given name, the NHS number or the UPN.",
                    fitting.len()
                ),
            )),
        }
    }
}

/// What a row tells of its child.
#[derive(Default)]
struct Wanted {
    urn: Option<i32>,
    upn: Option<Upn>,
    nhs_number: Option<NhsNumber>,
    given_name: String,
    family_name: String,
    date_of_birth: Option<NaiveDate>,
}

impl Wanted {
    fn read(parsed: &Parsed, row: Row<'_>) -> Result<Self, Refusal> {
        let cell = |field: &str| parsed.cell(row, field);
        let told = |field: &str, what: &str| {
            let value = cell(field);
            (!value.is_empty()).then(|| (value, what.to_owned()))
        };
        let unreadable = |code: &str, value: &str, what: &str, right: &str| {
            rejected(
                code,
                format!("The {what} “{value}” cannot be read: {right}."),
            )
        };
        let mut wanted = Self {
            given_name: cell("given_name"),
            family_name: cell("family_name"),
            ..Self::default()
        };
        if let Some((value, what)) = told("urn", "URN") {
            let urn = Urn::parse(&value)
                .map_err(|_| unreadable("school_unknown", &value, &what, "it has six digits"))?;
            wanted.urn = Some(urn.number() as i32);
        }
        if let Some((value, what)) = told("upn", "UPN") {
            wanted.upn = Some(Upn::parse(&value).map_err(|_| {
                unreadable("upn_invalid", &value, &what, "it is a letter and 12 digits")
            })?);
        }
        if let Some((value, what)) = told("nhs_number", "NHS number") {
            wanted.nhs_number = Some(NhsNumber::parse(&value).map_err(|_| {
                unreadable(
                    "nhs_number_invalid",
                    &value,
                    &what,
                    "it has ten digits, the last of which checks the others",
                )
            })?);
        }
        if let Some((value, what)) = told("date_of_birth", "date of birth") {
            let date = read_date(&value).map_err(|_| {
                unreadable(
                    "date_of_birth_unreadable",
                    &value,
                    &what,
                    "write it as 2016-05-04",
                )
            })?;
            wanted.date_of_birth = Some(date.date);
        }
        if wanted.nhs_number.is_none() && wanted.upn.is_none() && wanted.family_name.is_empty() {
            // A date of birth alone is nobody.
            wanted.date_of_birth = None;
        }
        Ok(wanted)
    }

    fn has_number(&self) -> bool {
        self.nhs_number.is_some() || self.upn.is_some()
    }

    /// Whether nothing that is told contradicts what is held.
    fn fits(&self, person: &Person, school: Option<i32>) -> bool {
        let same_name =
            |told: &str, held: &str| told.is_empty() || text::folded(told) == text::folded(held);
        let given_fits = same_name(&self.given_name, &person.given_name)
            || text::folded(&self.given_name) == text::folded(&person.preferred_name)
            || text::first_word_folded(&self.given_name)
                == text::first_word_folded(&person.given_name);
        // With a number the school may be an old one; without, it tells children of one name apart.
        let school_fits = self.has_number() || self.urn.is_none() || self.urn == school;
        let other = |told: Option<bool>| told.unwrap_or(true);
        given_fits
            && same_name(&self.family_name, &person.family_name)
            && school_fits
            && self
                .date_of_birth
                .is_none_or(|born| born == person.date_of_birth)
            && other(
                self.nhs_number
                    .as_ref()
                    .zip(person.nhs_number.as_ref())
                    .map(|(told, held)| told == held),
            )
            && other(
                self.upn
                    .as_ref()
                    .zip(person.upn.as_ref())
                    .map(|(told, held)| told == held),
            )
    }
}

/// What a row says came of its child.
enum Told {
    Measured(Entry),
    Reason(Reason, NaiveDate),
}

fn told(
    parsed: &Parsed,
    row: Row<'_>,
    today: NaiveDate,
    limits: &Plausible,
) -> Result<Told, Refusal> {
    let cell = |field: &str| parsed.cell(row, field);
    let (height, weight, reason) = (cell("height"), cell("weight"), cell("reason"));
    let recorded = !height.is_empty() || !weight.is_empty();
    if !recorded && reason.is_empty() {
        return Err(Refusal {
            outcome: "skipped",
            codes: vec!["nothing_recorded".to_owned()],
            message: "No height, weight or reason: nothing to record yet.".to_owned(),
        });
    }
    if recorded && !reason.is_empty() {
        return Err(rejected(
            "reason_and_measurement",
            "There is a measurement and a reason for there being none: keep one of the two.",
        ));
    }
    let date = cell("date_measured");
    let day = if date.is_empty() {
        None
    } else {
        Some(
            read_date(&date)
                .map_err(|_| {
                    rejected(
                        "date_unreadable",
                        format!(
                            "The date measured “{date}” cannot be read: write it as 2026-11-30."
                        ),
                    )
                })?
                .date,
        )
    };
    if !recorded {
        let reason = Reason::read(&reason).ok_or_else(|| {
            let known: Vec<&str> = Reason::ALL.iter().map(|reason| reason.words()).collect();
            rejected(
                "reason_unknown",
                format!(
                    "The reason “{reason}” is not one of the eight: {}.",
                    known.join(", ")
                ),
            )
        })?;
        return Ok(Told::Reason(reason, day.unwrap_or(today)));
    }
    let of = |findings: &growth::plausibility::Findings| Refusal {
        outcome: "rejected",
        codes: findings
            .codes()
            .map(|code| code.code().to_owned())
            .collect(),
        message: super::entry::in_words(&findings.rejects),
    };
    let (height, weight) =
        growth::plausibility::read_entry(&height, &weight).map_err(|findings| of(&findings))?;
    let Some(measured_on) = day else {
        let findings = limits.findings(height.centimetres(), weight.kilograms());
        return Err(if findings.can_be_saved() {
            rejected("date_missing", "The date measured is missing.")
        } else {
            of(&findings)
        });
    };
    let named = |field: &str| Some(cell(field)).filter(|text| !text.is_empty());
    Ok(Told::Measured(Entry {
        expected_version: None,
        height,
        weight,
        measured_on,
        device: named("device"),
        measured_by: named("measured_by"),
    }))
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
    let limits = super::limits(tx)?;
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
                message: super::entry::in_words(&warnings),
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
            message: super::entry::in_words(&findings.rejects),
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
    let standing = super::standing(tx, pupil)?;
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
