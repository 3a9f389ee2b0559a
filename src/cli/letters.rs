//! `stature letters prepare|send|resend|status`.

use clap::Subcommand;
use programme::Coded as _;

use super::{Ended, Outcome, by_command, signals};
use crate::access::Scope;
use crate::app::App;
use crate::clock::local;
use crate::letters::decide::{self, Decision};
use crate::letters::due::Due;
use crate::letters::press::Press;
use crate::letters::state::State;
use crate::letters::{self, LetterError, deliver, prepare, stop};
use crate::outbox;

/// What can be done with letters.
#[derive(Debug, Subcommand)]
pub(super) enum LettersCommand {
    /// Make a letter of every new outcome, and look again at those that wait
    Prepare {
        /// Say what would be, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Send the letters that are ready
    Send {
        /// Say how many would go, and send nothing
        #[arg(long)]
        dry_run: bool,
        /// Letters written and sent at once
        #[arg(long, default_value_t = 4, value_name = "N")]
        workers: usize,
    },
    /// Make every letter that failed ready again; `letters send` sends them
    Resend {
        /// Say how many there are, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say how many letters stand where, how many are overdue, and what waits for somebody
    Status,
}

pub(super) fn run(app: &App, command: LettersCommand) -> Outcome {
    match command {
        LettersCommand::Prepare { dry_run } => {
            let actor = by_command("letters prepare");
            let prepared =
                prepare::prepare(app, &press(app)?, &actor, &Scope::Everything, dry_run)?;
            if dry_run {
                println!("Nothing was changed. Preparing would make:");
            }
            for (count, words) in [
                (prepared.ready, "ready"),
                (prepared.held, "held"),
                (prepared.no_contact, "without a usable contact"),
                (prepared.not_needed, "not needed"),
                (prepared.superseded, "overtaken by a newer outcome"),
            ] {
                println!("{count:>7} {words}");
            }
            Ok(Ended::Done)
        }
        LettersCommand::Resend { dry_run } => resend(app, dry_run),
        LettersCommand::Status | LettersCommand::Send { dry_run: true, .. } => status(app),
        LettersCommand::Send { workers, .. } => send(app, workers),
    }
}

/// Sends in this process until nothing is due, the mail server takes nothing, or a signal comes.
fn send(app: &App, workers: usize) -> Outcome {
    signals::listen(app)?;
    let actor = by_command("letters send");
    let report = deliver::send(app, &press(app)?, &actor, workers.clamp(1, 16), usize::MAX)?;
    if report.stopped {
        println!("All letters are stopped. No letter was sent.");
    }
    for (count, words) in [
        (report.sent, "sent"),
        (report.deferred, "to be tried again"),
        (report.held, "held at the last look"),
        (
            report.in_doubt,
            "that may have arrived: see the page of letters",
        ),
        (report.failed, "failed: see the page of letters"),
    ] {
        println!("{count:>7} {words}");
    }
    if report.interrupted {
        println!("Sending was interrupted. The letters that have not gone wait as they were.");
    }
    if let Some(fault) = &report.fault {
        anyhow::bail!("no further letter can be sent, the others wait as they were: {fault}");
    }
    if report.delivered_nothing() {
        anyhow::bail!("none of the letters that were tried was taken by the mail server");
    }
    let in_part = report.stopped
        || report.interrupted
        || report.deferred + report.in_doubt + report.failed > 0;
    Ok(if in_part { Ended::InPart } else { Ended::Done })
}

/// Makes every letter that failed ready again.
fn resend(app: &App, dry_run: bool) -> Outcome {
    let actor = by_command("letters resend");
    let count = app.write_now(&actor, |work| -> Result<usize, LetterError> {
        if dry_run {
            let tallies = letters::tallies(work.tx, &Scope::Everything)?;
            let failed = tallies.iter().find(|(state, _)| *state == State::Failed);
            return Ok(failed.map_or(0, |(_, count)| *count as usize));
        }
        let again = Decision::SendAgain;
        decide::decide_all(work, &Scope::Everything, State::Failed, again)
    })?;
    let letters = if count == 1 { "letter" } else { "letters" };
    if dry_run {
        println!("Nothing was changed. {count} failed {letters} would be made ready again.");
    } else {
        println!(
            "{count} failed {letters} made ready again. Send them with \"stature letters send\"."
        );
    }
    Ok(Ended::Done)
}

fn status(app: &App) -> Outcome {
    let today = app.clock.today();
    let (tallies, due, messages, stopped, fault) =
        app.db.read_now(|tx| -> Result<_, LetterError> {
            Ok((
                letters::tallies(tx, &Scope::Everything)?,
                letters::due_counts(tx, &Scope::Everything, today)?,
                outbox::counts(tx)?,
                stop::is_stopped(tx)?,
                outbox::fault(tx)?,
            ))
        })?;
    if stopped {
        println!("All letters are stopped.");
    }
    if let Some(fault) = fault {
        let since = local(fault.since).format("%Y-%m-%d %H:%M");
        println!("No letter can be sent since {since}: {}", fault.words);
    }
    println!("Letters");
    for (state, count) in tallies {
        println!("{count:>7} {}", state.code().replace('_', " "));
    }
    for (due, count) in due {
        let words = match due {
            Due::Overdue => "not sent six weeks after the measurement: overdue",
            Due::Soon => "not sent and due within 7 days",
        };
        println!("{count:>7} {words}");
    }
    println!("Outbox");
    for (state, count) in messages {
        println!("{count:>7} {}", state.code().replace('_', " "));
    }
    Ok(Ended::Done)
}

fn press(app: &App) -> anyhow::Result<Press> {
    Press::new(app.config.fonts.as_deref())
}
