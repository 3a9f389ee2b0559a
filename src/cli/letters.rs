//! `stature letters prepare|send|status`.

use clap::Subcommand;

use super::{Ended, Outcome, by_command, signals};
use crate::access::Scope;
use crate::app::App;
use crate::clock::local;
use crate::letters::press::Press;
use crate::letters::{self, LetterError, deliver, prepare};
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
    /// Say how many letters stand where, and what waits for somebody
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

fn status(app: &App) -> Outcome {
    let (tallies, messages, stopped, fault) = app.db.read_now(|tx| -> Result<_, LetterError> {
        Ok((
            letters::tallies(tx, &Scope::Everything)?,
            outbox::counts(tx)?,
            deliver::is_stopped(tx)?,
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
    println!("Outbox");
    for (state, count) in messages {
        println!("{count:>7} {}", state.replace('_', " "));
    }
    Ok(Ended::Done)
}

fn press(app: &App) -> anyhow::Result<Press> {
    Press::new(app.config.fonts.as_deref())
}
