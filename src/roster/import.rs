//! From a file to a plan.
//!
//! Reading, checking and planning hold no lock. What was planned is written by
//! [`super::commit`], which looks under its lock whether the children held are
//! still those that the plan was made against.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::{Duration, NaiveDateTime};

use super::geography::Place;
use super::printable::note_unprintable_names;
use super::queries;
use super::roll::damaged_child;
use super::roll::{self, Basis, Roll};
use super::stored_choices::{HeadingKey, StoredChoices};
use crate::audit::Actor;
use crate::db::{self, Conn, Db};
use crate::identity::{Identities, IdentityError};
use programme::{AcademicYear, Postcode, Urn};
use roster_reader::check::{self, Checked, Context, Verdict};
use roster_reader::code::{Code, Finding};
use roster_reader::columns::{self, Choices, Columns, ColumnsError};
use roster_reader::plan::{Action, Counts, Held, Plan, plan};
use roster_reader::progress::{Progress, Step};
use roster_reader::report::{Report, report};
use roster_reader::{columns::field::Field, row::child::RosterChild, schools::Schools};
use tabular::{Limits, ReadError, Table};

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
    /// Another request is writing this import, or another one of the year.
    #[error(
        "An import of this year is being written at this moment. Nothing was changed. Try again when it is done."
    )]
    BeingWritten,
    /// The children held changed again and again between planning and writing.
    #[error(
        "The children of this year were changed several times while the list was compared with them. Nothing was imported. Try again."
    )]
    KeptChanging,
    /// A child's record in clear cannot be understood.
    #[error("the record of child {pupil} is damaged: its {what} cannot be understood")]
    DamagedRecord {
        /// The child's number.
        pupil: i64,
        /// The column.
        what: &'static str,
    },
    /// The letters' fonts cannot be read.
    #[error("the letters' fonts cannot be read: {0:#}")]
    Fonts(anyhow::Error),
    /// Something that was stored as JSON cannot be understood.
    #[error("the {what} stored with import {import} cannot be understood: {why}")]
    DamagedImport {
        /// The import's number.
        import: i64,
        /// What it is.
        what: &'static str,
        /// What the parser said.
        why: String,
    },
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
    /// The name of its layout, see [`HeadingKey::layout`].
    pub layout: String,
}

/// What an import is for.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The academic year.
    pub year: AcademicYear,
    /// The school the file is for, when that was said beside it.
    pub school: Option<Urn>,
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
    year: AcademicYear,
    key: &HeadingKey,
    chosen: Option<StoredChoices>,
    remembered: impl FnOnce(&str) -> Result<Option<StoredChoices>, db::Error>,
) -> Result<Parsed, ImportError> {
    let table = roster_reader::read(bytes, limits)?;
    let start_year = year.start_year();
    let mut columns = columns::find_columns(&table, &Choices::default(), start_year)?;
    let layout = key.layout(&columns);
    let stored = match chosen {
        Some(chosen) => Some(chosen),
        None => remembered(&layout)?,
    };
    let choices = stored.map(|stored| stored.resolve(&columns, key));
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
        &self,
        schools: &Schools,
        target: Target,
        progress: &Progress,
    ) -> Result<Checked, ImportError> {
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
        Ok(check::check(&self.table, &self.columns, &context))
    }
}

/// Plans an import against the children held at this moment. Opens every
/// identity of the year to compare them, and the access log says so.
pub(super) fn prepare(
    db: &Db,
    by: By<'_>,
    year: AcademicYear,
    parsed: &Parsed,
    mut checked: Checked,
) -> Result<(Prepared, Basis), ImportError> {
    by.progress.begin(Step::Comparing, 0);
    let (roll, basis) = roll::read(db, by, &year.to_string())?;
    let places = db.read_now(|tx| note_unknown_postcodes(tx, &mut checked))?;
    note_unprintable_names(&mut checked, by.fonts).map_err(ImportError::Fonts)?;
    let Roll { held, unreadable } = roll;
    let plan = plan(checked, &held, &|child| damaged_child(&unreadable, child));
    let slips = plan
        .slips
        .iter()
        .map(|slip| slip.message(&parsed.table, &parsed.columns));
    let damaged = unreadable.iter().map(super::roll::Unreadable::notice);
    let notices = slips
        .chain(plan.notices.iter().cloned())
        .chain(damaged)
        .collect();
    let prepared = Prepared {
        plan,
        held,
        places,
        notices,
    };
    Ok((prepared, basis))
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
    /// Whether the plan changes any child.
    pub(super) fn writes(&self) -> bool {
        self.plan
            .rows
            .iter()
            .any(|row| matches!(row.action, Action::New(_) | Action::Changed { .. }))
    }

    /// Whether the plan changes any child held.
    pub(super) fn changes(&self) -> bool {
        self.plan
            .rows
            .iter()
            .any(|row| matches!(row.action, Action::Changed { .. }))
    }

    /// Where a child's home lies, as far as is known.
    pub(super) fn place_of(&self, child: &RosterChild) -> Option<&Place> {
        self.places
            .as_ref()?
            .get(child.person.postcode.as_ref()?.as_str())
    }

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
    /// The folder of further fonts for letters.
    pub fonts: Option<&'a Path>,
}

impl By<'_> {
    /// When what is kept of an import goes.
    pub fn expires_at(&self) -> NaiveDateTime {
        self.now + Duration::days(DAYS_KEPT)
    }
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
