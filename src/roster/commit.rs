//! Carrying an import out.
//!
//! Everything slow (checking, opening the names held, planning, sealing)
//! happens without a lock. One short transaction then looks whether the
//! children held are still those that the plan was made against, and writes all
//! of it or nothing. If they are not, the work is done again.

use super::apply::{self, Writing};
use super::error::ImportError;
use super::import::{self, Mode, Parsed, Prepared, Target};
use super::import_queries::{self, ImportRecord, NewImport};
use super::importing::Importing;
use super::roll::Basis;
use super::seal_ahead::{self, Numbered};
use super::state::State;
use super::{register, waiting, year_lock};
use crate::db::{Bulk, Conn, dialect};
use crate::identity::{FORMAT, IdentityError, KeysOfYear, Sealer, fill_missing_keys};
use roster_reader::progress::Step;

/// How often an import is worked out again because the children held changed.
const MOST_ATTEMPTS: usize = 5;

/// What was done.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    /// The import's number; `None` when there was nothing to write.
    pub import: Option<i64>,
}

/// Where an import is written down.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// As an import of its own, of these bytes. One that would change nothing
    /// and leave nothing waiting leaves no trace but the access log's.
    New(&'a [u8]),
    /// In the row of a staged import.
    Staged(&'a ImportRecord),
}

/// Plans an import and, as far as `mode` lets it, applies it. With
/// [`Mode::Partial`] the good rows go in while the others wait; with
/// [`Mode::AllOrNothing`] a rejected row stops everything.
pub fn commit(
    importing: Importing<'_>,
    target: Target,
    parsed: &Parsed,
    mode: Mode,
    destination: Destination<'_>,
) -> Result<(Prepared, Option<Applied>), ImportError> {
    let schools = importing.db().read_now(register::schools)?;
    for _ in 0..MOST_ATTEMPTS {
        let checked = parsed.check(&schools, target, importing.progress)?;
        let (prepared, basis) = import::prepare(importing, target.year, parsed, checked)?;
        let rejected = prepared.counts().rejected;
        if mode == Mode::DryRun || (mode == Mode::AllOrNothing && rejected > 0) {
            return Ok((prepared, None));
        }
        let plan = Planned {
            importing,
            target,
            year: target.year.to_string(),
            parsed,
            prepared: &prepared,
            basis,
            destination,
        };
        match plan.write() {
            Ok(Some(applied)) => return Ok((prepared, Some(applied))),
            Ok(None) => {}
            // The database refused a child that another import has brought.
            Err(error) if is_unique_violation(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ImportError::KeptChanging)
}

fn is_unique_violation(error: &ImportError) -> bool {
    match error {
        ImportError::Database(error) | ImportError::Identity(IdentityError::Database(error)) => {
            error.is_unique_violation()
        }
        _ => false,
    }
}

/// A plan on its way to be written.
struct Planned<'a> {
    importing: Importing<'a>,
    target: Target,
    year: String,
    parsed: &'a Parsed,
    prepared: &'a Prepared,
    basis: Basis,
    destination: Destination<'a>,
}

impl Planned<'_> {
    /// Writes the plan; `None` when the children held have changed since.
    fn write(&self) -> Result<Option<Applied>, ImportError> {
        let db = self.importing.db();
        let counts = self.prepared.counts();
        let to_write = counts.new + counts.matched - counts.unchanged;
        self.importing.progress.begin(Step::Writing, to_write);
        let children = seal_ahead::new_children(self.prepared);
        let (sealer, numbers, import) = db.write_now(|tx| -> Result<_, ImportError> {
            let sealer = self.importing.app.identities.sealer(tx, &self.year)?;
            let numbers = dialect::reserve_pupil_numbers(tx, children.len())?;
            let import = match self.destination {
                _ if !self.prepared.changes() => None,
                Destination::New(_) => Some(dialect::reserve_import_number(tx)?),
                Destination::Staged(record) => Some(record.id),
            };
            Ok((sealer, numbers, import))
        })?;
        let numbered = seal_ahead::numbered(self.prepared, children, numbers);
        let mut bulk = db.bulk()?;
        let collected = bulk.collect(|tx| self.insert_children(tx, &sealer, &numbered))?;
        bulk.collect_touched(|tx| self.collect_touched(tx, &sealer, &numbered, import))?;
        self.keep(&mut bulk, &sealer, &numbered, import, collected)
    }

    fn insert_children(
        &self,
        tx: &mut Conn,
        sealer: &Sealer,
        children: &[Numbered<'_>],
    ) -> Result<(), ImportError> {
        seal_ahead::insert(tx, self.importing, &self.year, sealer, children)
    }

    /// `import`: the number that it has or will have, when it changes children.
    fn collect_touched(
        &self,
        tx: &mut Conn,
        sealer: &Sealer,
        new: &[Numbered<'_>],
        import: Option<i64>,
    ) -> Result<(), ImportError> {
        if let Some(import) = import {
            let mut keys = KeysOfYear::read(tx, &self.year)?;
            for new in new {
                keys.note_new(sealer, new.id, &new.child.person);
            }
            seal_ahead::collect_changed(tx, self.importing, sealer, import, self.prepared, keys)?;
        }
        seal_ahead::collect_seen(tx, self.prepared)
    }

    fn keep(
        &self,
        bulk: &mut Bulk<'_>,
        sealer: &Sealer,
        children: &[Numbered<'_>],
        number: Option<i64>,
        collected: bool,
    ) -> Result<Option<Applied>, ImportError> {
        let corrected =
            bulk.read(|tx| waiting::corrected(tx, sealer, &self.year, self.prepared, self.parsed))?;
        bulk.write(|tx| {
            year_lock::wait_for(tx, self.importing.progress, &self.year)?;
            // Looked at again: the year may have been closed meanwhile.
            self.importing.app.identities.sealer(tx, &self.year)?;
            if !self
                .basis
                .still_holds(&mut self.importing.work(tx), &self.year)?
            {
                return Ok(None);
            }
            let rows = apply::rows_that_wait(self.prepared, self.parsed);
            let waiting = waiting::not_waiting_yet(tx, sealer, &self.year, rows)?;
            let leavers = apply::new_leavers(tx, &self.year, self.prepared)?;
            let nothing_to_do = !self.prepared.writes() && waiting.is_empty() && leavers.is_empty();
            let Some(import) = self.note(tx, sealer, number, nothing_to_do, !waiting.is_empty())?
            else {
                return Ok(Some(Applied { import: None }));
            };
            dialect::free_changed_keys(tx)?;
            if collected {
                dialect::keep_collected(tx)?;
            } else {
                self.insert_children(tx, sealer, children)?;
            }
            let numbers: Vec<i64> = children.iter().map(|new| new.id).collect();
            dialect::insert_brought(tx, import, &numbers)?;
            dialect::write_touched(tx, import, FORMAT, self.importing.now)?;
            let writing = Writing {
                year: &self.year,
                sealer,
                import,
            };
            let mut work = self.importing.work(tx);
            apply::write(&mut work, writing, self.prepared, waiting, &leavers)?;
            let held = &self.prepared.held;
            let people = held.iter().map(|held| (held.pupil, &held.child.person));
            fill_missing_keys(tx, sealer, &self.year, people)?;
            waiting::end_waiting(tx, &corrected)?;
            Ok(Some(Applied {
                import: Some(import),
            }))
        })
    }

    /// Writes down that the import was applied; returns its number, or `None`
    /// when there is nothing to write. `number`: the one reserved for it.
    fn note(
        &self,
        tx: &mut Conn,
        sealer: &Sealer,
        number: Option<i64>,
        nothing_to_do: bool,
        keep_bytes: bool,
    ) -> Result<Option<i64>, ImportError> {
        let counts = import_queries::to_json(&self.prepared.counts())?;
        let now = self.importing.now;
        match self.destination {
            Destination::New(_) if nothing_to_do => Ok(None),
            Destination::New(bytes) => {
                let import = import_queries::insert_import(
                    tx,
                    &NewImport {
                        number,
                        year: &self.year,
                        school: self.target.school.map(i32::from),
                        state: State::Applied,
                        layout: Some(&self.parsed.layout),
                        counts: Some(&counts),
                        by: self.importing.actor,
                        at: now,
                        applied_at: Some(now),
                        expires_at: import::expires_at(now),
                    },
                )?;
                // The file is needed again only to write it back with its errors.
                if keep_bytes {
                    let sealed = sealer.seal(waiting::UPLOAD, import, bytes)?;
                    import_queries::set_upload(tx, import, &sealed)?;
                }
                Ok(Some(import))
            }
            Destination::Staged(record) => {
                if import_queries::set_applied(tx, record.id, &counts, now)? {
                    Ok(Some(record.id))
                } else {
                    Err(ImportError::NotWaiting)
                }
            }
        }
    }
}
