//! From a file to a plan.
//!
//! Reading, checking and planning hold no lock. What was planned is written by
//! [`super::commit`], which looks under its lock whether the children held are
//! still those that the plan was made against.

use std::collections::{HashMap, HashSet};

use chrono::{Duration, NaiveDateTime};

use super::error::ImportError;
use super::importing::Importing;
use super::place_queries;
use super::printable::note_unprintable_names;
use super::roll::damaged_child;
use super::roll::{self, Basis, Roll};
use super::stored_choices::{HeadingKey, StoredChoices};
use crate::db::{self, Conn};
use programme::{AcademicYear, Place, Postcode, Urn};
use roster_reader::check::{self, Checked, Context, Verdict};
use roster_reader::code::{Code, Finding};
use roster_reader::columns::{self, Choices, Columns};
use roster_reader::plan::{Action, Counts, Held, Plan, plan};
use roster_reader::progress::{Progress, Step};
use roster_reader::report::{Report, report};
use roster_reader::{columns::field::Field, row::child::RosterChild, schools::Schools};
use tabular::{Limits, Table};

/// How long uploaded bytes and waiting rows are kept.
pub const DAYS_KEPT: i64 = 30;

/// When what is kept of an import that came in `at` is erased.
pub(super) fn expires_at(at: NaiveDateTime) -> NaiveDateTime {
    at + Duration::days(DAYS_KEPT)
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
    importing: Importing<'_>,
    year: AcademicYear,
    parsed: &Parsed,
    mut checked: Checked,
) -> Result<(Prepared, Basis), ImportError> {
    importing.progress.begin(Step::Comparing, 0);
    let (roll, basis) = roll::read(importing, &year.to_string())?;
    let places = importing
        .db()
        .read_now(|tx| note_unknown_postcodes(tx, &mut checked))?;
    let fonts = importing.app.config.fonts.as_deref();
    note_unprintable_names(&mut checked, fonts).map_err(ImportError::Fonts)?;
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
    if !place_queries::any_postcodes(tx)? {
        return Ok(None);
    }
    let mut wanted: HashSet<&Postcode> = HashSet::new();
    for row in &checked.rows {
        if let Verdict::Child(child) = &row.verdict {
            wanted.extend(&child.person.postcode);
        }
    }
    let wanted: Vec<&Postcode> = wanted.into_iter().collect();
    let places = place_queries::places(tx, &wanted)?;
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
