//! `stature job`.

use clap::Subcommand;

use super::{Ended, Outcome, signals};
use crate::app::App;
use crate::clock::local;
use crate::jobs;
use crate::timetable::TABLE;

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// List the jobs with their last and next runs
    List,
    /// Run one job now, whenever it is due
    Run {
        /// The job's name, as in the list
        name: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(app: &App, command: JobCommand) -> Outcome {
    match command {
        JobCommand::List => {
            for listed in app.db.read_now(|tx| jobs::list(tx, TABLE))? {
                println!("{}: {}", listed.job.name, listed.job.does);
                println!("    runs {}", listed.job.when);
                match listed.state {
                    Some(state) if !state.enabled => println!("    paused"),
                    Some(state) => {
                        if let Some(next) = state.next_due_at {
                            println!("    next {}", local(next).format("%Y-%m-%d %H:%M"));
                        }
                    }
                    None => println!("    next: planned when `stature serve` runs"),
                }
                if let Some(run) = listed.last_run {
                    let began = local(run.started_at).format("%Y-%m-%d %H:%M");
                    println!("    last {began}, {}: {}", run.outcome, run.detail);
                }
            }
        }
        JobCommand::Run { name, dry_run } => {
            signals::listen(app)?;
            println!("{}", jobs::run_now(app, TABLE, &name, dry_run)?);
        }
    }
    Ok(Ended::Done)
}
