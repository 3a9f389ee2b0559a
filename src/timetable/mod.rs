//! The table of jobs: what the service does by itself, and the page that shows it.
//!
//! A job is defined beside the work it does; to add one, define it there and name it here.

pub mod pages;

use chrono::Duration;

use crate::app::App;
use crate::audit::Actor;
use crate::db::{self, dialect};
use crate::jobs::{self, Job};
use crate::letters::jobs as letters;
use crate::retention;
use crate::roster::staged;

/// Every job, in the order of the page.
pub static TABLE: &[Job] = &[
    retention::JOB,
    letters::PREPARING,
    letters::SENDING,
    Job {
        name: "forget-old-runs",
        does: "Forgets the list of job runs older than 30 days, and the answers to forms older than 2 days.",
        schedule: "0 15 3 * * *",
        when: "every night at 3:15am",
        run: forget_old_runs,
    },
    Job {
        name: "erase-old-uploads",
        does: "Erases uploaded rosters, and rows of them that still wait, after 30 days.",
        schedule: "0 45 2 * * *",
        when: "every night at 2:45am",
        run: erase_old_uploads,
    },
];

/// Keeps the list of runs short: some jobs run every minute.
fn forget_old_runs(app: &App, _: &Actor, dry_run: bool) -> anyhow::Result<String> {
    let before = app.clock.now() - Duration::days(30);
    let forms_before = app.clock.now() - Duration::days(2);
    if dry_run {
        let runs = app.db.read_now(|tx| jobs::forgettable_runs(tx, before))?;
        return Ok(format!("{runs} runs would be forgotten"));
    }
    let runs = app.db.write_now(|tx| -> Result<usize, db::Error> {
        dialect::forget_submissions(tx, forms_before)?;
        jobs::forget_runs(tx, before)
    })?;
    Ok(format!("{runs} runs forgotten"))
}

/// Keeps uploads no longer than it takes to mend their rows.
fn erase_old_uploads(app: &App, actor: &Actor, dry_run: bool) -> anyhow::Result<String> {
    if dry_run {
        let due = app
            .db
            .read_now(|tx| staged::imports_due(tx, app.clock.now()))?;
        return Ok(format!("{due} uploads would be erased"));
    }
    let erased = app.write_now(actor, staged::erase_expired)?;
    Ok(format!("{erased} uploads erased"))
}
