//! What the service does with letters by itself.

use chrono::Timelike;
use programme::Coded as _;

use super::delay::{self, Delay};
use super::deliver::{self, Post, Report};
use super::error::LetterError;
use super::prepare;
use super::press::Press;
use super::stop::is_stopped;
use crate::access::Scope;
use crate::app::App;
use crate::audit::Actor;
use crate::clock::local;
use crate::jobs::Job;
use crate::outbox::{self, SENDING_JOB, Which};

/// Messages that a worker sends in one run of the job; the next run does the rest.
const MOST_A_RUN: usize = 2000;
const WORKERS: usize = 2;

/// The hours of the day, by England's wall clock, in which letters are queued by themselves.
const HOURS: std::ops::Range<u32> = 8..20;

/// Makes letters of new outcomes, every hour of the day.
pub const PREPARING: Job = Job {
    name: "prepare-letters",
    does: "Makes a letter of every new outcome, and looks again at letters that wait.",
    schedule: "0 0 7-19 * * *",
    when: "every hour from 7am to 7pm",
    run: prepare_letters,
};

/// Sends what waits, every ten minutes of the day.
pub const SENDING: Job = Job {
    name: SENDING_JOB,
    does: "Queues letters whose delay is over, and sends everything that waits in the outbox.",
    schedule: "0 5,15,25,35,45,55 8-19 * * *",
    when: "every ten minutes from 8am to 8pm",
    run: send_letters,
};

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

/// Queues the letters whose delay is over, unless they go by hand only, and sends what waits in the outbox. Fails when
/// messages were tried and none was taken, and when the mail server takes none.
pub fn send_letters(app: &App, actor: &Actor, dry_run: bool) -> anyhow::Result<String> {
    if dry_run {
        let waiting = app
            .db
            .read_now(|tx| -> Result<_, LetterError> { Ok(outbox::counts(tx)?) })?;
        let counts: Vec<String> = waiting
            .into_iter()
            .map(|(state, count)| format!("{count} {}", state.code().replace('_', " ")))
            .collect();
        return Ok(format!("in the outbox: {}", counts.join(", ")));
    }
    let by_itself = app.db.read_now(delay::delay)? != Delay::ByHand
        && HOURS.contains(&local(app.clock.now()).hour());
    if by_itself {
        deliver::queue_or_wait(app, actor)?;
    }
    let press = Press::new(app.config.fonts.as_deref())?;
    if let Some(words) = waits_for_correction(app)? {
        // What a process that died has left is settled all the same: no mail server is needed for that.
        Post::new(app, &press, actor.clone())?.recover()?;
        anyhow::bail!(words);
    }
    let report = deliver::deliver(app, &press, actor, WORKERS, MOST_A_RUN)?;
    let words = words(&report);
    if report.fault.is_some() || report.delivered_nothing() {
        anyhow::bail!(words);
    }
    Ok(words)
}

/// Why messages that are due are not tried in this run: the mail server refused the settings a short while ago, and
/// trying too often locks accounts.
fn waits_for_correction(app: &App) -> anyhow::Result<Option<String>> {
    let now = app.clock.now();
    let waits = app.db.read_now(|tx| -> Result<_, LetterError> {
        let Some(fault) = outbox::fault(tx)? else {
            return Ok(None);
        };
        let Some(until) = fault.waits_until(&app.mail_settings_hash(), now) else {
            return Ok(None);
        };
        let which = if is_stopped(tx)? {
            Which::Notices
        } else {
            Which::All
        };
        Ok(outbox::any_due(tx, which, now)?.then_some((fault.words, until)))
    })?;
    Ok(waits.map(|(words, until)| {
        let until = local(until).format("%H:%M");
        format!("not tried: {words}. The next try by itself is after {until}; run the job by hand to try at once")
    }))
}

/// What sending came to: counts of nothing are left out.
fn words(report: &Report) -> String {
    let mut parts: Vec<String> = [
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
    if report.stopped {
        parts.push("all letters are stopped".to_owned());
    }
    if let Some(fault) = &report.fault {
        parts.push(format!("the others wait: {fault}"));
    }
    if parts.is_empty() {
        "nothing to send".to_owned()
    } else {
        parts.join(", ")
    }
}
