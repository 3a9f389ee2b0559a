//! What the service does with letters by itself.

use super::deliver::{self, Report};
use super::press::Press;
use super::{LetterError, outbox, prepare};
use crate::access::Scope;
use crate::app::App;
use crate::audit::Actor;

/// Messages that a worker sends in one run of the job; the next run does the rest.
const MOST_A_RUN: usize = 2000;
const WORKERS: usize = 2;

/// Makes letters of new outcomes, and looks again at those that wait.
pub fn prepare_letters(app: &App, actor: &Actor, dry_run: bool) -> anyhow::Result<String> {
    let press = Press::new(app.config.fonts.as_deref())?;
    let prepared = prepare::prepare(app, &press, actor, &Scope::Everything, dry_run)?;
    Ok(format!(
        "{} ready, {} held, {} without a usable contact, {} not needed, {} overtaken",
        prepared.ready,
        prepared.held,
        prepared.no_contact,
        prepared.not_needed,
        prepared.superseded
    ))
}

/// Sends what is ready, and whatever else waits in the outbox.
pub fn send_letters(app: &App, actor: &Actor, dry_run: bool) -> anyhow::Result<String> {
    if dry_run {
        let waiting = app
            .db
            .read_now(|tx| -> Result<_, LetterError> { Ok(outbox::counts(tx)?) })?;
        let counts: Vec<String> = waiting
            .into_iter()
            .map(|(state, count)| format!("{count} {}", state.replace('_', " ")))
            .collect();
        return Ok(format!("in the outbox: {}", counts.join(", ")));
    }
    let press = Press::new(app.config.fonts.as_deref())?;
    let report = deliver::send(app, &press, actor, WORKERS, MOST_A_RUN)?;
    Ok(words(&report))
}

/// What there is to tell: counts of nothing are left out.
fn words(report: &Report) -> String {
    if report.stopped {
        return "all letters are stopped".to_owned();
    }
    let told: Vec<String> = [
        (report.sent, "sent"),
        (report.deferred, "to be tried again"),
        (report.held, "held at the last look"),
        (report.in_doubt, "that may have arrived"),
        (report.failed, "failed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{count} {words}"))
    .collect();
    if told.is_empty() {
        "nothing to send".to_owned()
    } else {
        told.join(", ")
    }
}
