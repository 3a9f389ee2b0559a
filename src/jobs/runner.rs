//! Claims jobs that are due and runs them.
//!
//! Any number of processes may run on one database. A process claims a job by a lease in its row, prolongs the lease
//! while it works, and gives it back in the transaction that notes the outcome and the next date. One that dies lets
//! the lease run out, and another takes the same run up. A date that passed while no process ran is caught up once.

use std::time::Duration as StdDuration;

use chrono::{Duration, NaiveDateTime};

use super::job::Job;
use super::queries::{self, JobState, LEASE, LastRun};
use super::schedule;
use crate::access::session;
use crate::app::App;
use crate::audit::{self, Action, Actor};
use crate::db;
use crate::outbox;

/// How often a claim is prolonged: several times within a lease, so that one missed turn does not lose it.
const PROLONG_EVERY: StdDuration = StdDuration::from_mins(1);

/// How often the runner looks for jobs that are due.
const LOOK_EVERY: StdDuration = StdDuration::from_secs(1);

/// A job that cannot be run or changed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// No such job.
    #[error("there is no job “{0}”; `stature job list` shows them all")]
    Unknown(String),
    /// It is running.
    #[error("“{0}” is running now, here or in another process; try again when it has finished")]
    Running(String),
    /// Only the information governance lead pauses retention.
    #[error(
        "Retention is paused and resumed by the information governance lead, on the page Retention. Nothing was changed."
    )]
    PausedElsewhere,
    /// It ran and failed.
    #[error("“{name}” failed: {message}")]
    Failed {
        /// The job's name.
        name: String,
        /// What the job said.
        message: String,
    },
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// A job that this process has claimed.
#[derive(Clone, Debug)]
pub struct Held {
    job: Job,
    run: i64,
    scheduled_for: NaiveDateTime,
    by_hand: bool,
}

impl Held {
    /// The job's name.
    pub fn name(&self) -> &'static str {
        self.job.name
    }
}

/// A job with its row and its latest run, for the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The job.
    pub job: Job,
    /// Its row; `None` before any process has run.
    pub state: Option<JobState>,
    /// Its latest run.
    pub last_run: Option<LastRun>,
}

/// Runs the jobs of a table in one process.
#[derive(Clone)]
pub struct Runner {
    app: App,
    table: &'static [Job],
    owner: String,
}

impl Runner {
    /// A runner with a random name of its own.
    pub fn new(app: App, table: &'static [Job]) -> anyhow::Result<Self> {
        Ok(Self {
            app,
            table,
            owner: session::new_token()?,
        })
    }

    /// Gives every job a row and a next date. A date that has passed stays: it is caught up.
    pub fn prepare(&self) -> Result<(), db::Error> {
        let now = self.app.clock.now();
        self.app.db.write_now(|tx| {
            for job in self.table {
                queries::ensure(tx, job.name)?;
                let stored = queries::state(tx, job.name)?.and_then(|state| state.next_due_at);
                let next = schedule::next_after(job.schedule, now);
                // A new version may have moved a job; an old date in the future would delay it.
                if stored.is_none() || (stored > Some(now) && stored != next) {
                    queries::set_next_due(tx, job.name, next)?;
                }
            }
            Ok(())
        })
    }

    /// Claims every job that is due and that nobody holds.
    pub fn claim_due(&self) -> Result<Vec<Held>, db::Error> {
        let now = self.app.clock.now();
        let (mut due, mut ahead) = (Vec::new(), Vec::new());
        self.app.db.read_now(|tx| -> Result<(), db::Error> {
            for job in self.table {
                let Some(state) = queries::state(tx, job.name)? else {
                    continue;
                };
                let Some(date) = state.next_due_at else {
                    continue;
                };
                if date > now {
                    let next = schedule::next_after(job.schedule, now);
                    if next.is_some_and(|next| date > next) {
                        ahead.push((*job, next));
                    }
                } else if state.enabled && !state.is_held(now) {
                    due.push((*job, date));
                }
            }
            Ok(())
        })?;
        // The clock was ahead when these dates were set, and has been put right since.
        if !ahead.is_empty() {
            self.app.db.write_now(|tx| -> Result<(), db::Error> {
                for (job, next) in ahead {
                    queries::set_next_due(tx, job.name, next)?;
                }
                Ok(())
            })?;
        }
        let mut held = Vec::new();
        for (job, date) in due {
            let claimed = self
                .app
                .db
                .write_now(|tx| -> Result<Option<i64>, db::Error> {
                    let until = now + LEASE;
                    if !queries::take_due_lease(tx, job.name, date, &self.owner, now, until)? {
                        return Ok(None);
                    }
                    queries::begin_run(tx, job.name, date, now).map(Some)
                })?;
            held.extend(claimed.map(|run| Held {
                job,
                run,
                scheduled_for: date,
                by_hand: false,
            }));
        }
        Ok(held)
    }

    /// Claims one job now, whenever it is due; a paused one too.
    fn claim_by_hand(&self, job: Job) -> Result<Held, JobError> {
        let now = self.app.clock.now();
        let run = self
            .app
            .db
            .write_now(|tx| -> Result<Option<i64>, db::Error> {
                queries::ensure(tx, job.name)?;
                if !queries::take_lease(tx, job.name, &self.owner, now, now + LEASE)? {
                    return Ok(None);
                }
                wait_for_nothing(tx, &Actor::job(job.name), now, job.name)?;
                queries::begin_run(tx, job.name, now, now).map(Some)
            })?;
        run.map(|run| Held {
            job,
            run,
            scheduled_for: now,
            by_hand: true,
        })
        .ok_or_else(|| JobError::Running(job.name.to_owned()))
    }

    /// Runs a claimed job on this thread and notes the outcome; an error of the job is an outcome.
    pub fn run_held(&self, held: &Held) -> Result<Result<String, String>, db::Error> {
        let actor = Actor::job(held.job.name);
        let result = (held.job.run)(&self.app, &actor, false);
        if let Err(error) = &result {
            tracing::error!(
                job = held.job.name,
                error = format!("{error:#}"),
                "a job failed"
            );
        }
        // Only the outermost message, which is the slice's own, goes into the row: causes may quote a mail server.
        let outcome = result.map_err(|error| error.to_string());
        self.finish(held, &outcome)?;
        Ok(outcome)
    }

    /// Notes the outcome, gives the claim back and sets the next date, unless another process has taken the run over.
    fn finish(&self, held: &Held, outcome: &Result<String, String>) -> Result<(), db::Error> {
        let now = self.app.clock.now();
        self.app.db.write_now(|tx| {
            if !queries::release_lease(tx, held.job.name, &self.owner)? {
                return Ok(());
            }
            let (word, detail) = match outcome {
                Ok(detail) => ("succeeded", detail),
                Err(message) => ("failed", message),
            };
            queries::end_run(tx, held.run, word, detail, now)?;
            if !held.by_hand {
                let next = schedule::next_after(held.job.schedule, now.max(held.scheduled_for));
                queries::move_on(tx, held.job.name, held.scheduled_for, next)?;
            }
            Ok(())
        })
    }

    /// Runs jobs as they come due until `stop` is ready; then waits for those that are running.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut running = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = look.tick() => {}
            }
            let runner = self.clone();
            match db::blocking(move || runner.look()).await {
                Ok(held) => {
                    for held in held {
                        let runner = self.clone();
                        running.spawn(async move { runner.run_prolonging(held).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "the jobs could not be looked at"),
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }

    /// Makes the jobs due that requests want at once; one that runs already is due again when it has ended.
    fn take_up_wanted(&self) -> Result<(), db::Error> {
        let wanted = self.app.wanted.take();
        let now = self.app.clock.now();
        for job in self.table.iter().filter(|job| wanted.contains(job.name)) {
            self.app.db.write_now(|tx| -> Result<(), db::Error> {
                queries::ensure(tx, job.name)?;
                queries::set_next_due(tx, job.name, Some(now))
            })?;
        }
        Ok(())
    }

    /// One look: links the audit events of the last second, and claims what is due.
    pub fn look(&self) -> Result<Vec<Held>, db::Error> {
        self.take_up_wanted()?;
        if self.app.db.read_now(audit::any_unlinked)?
            && let Err(error) = audit::link(&self.app.db, self.app.identities.keyring().folder())
        {
            // Jobs run all the same: events wait unlinked until the next look.
            tracing::error!(%error, "audit events could not be linked");
        }
        self.claim_due()
    }

    /// Runs a claimed job on a thread of its own and prolongs the claim meanwhile.
    async fn run_prolonging(&self, held: Held) {
        let runner = self.clone();
        let working = held.clone();
        let mut work = tokio::task::spawn_blocking(move || runner.run_held(&working));
        let mut prolong = tokio::time::interval(PROLONG_EVERY);
        prolong.tick().await;
        let ended = loop {
            tokio::select! {
                ended = &mut work => break ended,
                _ = prolong.tick() => {
                    let (owner, until) = (self.owner.clone(), self.app.clock.now() + LEASE);
                    let name = held.job.name;
                    let renewed = self
                        .app
                        .db
                        .write(move |tx| queries::renew_lease(tx, name, &owner, until))
                        .await;
                    if let Err(error) = renewed {
                        tracing::warn!(job = name, %error, "the claim could not be prolonged");
                    }
                }
            }
        };
        match ended {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::error!(job = held.job.name, %error, "the outcome could not be noted");
            }
            Err(_) => {
                let outcome = Err(
                    "it stopped because of a fault in the program; the log says more".to_owned(),
                );
                let runner = self.clone();
                if let Err(error) = db::blocking(move || runner.finish(&held, &outcome)).await {
                    tracing::error!(%error, "the outcome could not be noted");
                }
            }
        }
    }
}

/// A change of one job's row.
pub type Change =
    fn(&mut db::Conn, &'static [Job], &Actor, NaiveDateTime, &str) -> Result<(), JobError>;

/// The job of this name.
fn find(table: &'static [Job], name: &str) -> Result<Job, JobError> {
    table
        .iter()
        .find(|job| job.name == name)
        .copied()
        .ok_or_else(|| JobError::Unknown(name.to_owned()))
}

/// Runs one job now on this thread and returns what it did; with `dry_run` what it would do, leaving no trace.
pub fn run_now(
    app: &App,
    table: &'static [Job],
    name: &str,
    dry_run: bool,
) -> Result<String, JobError> {
    let job = find(table, name)?;
    if dry_run {
        return (job.run)(app, &Actor::job(job.name), true).map_err(|error| JobError::Failed {
            name: name.to_owned(),
            message: format!("{error:#}"),
        });
    }
    let runner = Runner::new(app.clone(), table).map_err(|error| JobError::Failed {
        name: name.to_owned(),
        message: error.to_string(),
    })?;
    let held = runner.claim_by_hand(job)?;
    runner.run_held(&held)?.map_err(|message| JobError::Failed {
        name: name.to_owned(),
        message,
    })
}

/// Every job with its row and its latest run.
pub fn list(tx: &mut db::Conn, table: &'static [Job]) -> Result<Vec<Listed>, db::Error> {
    table
        .iter()
        .map(|job| {
            Ok(Listed {
                job: *job,
                state: queries::state(tx, job.name)?,
                last_run: queries::last_run(tx, job.name)?,
            })
        })
        .collect()
}

/// Makes a job due at once; a process that runs jobs takes it up within seconds.
pub fn request_run(
    tx: &mut db::Conn,
    table: &'static [Job],
    actor: &Actor,
    now: NaiveDateTime,
    name: &str,
) -> Result<(), JobError> {
    let job = find(table, name)?;
    queries::ensure(tx, job.name)?;
    queries::set_next_due(tx, job.name, Some(now))?;
    wait_for_nothing(tx, actor, now, job.name)?;
    Ok(note(tx, actor, now, Action::JobRequested, name)?)
}

/// Stops a job from running by itself.
pub fn pause(
    tx: &mut db::Conn,
    table: &'static [Job],
    actor: &Actor,
    now: NaiveDateTime,
    name: &str,
) -> Result<(), JobError> {
    let job = find(table, name)?;
    refuse_retention(job.name)?;
    queries::ensure(tx, job.name)?;
    queries::set_enabled(tx, job.name, false)?;
    Ok(note(tx, actor, now, Action::JobPaused, name)?)
}

/// Lets a paused job run again, at its next date.
pub fn resume(
    tx: &mut db::Conn,
    table: &'static [Job],
    actor: &Actor,
    now: NaiveDateTime,
    name: &str,
) -> Result<(), JobError> {
    let job = find(table, name)?;
    queries::ensure(tx, job.name)?;
    queries::set_enabled(tx, job.name, true)?;
    queries::set_next_due(tx, job.name, schedule::next_after(job.schedule, now))?;
    Ok(note(tx, actor, now, Action::JobResumed, name)?)
}

/// A run that a person asks for tries at once, also what runs by themselves wait with.
fn wait_for_nothing(
    tx: &mut db::Conn,
    actor: &Actor,
    now: NaiveDateTime,
    name: &str,
) -> Result<(), db::Error> {
    if name == outbox::SENDING_JOB {
        outbox::try_now(tx, actor, now)?;
    }
    Ok(())
}

/// Whether a job is paused.
pub fn is_paused(tx: &mut db::Conn, name: &str) -> Result<bool, db::Error> {
    Ok(queries::state(tx, name)?.is_some_and(|state| !state.enabled))
}

/// The first run of a job by itself, not before `from`.
pub fn next_run(job: &Job, from: NaiveDateTime) -> Option<NaiveDateTime> {
    // A run that begins at this very moment counts.
    schedule::next_after(job.schedule, from - Duration::seconds(1))
}

/// Pausing retention has a page, a limit and an owner of its own.
fn refuse_retention(name: &str) -> Result<(), JobError> {
    if name == "retention" {
        Err(JobError::PausedElsewhere)
    } else {
        Ok(())
    }
}

fn note(
    tx: &mut db::Conn,
    actor: &Actor,
    now: NaiveDateTime,
    action: Action,
    name: &str,
) -> Result<(), db::Error> {
    audit::event(
        tx,
        actor,
        now,
        action,
        &format!("job:{name}"),
        &serde_json::json!({}),
    )
}
