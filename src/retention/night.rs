//! A whole night, and the job that does it.

use super::erase::Night;
use super::error::RetentionError;
use super::gate::refuse_paused;
use super::plan::plan;
use super::run::Run;
use crate::app::App;
use crate::audit::Actor;
use crate::jobs::Job;

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
