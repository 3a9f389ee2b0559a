//! An import from the rows to the database.

use programme::AcademicYear;
use serde_json::json;

use super::child::Children;
use super::error::ImportError;
use super::file::Parsed;
use super::report::Report;
use super::row_result::RowResult;
use super::rows::judge_rows;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::identity::Purpose;
use crate::measurement::record::{Batch, RecordError, Stamp};
use crate::records::year::year as year_of;

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
            Self::AllOrNothing => report.count(RowResult::Rejected) == 0,
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
        year: year.to_string(),
        stamp: Stamp {
            actor,
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
    year: String,
    stamp: Stamp<'a>,
    mode: Mode,
}

impl<'a> Importing<'a> {
    /// Judges every row against what stands now.
    fn judge(
        &self,
        year: AcademicYear,
        parsed: &Parsed,
    ) -> Result<(Batch<'a>, Report, Marks), ImportError> {
        let identities = &self.app.identities;
        let (mut batch, sealed) = self.app.db.read_now(|tx| -> Result<_, ImportError> {
            year_of(tx, &self.year)?.ok_or(ImportError::UnknownYear(year))?;
            let batch = Batch::read(tx, &self.year, self.stamp)?;
            let sealed = identities.sealed_year(tx, &self.year);
            Ok((batch, sealed.map_err(RecordError::from)?))
        })?;
        let marks = sealed
            .marks()
            .map(|(pupil, mark)| (pupil, mark.to_vec()))
            .collect();
        let opened = identities
            .open_year(
                &self.app.db,
                self.stamp.actor,
                Purpose::MatchingMeasurements,
                sealed,
            )
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
        judge_rows(parsed, &children, &mut batch, self.stamp.today, &mut report)?;
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
                self.stamp.actor,
                self.stamp.now,
                Action::MeasurementsImported,
                &format!("year:{}", self.year),
                &json!({
                    "rows": report.rows.len(),
                    "new": report.count(RowResult::New),
                    "rejected": report.count(RowResult::Rejected),
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
