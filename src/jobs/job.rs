//! What a job is.

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
