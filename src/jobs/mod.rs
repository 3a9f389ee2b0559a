//! Jobs: what one is, when it runs, and the runner that claims those that are due.
//!
//! A job is a plain function that takes no input: it looks at the database, does what is due, and says in counts what
//! it did. Running one twice must do nothing more than running it once, because a process that dies in the middle
//! leaves the rest to the next run.

mod queries;
mod runner;
mod schedule;

pub use queries::{JobState, LastRun, failed_since, forget_runs, forgettable_runs, recent_runs};
pub use runner::{
    Change, Held, JobError, Listed, Runner, is_paused, list, next_run, pause, request_run, resume,
    run_now,
};
pub use schedule::next_after;

use crate::app::App;
use crate::audit::Actor;

/// A job of the table.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Its name on the command line and in the tables: words joined by hyphens.
    pub name: &'static str,
    /// What it does, in one sentence for the page.
    pub does: &'static str,
    /// When it runs: a cron expression with seconds, by England's wall clock. Not between one and two at night: that
    /// hour is missing on one night of the year and there twice on another.
    pub schedule: &'static str,
    /// The schedule in words.
    pub when: &'static str,
    /// Does it; with `dry_run` only says what would be done. Returns counts in words, without any name.
    pub run: fn(app: &App, actor: &Actor, dry_run: bool) -> anyhow::Result<String>,
}
