//! From a file to a plan, and from a plan to the database.
//!
//! The one thing to know: reading and checking need no database and hold no
//! lock; the plan and what follows from it are made inside one writing
//! transaction, against the children as they are held at that moment.

use std::collections::{HashMap, HashSet};

use chrono::{Duration, NaiveDateTime};
use growth::Sex;

use super::apply::{self, Applied};
use super::check::{self, Checked, Context, Verdict};
use super::child::RosterChild;
use super::code::{Code, Finding};
use super::columns::{self, Choices, Columns, ColumnsError};
use super::field::Field;
use super::geography::Place;
use super::plan::{Counts, Held, Plan, plan};
use super::progress::{Progress, Step};
use super::queries;
use super::report::{Report, report};
use super::schools::Schools;
use crate::audit::Actor;
use crate::db::{self, Conn};
use crate::fields::{CollectionYear, Postcode, Urn, YearGroup};
use crate::identity::{Identities, IdentityError, Purpose, Whose};
use crate::tabular::{Limits, ReadError, Table};

/// How long uploaded bytes and waiting rows are kept.
pub const DAYS_KEPT: i64 = 30;

/// An import that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its columns.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// Doubts about the columns.
    #[error("{} Nothing was imported. Rename the other column, or upload the file in the browser and choose there.", .0.join(" "))]
    Questions(Vec<String>),
    /// The school given beside the file.
    #[error(
        "School {0} is not on the list of schools. Import the schools register first, or correct the URN."
    )]
    SchoolUnknown(Urn),
    /// No schools at all.
    #[error(
        "There are no schools yet, so no child can be placed. Import the schools register first: stature import schools FILE"
    )]
    NoSchools,
    /// The file is for a school that has closed.
    #[error("School {0} has closed; its children are on other schools' lists.")]
    SchoolClosed(Urn),
    /// Somebody was quicker.
    #[error("This import was confirmed, discarded or undone in the meantime. Nothing was changed.")]
    NotWaiting,
    /// Somebody is at it.
    #[error("This import is being written at this moment. Wait until it is done.")]
    BeingWritten,
    /// Rows to be mended, and the good ones were not asked for alone.
    #[error(
        "{rejected} of {rows} rows cannot go in as they stand, so nothing was imported. Correct them, or import the good rows now and let the others wait."
    )]
    Problems {
        /// Rows that cannot go in.
        rejected: usize,
        /// Rows of children.
        rows: usize,
    },
    /// Something happened to the children since.
    #[error("{0}")]
    CannotUndo(String),
    /// A row that was decided already, or never waited.
    #[error("This row is not waiting any more. Nothing was changed.")]
    RowNotWaiting,
    /// A row that still cannot go in.
    #[error("{0}")]
    StillWrong(String),
    /// The names cannot be sealed or opened.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<diesel::result::Error> for ImportError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<crate::identity::SealError> for ImportError {
    fn from(error: crate::identity::SealError) -> Self {
        Self::Identity(error.into())
    }
}

/// A file that has been read and whose columns are known.
#[derive(Debug)]
pub struct Parsed {
    /// Its rows.
    pub table: Table,
    /// Its columns.
    pub columns: Columns,
    /// The name of its layout.
    pub layout: String,
}

/// What an import is for.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The academic year.
    pub year: CollectionYear,
    /// The school the file is for, when that was said beside it.
    pub school: Option<Urn>,
}

/// A file checked against the schools.
#[derive(Debug)]
pub struct CheckedFile {
    /// The file.
    pub parsed: Parsed,
    /// Its rows.
    pub checked: Checked,
}

/// A plan with everything that applying it needs.
#[derive(Debug)]
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// The children held, in the order the plan refers to.
    pub held: Vec<Held>,
    /// Where the postcodes lie; `None` when no postcodes are held.
    pub places: Option<HashMap<String, Place>>,
    /// What concerns more than one row.
    pub notices: Vec<String>,
}

/// Reads a file and tells its columns. `remembered` finds what was chosen for
/// a layout before; `chosen` goes before it.
pub fn parse(
    bytes: &[u8],
    limits: &Limits,
    year: CollectionYear,
    chosen: Option<&Choices>,
    remembered: impl FnOnce(&str) -> Result<Option<Choices>, db::Error>,
) -> Result<Parsed, ImportError> {
    let table = super::read(bytes, limits)?;
    let start_year = year.start_year();
    let mut columns = columns::find_columns(&table, &Choices::default(), start_year)?;
    let layout = columns::fingerprint(&columns);
    let choices = match chosen {
        Some(chosen) => Some(chosen.clone()),
        None => remembered(&layout)?,
    };
    if let Some(choices) = choices.filter(|choices| !choices.0.is_empty()) {
        columns = columns::find_columns(&table, &choices, start_year)?;
    }
    Ok(Parsed {
        table,
        columns,
        layout,
    })
}

impl Parsed {
    /// Refuses a file whose columns leave a doubt or are not enough.
    pub fn require_complete(&self, school_known: bool) -> Result<(), ImportError> {
        self.columns.check_complete(school_known)?;
        if self.columns.questions.is_empty() {
            Ok(())
        } else {
            Err(ImportError::Questions(
                self.columns
                    .questions
                    .iter()
                    .map(|question| question.text.clone())
                    .collect(),
            ))
        }
    }

    /// Checks every row.
    pub fn check(
        self,
        schools: &Schools,
        target: Target,
        progress: &Progress,
    ) -> Result<CheckedFile, ImportError> {
        if schools.iter().next().is_none() {
            return Err(ImportError::NoSchools);
        }
        if let Some(urn) = target.school {
            let school = schools.by_urn(urn).ok_or(ImportError::SchoolUnknown(urn))?;
            if !school.open {
                return Err(ImportError::SchoolClosed(urn));
            }
        }
        self.require_complete(target.school.is_some())?;
        let context = Context {
            start_year: target.year.start_year(),
            schools,
            school: target.school,
            progress,
        };
        let checked = check::check(&self.table, &self.columns, &context);
        Ok(CheckedFile {
            parsed: self,
            checked,
        })
    }
}

/// Plans an import against the children held at this moment. Opens every
/// identity of the year to compare them, and the access log says so.
pub fn prepare(
    tx: &mut Conn,
    by: By<'_>,
    year: CollectionYear,
    parsed: &Parsed,
    mut checked: Checked,
) -> Result<Prepared, ImportError> {
    by.progress.begin(Step::Comparing, 0);
    // Refused before any work, so that the refusal comes at once.
    by.identities.sealer(tx, &year.to_string())?;
    let held = held_children(tx, by.identities, by.actor, &year.to_string())?;
    let places = note_unknown_postcodes(tx, &mut checked)?;
    let plan = plan(checked, &held);
    let slips = plan
        .slips
        .iter()
        .map(|slip| slip.message(&parsed.table, &parsed.columns));
    let notices = slips.chain(plan.notices.iter().cloned()).collect();
    Ok(Prepared {
        plan,
        held,
        places,
        notices,
    })
}

/// The children of a year whose names are held.
pub(super) fn held_children(
    tx: &mut Conn,
    identities: &Identities,
    actor: &Actor,
    year: &str,
) -> Result<Vec<Held>, ImportError> {
    let pupils = queries::pupils_of_year(tx, year)?;
    if pupils.is_empty() {
        return Ok(Vec::new());
    }
    let mut opened = identities.open(tx, actor, Purpose::MatchingRoster, Whose::WholeYear(year))?;
    Ok(pupils
        .into_iter()
        .filter_map(|row| {
            let person = opened.remove(&row.id)?;
            held_child(row, person)
        })
        .collect())
}

/// A child held, from its two halves.
pub(super) fn held_child(row: queries::PupilRow, person: crate::identity::Person) -> Option<Held> {
    Some(Held {
        pupil: row.id,
        on_roll: row.on_roll,
        child: RosterChild {
            urn: Urn::try_from(row.school_urn).ok()?,
            year_group: YearGroup::from_code(&row.year_group)?,
            class: person.particulars.class.clone(),
            sex: Sex::parse(&row.sex).ok()?,
            ethnicity: person.particulars.ethnicity,
            sensitive: person.particulars.sensitive,
            person,
        },
    })
}

/// Finds where the homes lie, and warns of postcodes on no list.
fn note_unknown_postcodes(
    tx: &mut Conn,
    checked: &mut Checked,
) -> Result<Option<HashMap<String, Place>>, ImportError> {
    if !queries::any_postcodes(tx)? {
        return Ok(None);
    }
    let mut wanted: HashSet<&Postcode> = HashSet::new();
    for row in &checked.rows {
        if let Verdict::Child(child) = &row.verdict {
            wanted.extend(&child.person.postcode);
        }
    }
    let wanted: Vec<&Postcode> = wanted.into_iter().collect();
    let places = queries::places(tx, &wanted)?;
    if let Some(places) = &places {
        for row in &mut checked.rows {
            let Verdict::Child(child) = &row.verdict else {
                continue;
            };
            let Some(postcode) = &child.person.postcode else {
                continue;
            };
            if !places.contains_key(postcode.as_str()) {
                row.findings.push(Finding {
                    code: Code::PostcodeUnknown,
                    heading: Some(Field::Postcode.label()),
                    message: format!("{postcode} is on no list of postcodes. Check it; without it the child counts in no area."),
                });
            }
        }
    }
    Ok(places)
}

impl Prepared {
    /// The report of the plan.
    pub fn report(&self, columns: &Columns) -> Report {
        report(&self.plan, columns, self.notices.clone())
    }

    /// How many rows came to what.
    pub fn counts(&self) -> Counts {
        self.plan.counts()
    }
}

/// Who applies what, and when.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// The door to the names.
    pub identities: &'a Identities,
    /// Who it is.
    pub actor: &'a Actor,
    /// The time.
    pub now: NaiveDateTime,
    /// Is told how far the work is.
    pub progress: &'a Progress,
}

impl By<'_> {
    /// When what is kept of an import goes.
    pub fn expires_at(&self) -> NaiveDateTime {
        self.now + Duration::days(DAYS_KEPT)
    }
}

/// Plans and applies in one go, as the command line does. With `partial` the
/// good rows go in while the others wait; without it a rejected row stops
/// everything. Nothing is written when `dry_run`.
pub fn import(
    tx: &mut Conn,
    by: By<'_>,
    target: Target,
    file: CheckedFile,
    bytes: &[u8],
    mode: Mode,
) -> Result<(Prepared, Option<Applied>, Parsed), ImportError> {
    let CheckedFile { parsed, checked } = file;
    let prepared = prepare(tx, by, target.year, &parsed, checked)?;
    let rejected = prepared.counts().rejected;
    let applied = match mode {
        Mode::DryRun => None,
        Mode::AllOrNothing if rejected > 0 => None,
        Mode::AllOrNothing | Mode::Partial => {
            Some(apply::apply(tx, by, target, &prepared, &parsed, bytes)?)
        }
    };
    Ok((prepared, applied, parsed))
}

/// How far an import may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only say what would be done.
    DryRun,
    /// Nothing while a row is rejected.
    AllOrNothing,
    /// The good rows, while the others wait.
    Partial,
}
