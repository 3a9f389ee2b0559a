//! The rows of the jobs and of their runs.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use crate::db::schema::{job, job_run};
use crate::db::{Conn, Error, dialect};

/// A job's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = job)]
pub struct JobState {
    /// Its name in the table of jobs.
    pub name: String,
    /// False while it is paused.
    pub enabled: bool,
    /// When it runs next; UTC.
    pub next_due_at: Option<NaiveDateTime>,
    /// Until when a process holds it; UTC.
    pub lease_until: Option<NaiveDateTime>,
    /// Which process holds it.
    pub lease_owner: Option<String>,
}

/// How long a claim holds without being prolonged.
pub(super) const LEASE: Duration = Duration::minutes(5);

/// How much the clocks of two machines may differ.
const SKEW: Duration = Duration::minutes(1);

impl JobState {
    /// Whether a process holds the job. A claim that lasts longer than claims do was made by a clock that was ahead.
    pub fn is_held(&self, now: NaiveDateTime) -> bool {
        self.lease_until
            .is_some_and(|until| until > now && until <= now + LEASE + SKEW)
    }
}

/// The same in SQL.
macro_rules! is_free {
    ($now:expr) => {
        job::lease_until
            .is_null()
            .or(job::lease_until.le($now))
            .or(job::lease_until.gt($now + LEASE + SKEW))
    };
}

/// A run of a job.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = job_run)]
pub struct LastRun {
    /// The job's name.
    pub job_name: String,
    /// When it began; UTC.
    pub started_at: NaiveDateTime,
    /// When it ended; UTC.
    pub finished_at: Option<NaiveDateTime>,
    /// running | succeeded | failed.
    pub outcome: String,
    /// What it did, in counts.
    pub detail: String,
}

/// Makes sure that a job has a row.
pub(super) fn ensure(tx: &mut Conn, name: &str) -> Result<(), Error> {
    dialect::ensure_job(tx, name)
}

/// A job's row.
pub(super) fn state(tx: &mut Conn, name: &str) -> Result<Option<JobState>, Error> {
    Ok(job::table
        .find(name)
        .select(JobState::as_select())
        .first(tx)
        .optional()?)
}

/// Sets when a job runs next.
pub(super) fn set_next_due(
    tx: &mut Conn,
    name: &str,
    next: Option<NaiveDateTime>,
) -> Result<(), Error> {
    diesel::update(job::table.find(name))
        .set(job::next_due_at.eq(next))
        .execute(tx)?;
    Ok(())
}

/// Sets when a job runs next after the run that was due at `due`, unless it was made due anew while it ran.
pub(super) fn move_on(
    tx: &mut Conn,
    name: &str,
    due: NaiveDateTime,
    next: Option<NaiveDateTime>,
) -> Result<(), Error> {
    diesel::update(job::table.find(name).filter(job::next_due_at.eq(Some(due))))
        .set(job::next_due_at.eq(next))
        .execute(tx)?;
    Ok(())
}

/// Pauses a job, or lets it run again.
pub(super) fn set_enabled(tx: &mut Conn, name: &str, enabled: bool) -> Result<(), Error> {
    diesel::update(job::table.find(name))
        .set(job::enabled.eq(enabled))
        .execute(tx)?;
    Ok(())
}

/// Takes the lease of a job that nobody holds; false when somebody does. The row decides, not what was read before.
pub(super) fn take_lease(
    tx: &mut Conn,
    name: &str,
    owner: &str,
    now: NaiveDateTime,
    until: NaiveDateTime,
) -> Result<bool, Error> {
    let taken = diesel::update(job::table.find(name).filter(is_free!(now)))
        .set((
            job::lease_until.eq(Some(until)),
            job::lease_owner.eq(Some(owner)),
        ))
        .execute(tx)?;
    Ok(taken == 1)
}

/// As [`take_lease`], for a job that is due at `due` and not paused.
pub(super) fn take_due_lease(
    tx: &mut Conn,
    name: &str,
    due: NaiveDateTime,
    owner: &str,
    now: NaiveDateTime,
    until: NaiveDateTime,
) -> Result<bool, Error> {
    let taken = diesel::update(
        job::table
            .find(name)
            .filter(job::enabled.eq(true))
            .filter(job::next_due_at.eq(Some(due)))
            .filter(is_free!(now)),
    )
    .set((
        job::lease_until.eq(Some(until)),
        job::lease_owner.eq(Some(owner)),
    ))
    .execute(tx)?;
    Ok(taken == 1)
}

/// Holds a lease for longer; false when it was lost.
pub(super) fn renew_lease(
    tx: &mut Conn,
    name: &str,
    owner: &str,
    until: NaiveDateTime,
) -> Result<bool, Error> {
    let renewed = diesel::update(
        job::table
            .find(name)
            .filter(job::lease_owner.eq(Some(owner))),
    )
    .set(job::lease_until.eq(Some(until)))
    .execute(tx)?;
    Ok(renewed == 1)
}

/// Gives a lease back; false when it was lost.
pub(super) fn release_lease(tx: &mut Conn, name: &str, owner: &str) -> Result<bool, Error> {
    let released = diesel::update(
        job::table
            .find(name)
            .filter(job::lease_owner.eq(Some(owner))),
    )
    .set((
        job::lease_until.eq(None::<NaiveDateTime>),
        job::lease_owner.eq(None::<String>),
    ))
    .execute(tx)?;
    Ok(released == 1)
}

/// Notes that a run began; returns its number. The run of a process that died is taken up under its old number.
pub(super) fn begin_run(
    tx: &mut Conn,
    name: &str,
    scheduled_for: NaiveDateTime,
    now: NaiveDateTime,
) -> Result<i64, Error> {
    let earlier: Option<i64> = job_run::table
        .filter(job_run::job_name.eq(name))
        .filter(job_run::scheduled_for.eq(scheduled_for))
        .select(job_run::id)
        .first(tx)
        .optional()?;
    if let Some(id) = earlier {
        diesel::update(job_run::table.find(id))
            .set((
                job_run::started_at.eq(now),
                job_run::finished_at.eq(None::<NaiveDateTime>),
                job_run::outcome.eq("running"),
                job_run::detail.eq(""),
            ))
            .execute(tx)?;
        return Ok(id);
    }
    Ok(diesel::insert_into(job_run::table)
        .values((
            job_run::job_name.eq(name),
            job_run::scheduled_for.eq(scheduled_for),
            job_run::started_at.eq(now),
            job_run::outcome.eq("running"),
            job_run::detail.eq(""),
        ))
        .returning(job_run::id)
        .get_result(tx)?)
}

/// Notes how a run ended.
pub(super) fn end_run(
    tx: &mut Conn,
    id: i64,
    outcome: &str,
    detail: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(job_run::table.find(id))
        .set((
            job_run::finished_at.eq(Some(now)),
            job_run::outcome.eq(outcome),
            job_run::detail.eq(detail),
        ))
        .execute(tx)?;
    Ok(())
}

/// The latest run of a job.
pub(super) fn last_run(tx: &mut Conn, name: &str) -> Result<Option<LastRun>, Error> {
    Ok(job_run::table
        .filter(job_run::job_name.eq(name))
        .order(job_run::id.desc())
        .select(LastRun::as_select())
        .first(tx)
        .optional()?)
}

/// The latest runs of all jobs that did something worth reading, newest first.
pub fn recent_runs(tx: &mut Conn, most: i64) -> Result<Vec<LastRun>, Error> {
    Ok(job_run::table
        .order(job_run::id.desc())
        .limit(most)
        .select(LastRun::as_select())
        .load(tx)?)
}

/// The names of jobs of which a run has failed since `since`, each once, in order.
pub fn failed_since(tx: &mut Conn, since: NaiveDateTime) -> Result<Vec<String>, Error> {
    Ok(job_run::table
        .filter(job_run::outcome.eq("failed"))
        .filter(job_run::started_at.ge(since))
        .select(job_run::job_name)
        .distinct()
        .order(job_run::job_name)
        .load(tx)?)
}

/// Forgets runs that began before `before`; the evidence of retention nights is kept elsewhere. Returns how many.
pub fn forget_runs(tx: &mut Conn, before: NaiveDateTime) -> Result<usize, Error> {
    Ok(diesel::delete(job_run::table.filter(job_run::started_at.lt(before))).execute(tx)?)
}

/// How many runs [`forget_runs`] would forget.
pub fn forgettable_runs(tx: &mut Conn, before: NaiveDateTime) -> Result<i64, Error> {
    Ok(job_run::table
        .filter(job_run::started_at.lt(before))
        .count()
        .get_result(tx)?)
}
