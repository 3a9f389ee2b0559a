//! A night's work, step by step: names, leftovers, years, keys, evidence.
//!
//! Each step is a transaction (or one file), does nothing when it was done before, and leaves the database in order
//! when the process dies after it. A year is closed in the database first and its key destroyed afterwards: the other
//! way round, a key that is gone would look like one that was lost. No name can come into a year that is being closed,
//! because whoever seals holds the year's row until the end of the transaction.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::json;

use super::counts::Counts;
use super::error::RetentionError;
use super::evidence;
use super::gate::{look_at_clock, refuse_paused};
use super::needles::Needles;
use super::queries::{self, RuledYear};
use super::run::{RuleInForce, Run, run};
use super::run_queries;
use super::unlink_queries;
use super::wipe_queries::{self, Wiped};
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::db::{Conn, dialect};
use crate::identity::{IdentityError, Purpose, Whose};
use crate::letters::erase as letters;
use crate::records::year as years;

/// Names erased in one transaction: a person who saves waits for as long as this takes.
const BATCH: i64 = 2_000;

/// A run under way. While it lives no other process can begin one.
pub struct Night<'a> {
    app: &'a App,
    actor: &'a Actor,
    id: i64,
    as_of: NaiveDate,
    years: Vec<RuledYear>,
    counts: Counts,
    keys_destroyed: Vec<String>,
    needles: Needles,
    /// Held for its lock, which the system gives back however the process ends.
    _alone: File,
}

impl<'a> Night<'a> {
    /// Begins a run, or takes up the one that was cut off.
    pub fn begin(app: &'a App, actor: &'a Actor) -> Result<Self, RetentionError> {
        let alone = lock(app)?;
        look_at_clock(app, actor)?;
        let (as_of, now) = (app.clock.today(), app.clock.now());
        app.db.write_now(|tx| {
            refuse_paused(tx, now)?;
            let years = queries::ruled_years(tx)?;
            let mut night = Self {
                app,
                actor,
                id: 0,
                as_of,
                years,
                counts: Counts::default(),
                keys_destroyed: Vec::new(),
                needles: Needles::default(),
                _alone: alone,
            };
            match run_queries::unfinished_run(tx)? {
                Some(stored) => {
                    let run = Run::of(stored)?;
                    night.id = run.id;
                    // Not the date it was begun with: that one may have been wrong.
                    night.as_of = as_of;
                    night.keys_destroyed = run.keys_destroyed;
                    night.counts = run.counts;
                    night.counts.resumed += 1;
                    night.write_down(tx, &night.counts, &night.keys_destroyed)?;
                }
                None => {
                    night.id = run_queries::begin_run(
                        tx,
                        as_of,
                        &night.rules(),
                        &json!(night.counts).to_string(),
                        &actor.label,
                        now,
                    )?;
                }
            }
            Ok(night)
        })
    }

    /// Erases some names whose date has come, and coarsens their children's records, in one transaction. Returns how
    /// many; 0 when nothing is due any more.
    pub fn erase_batch(&mut self) -> Result<usize, RetentionError> {
        let now = self.app.clock.now();
        for year in &self.years {
            let (until, as_of) = (year.rule.measured_until(self.as_of), self.as_of);
            let never_measured_too = year.rule.is_due(None, as_of);
            let mut counts = self.counts.clone();
            let mut needles = Needles::default();
            let erased = self
                .app
                .db
                .write_now(|tx| -> Result<usize, RetentionError> {
                    let due =
                        queries::names_due(tx, &year.label, until, never_measured_too, BATCH)?;
                    if due.is_empty() {
                        return Ok(0);
                    }
                    let pupils: Vec<i64> = due.iter().map(|name| name.pupil).collect();
                    let mut by_month: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
                    for name in &due {
                        needles.add_sealed(&name.sealed);
                        let month = year.rule.removal_month(name.measured_on, as_of);
                        by_month.entry(month).or_default().push(name.pupil);
                    }
                    counts.unopened += self.open(tx, &year.label, &pupils, &mut needles)?;
                    let erased = queries::delete_identities(tx, &pupils)?;
                    for (month, pupils) in by_month {
                        queries::note_removal(tx, &pupils, month)?;
                    }
                    counts.add_coarsened(dialect::coarsen_dates(tx, &pupils)?);
                    wipe_around(tx, &pupils, now, &mut counts, &mut needles)?;
                    *counts.names.entry(year.label.clone()).or_default() += erased as i64;
                    self.write_down(tx, &counts, &self.keys_destroyed)?;
                    Ok(erased)
                })?;
            if erased > 0 {
                self.counts = counts;
                self.needles.extend(needles);
                return Ok(erased);
            }
        }
        Ok(0)
    }

    /// Mends what was written about a child after its name had gone, and wipes imports whose own time is over.
    pub fn sweep(&mut self) -> Result<(), RetentionError> {
        let now = self.app.clock.now();
        let mut counts = self.counts.clone();
        let mut needles = Needles::default();
        self.app.db.write_now(|tx| -> Result<(), RetentionError> {
            for pupils in queries::touched_after_removal(tx)?.chunks(BATCH as usize) {
                counts.add_coarsened(dialect::coarsen_dates(tx, pupils)?);
                wipe_around(tx, pupils, now, &mut counts, &mut needles)?;
            }
            let mut expired = Wiped::default();
            wipe_queries::wipe_expired_imports(tx, now, &mut expired)?;
            take(&expired, &mut counts, &mut needles);
            self.write_down(tx, &counts, &self.keys_destroyed)
        })?;
        self.counts = counts;
        self.needles.extend(needles);
        Ok(())
    }

    /// Closes each year whose last date has come and that holds no name: nothing more comes in, nothing sealed stays.
    pub fn close_years(&mut self) -> Result<(), RetentionError> {
        let now = self.app.clock.now();
        for year in &self.years {
            if year.key_state == "destroyed" || !year.rule.may_close(self.as_of, 0) {
                continue;
            }
            let mut counts = self.counts.clone();
            let mut needles = Needles::default();
            self.app.db.write_now(|tx| -> Result<(), RetentionError> {
                dialect::take_year(tx, &year.label)?;
                let names_left = years::names_held(tx, &year.label)?;
                if !year.rule.may_close(self.as_of, names_left) {
                    return Ok(());
                }
                let mut wiped = wipe_queries::wipe_leftovers_of_year(tx, &year.label, now)?;
                wiped.take_letters(letters::erase_year(tx, &year.label, now)?);
                take(&wiped, &mut counts, &mut needles);
                for pupils in queries::not_coarsened(tx, &year.label)?.chunks(BATCH as usize) {
                    let month = year.rule.removal_month(None, self.as_of);
                    queries::note_removal(tx, pupils, month)?;
                    counts.add_coarsened(dialect::coarsen_dates(tx, pupils)?);
                    wipe_around(tx, pupils, now, &mut counts, &mut needles)?;
                }
                queries::close_year(tx, &year.label)?;
                let subject = format!("year:{}", year.label);
                let detail = json!({"retention_run": self.id, "last_date": year.rule.last_date()});
                audit::event(tx, self.actor, now, Action::YearClosed, &subject, &detail)?;
                self.write_down(tx, &counts, &self.keys_destroyed)
            })?;
            self.counts = counts;
            self.needles.extend(needles);
        }
        Ok(())
    }

    /// Destroys the keys of closed years that are still in the keyring, also one that was put back there.
    pub fn destroy_keys(&mut self) -> Result<(), RetentionError> {
        let keyring = self.app.identities.keyring();
        let now = self.app.clock.now();
        for year in self.app.db.read_now(queries::ruled_years)? {
            let is_done = year.key_destroyed_at.is_some() && !keyring.holds(&year.label);
            if year.key_state != "destroyed" || is_done {
                continue;
            }
            let was_there = keyring.destroy(&year.label)?;
            let mut destroyed = self.keys_destroyed.clone();
            if !destroyed.contains(&year.label) {
                destroyed.push(year.label.clone());
            }
            self.app.db.write_now(|tx| -> Result<(), RetentionError> {
                if year.key_destroyed_at.is_none() {
                    queries::note_key_destroyed(tx, &year.label, now)?;
                }
                let subject = format!("year:{}", year.label);
                let detail = json!({"retention_run": self.id, "was_in_the_keyring": was_there});
                audit::event(
                    tx,
                    self.actor,
                    now,
                    Action::YearKeyDestroyed,
                    &subject,
                    &detail,
                )?;
                self.write_down(tx, &self.counts, &destroyed)
            })?;
            self.keys_destroyed = destroyed;
        }
        Ok(())
    }

    /// Cleans and scans the database's bytes, writes the evidence down, and ends the run.
    pub fn finish(mut self) -> Result<Run, RetentionError> {
        let scan = evidence::scan(self.app, &mut self.needles, &self.counts)?;
        let now = self.app.clock.now();
        let names = self.counts.all_names();
        let scan_text = json!(scan).to_string();
        self.app.db.write_now(|tx| {
            run_queries::finish_run(tx, self.id, &scan_text, now)?;
            let subject = format!("retention_run:{}", self.id);
            let detail = json!({
                "as_of": self.as_of,
                "names": names,
                "keys_destroyed": self.keys_destroyed,
                "scan": scan.outcome,
            });
            audit::event(tx, self.actor, now, Action::RetentionRan, &subject, &detail)?;
            run(tx, self.id)?.ok_or(RetentionError::Evidence(self.id))
        })
    }

    /// Opens the names that are about to go, to know what to look for afterwards. Returns how many could not be opened:
    /// a name whose key is missing, or whose record is damaged, goes all the same.
    fn open(
        &self,
        tx: &mut Conn,
        year: &str,
        pupils: &[i64],
        needles: &mut Needles,
    ) -> Result<i64, RetentionError> {
        let whose = Whose::PartOfYear(year, pupils);
        match self
            .app
            .identities
            .open(tx, self.actor, Purpose::Retention, whose)
        {
            Ok(opened) => {
                for person in opened.people.values() {
                    needles.add_person(person);
                }
                Ok(opened.unreadable.len() as i64)
            }
            Err(error @ IdentityError::Database(_)) => Err(error.into()),
            Err(_) => Ok(pupils.len() as i64),
        }
    }

    fn write_down(
        &self,
        tx: &mut Conn,
        counts: &Counts,
        keys_destroyed: &[String],
    ) -> Result<(), RetentionError> {
        let counts_text = json!(counts).to_string();
        Ok(run_queries::update_run(
            tx,
            self.id,
            self.as_of,
            &self.rules(),
            &counts_text,
            counts.all_names(),
            &keys_destroyed.join(" "),
        )?)
    }

    fn rules(&self) -> String {
        let rules: Vec<RuleInForce> = self
            .years
            .iter()
            .map(|year| RuleInForce {
                year: year.label.clone(),
                retention_days: year.rule.retention_days,
                instrument: year.instrument.clone(),
            })
            .collect();
        json!(rules).to_string()
    }
}

/// Wipes what lies around these children's identities (uploads, rows, earlier states, letters, messages) and takes away
/// what leads from the books to them.
fn wipe_around(
    tx: &mut Conn,
    pupils: &[i64],
    now: NaiveDateTime,
    counts: &mut Counts,
    needles: &mut Needles,
) -> Result<(), RetentionError> {
    let mut wiped = Wiped::default();
    wipe_queries::wipe_imports_of(tx, pupils, now, &mut wiped)?;
    wiped.take_letters(letters::erase_for(tx, pupils, now)?);
    unlink_queries::unlink(tx, pupils)?;
    take(&wiped, counts, needles);
    Ok(())
}

fn take(wiped: &Wiped, counts: &mut Counts, needles: &mut Needles) {
    counts.add(wiped);
    for sealed in &wiped.sealed {
        needles.add_sealed(sealed);
    }
}

/// One run at a time, by a lock on a file in the keyring: every process of a service shares the keyring, and the system
/// gives the lock back when a process dies, so that a rerun can follow at once.
fn lock(app: &App) -> Result<File, RetentionError> {
    let path = app.identities.keyring().folder().join("retention.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(RetentionError::Lock)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RetentionError::UnderWay),
        Err(TryLockError::Error(error)) => Err(RetentionError::Lock(error)),
    }
}
