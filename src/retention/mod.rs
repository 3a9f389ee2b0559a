//! Retention: names go when the period that the Department designated is over, and the evidence that they went.
//!
//! The one thing to know: every step can be cut off and done again. What a night has erased is told by the rows
//! themselves, so a second run takes up where the first one ended.

mod clock_check;
mod erase;
mod evidence;
mod needles;
pub mod pages;
mod pause;
pub mod pause_pages;
mod pause_queries;
mod policy;
mod queries;
pub mod rule_change;
mod rule_change_mail;
pub mod rule_change_pages;
mod rule_change_queries;
mod run_queries;
mod unlink_queries;
mod wipe_queries;

pub use clock_check::{
    Against, ClockDoubt, clock_doubt, confirm_date, last_time, note_first_time, note_restored_time,
};
pub use erase::{Counts, Night};
pub use evidence::{Outcome, Scan};
pub use pause::{PAUSE_DAYS, Pause, PauseError, pause, pause_in_force, resume};
pub use policy::{COARSENED, Rule, month_of};

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::audit::Actor;
use crate::db::raw_bytes::RawBytesError;
use crate::db::{self, Conn};
use crate::identity::{IdentityError, KeyringError};
use crate::jobs::Job;
use crate::letters::LetterError;

/// A night that cannot begin or go on. What was done until then stays done; a rerun completes it.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// Another process is at it.
    #[error("a retention run is under way in another process; nothing was changed")]
    UnderWay,
    /// The clock may be wrong.
    #[error(
        "nothing was removed, because {}: if the date is right, confirm it on the page Retention or with `stature retention run --confirm-date DATE`",
        .0.in_words()
    )]
    ClockInDoubt(ClockDoubt),
    /// The information governance lead has paused retention.
    #[error(
        "nothing was removed, because retention is paused until {} UTC; the information governance lead can end the pause on the page Retention",
        .0.ends_at.format("%Y-%m-%d %H:%M")
    )]
    Paused(Pause),
    /// The lock's file cannot be used.
    #[error("the keyring’s folder cannot be used: {0}")]
    Lock(std::io::Error),
    /// A row of evidence cannot be read.
    #[error("the evidence of run {0} cannot be read")]
    Evidence(i64),
    /// A key cannot be destroyed.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// An identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Letters that wait.
    #[error(transparent)]
    Letters(#[from] LetterError),
    /// The database's bytes.
    #[error(transparent)]
    RawBytes(#[from] RawBytesError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What is due when, for one year.
#[derive(Clone, Debug, Serialize)]
pub struct YearPlan {
    /// `2026-27`.
    pub label: String,
    /// Days that names are kept.
    pub retention_days: i32,
    /// What designates the period.
    pub instrument: String,
    /// The date after which no name of the year is left.
    pub last_date: NaiveDate,
    /// `active` or `destroyed`.
    pub key_state: String,
    /// When the key was destroyed.
    pub key_destroyed_at: Option<NaiveDateTime>,
    /// Names that are held.
    pub names: i64,
    /// Names whose date has come.
    pub due: i64,
    /// Whether the key goes in the next run.
    pub key_due: bool,
    /// The dates to come, and how many names go on each.
    pub dates: BTreeMap<NaiveDate, i64>,
}

/// The rule under which a run erased, as it is kept with the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInForce {
    /// The academic year.
    pub year: String,
    /// Days that names are kept.
    pub retention_days: i32,
    /// What designates the period.
    pub instrument: String,
}

/// A run and its evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The date it took for today.
    pub as_of: NaiveDate,
    /// `running` (or cut off) or `succeeded`.
    pub state: String,
    /// The rules it followed.
    pub rules: Vec<RuleInForce>,
    /// What it did.
    pub counts: Counts,
    /// Names erased.
    pub names: i64,
    /// The years whose keys it destroyed.
    pub keys_destroyed: Vec<String>,
    /// What the scan found; `None` until the run has finished.
    pub scan: Option<Scan>,
    /// Who started it.
    pub started_by: String,
    /// When it began.
    pub started_at: NaiveDateTime,
    /// When it was finished.
    pub finished_at: Option<NaiveDateTime>,
}

impl Run {
    fn of(stored: run_queries::StoredRun) -> Result<Self, RetentionError> {
        let unreadable = |_| RetentionError::Evidence(stored.id);
        Ok(Self {
            rules: serde_json::from_str(&stored.rule).map_err(unreadable)?,
            counts: serde_json::from_str(&stored.counts).map_err(unreadable)?,
            scan: match &stored.scan {
                Some(scan) => Some(serde_json::from_str(scan).map_err(unreadable)?),
                None => None,
            },
            names: i64::from(stored.identities_erased),
            keys_destroyed: stored
                .keys_destroyed
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            id: stored.id,
            as_of: stored.as_of,
            state: stored.state,
            started_by: stored.started_by,
            started_at: stored.started_at,
            finished_at: stored.finished_at,
        })
    }

    /// The run in one sentence, without a name.
    pub fn in_words(&self) -> String {
        let names = match self.names {
            0 => "No name was due".to_owned(),
            1 => "1 name was removed".to_owned(),
            names => format!("{names} names were removed"),
        };
        let keys = match self.keys_destroyed.as_slice() {
            [] => String::new(),
            [year] => format!("; the key of {year} was destroyed"),
            years => format!("; the keys of {} were destroyed", years.join(", ")),
        };
        let scan = self.scan.as_ref().map_or("", |scan| match scan.outcome {
            Outcome::NothingErased => "",
            Outcome::Clean => "; nothing of them was found in the database’s bytes",
            Outcome::Found => "; SOMETHING WAS FOUND in the database’s bytes: see the evidence",
            Outcome::NotScanned => "; the database’s bytes were not scanned: see the evidence",
        });
        format!("{names}{keys}{scan}")
    }
}

/// What is due when, the oldest year first.
pub fn plan(tx: &mut Conn, as_of: NaiveDate) -> Result<Vec<YearPlan>, db::Error> {
    let mut plans = Vec::new();
    for year in queries::ruled_years(tx)? {
        let (mut names, mut due, mut dates) = (0, 0, BTreeMap::new());
        for (measured_on, count) in queries::names_by_date_measured(tx, &year.label)? {
            names += count;
            if year.rule.is_due(measured_on, as_of) {
                due += count;
            } else {
                *dates.entry(year.rule.due_on(measured_on)).or_insert(0) += count;
            }
        }
        plans.push(YearPlan {
            retention_days: year.rule.retention_days,
            instrument: year.instrument,
            last_date: year.rule.last_date(),
            key_due: year.key_state == "active" && year.rule.may_close(as_of, names - due),
            key_state: year.key_state,
            key_destroyed_at: year.key_destroyed_at,
            label: year.label,
            names,
            due,
            dates,
        });
    }
    Ok(plans)
}

/// The latest runs, the newest first.
pub fn runs(tx: &mut Conn, limit: i64) -> Result<Vec<Run>, RetentionError> {
    run_queries::runs(tx, limit)?
        .into_iter()
        .map(Run::of)
        .collect()
}

/// One run.
pub fn run(tx: &mut Conn, id: i64) -> Result<Option<Run>, RetentionError> {
    run_queries::run(tx, id)?.map(Run::of).transpose()
}

/// Refuses to go on while the clock is in doubt; otherwise notes the time, and puts changes of rules into force whose day
/// has come. Also in a night that is paused: the clock is compared with the last night, not with the last erasure.
fn look_at_clock(app: &App, actor: &Actor) -> Result<(), RetentionError> {
    app.db.write_now(|tx| {
        if let Some(doubt) = clock_doubt(tx, &app.clock)? {
            return Err(RetentionError::ClockInDoubt(doubt));
        }
        let now = app.clock.now();
        clock_check::note_time(tx, now)?;
        Ok(rule_change::apply_confirmed(tx, actor, now)?)
    })
}

/// Refuses to go on while retention is paused.
fn refuse_paused(tx: &mut Conn, now: NaiveDateTime) -> Result<(), RetentionError> {
    match pause_in_force(tx, now)? {
        Some(pause) => Err(RetentionError::Paused(pause)),
        None => Ok(()),
    }
}

/// Does a whole night's work, or completes one that was cut off.
pub fn run_night(app: &App, actor: &Actor) -> Result<Run, RetentionError> {
    let mut night = Night::begin(app, actor)?;
    // Somebody may pause retention while it is under way; the run is taken up when the pause has ended.
    let go_on = || app.db.read_now(|tx| refuse_paused(tx, app.clock.now()));
    while night.erase_batch()? > 0 {
        go_on()?;
    }
    night.sweep()?;
    go_on()?;
    night.close_years()?;
    night.destroy_keys()?;
    night.finish()
}

/// Removes the names whose time has come, every night.
pub const JOB: Job = Job {
    name: "retention",
    does: "Removes the names whose time has come, destroys the keys of years that are over, and keeps the evidence.",
    schedule: "0 30 2 * * *",
    when: "every night at 2:30am",
    run: job,
};

/// The nightly job: [`run_night`], or with `dry_run` what it would do.
pub fn job(app: &App, actor: &Actor, dry_run: bool) -> anyhow::Result<String> {
    if !dry_run {
        return match run_night(app, actor) {
            // Pausing is a decision, not a failure.
            Err(RetentionError::Paused(pause)) => Ok(format!(
                "Retention is paused until {} UTC: no name was removed",
                pause.ends_at.format("%Y-%m-%d %H:%M")
            )),
            result => Ok(result?.in_words()),
        };
    }
    let today = app.clock.today();
    let plans = app.db.read_now(|tx| plan(tx, today))?;
    let due: i64 = plans.iter().map(|year| year.due).sum();
    let keys = plans.iter().filter(|year| year.key_due).count();
    Ok(format!(
        "{due} names would be removed and {keys} keys destroyed"
    ))
}
