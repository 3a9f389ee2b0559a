//! `stature retention plan` and `stature retention run`.

use clap::Subcommand;

use super::{Ended, Outcome};
use crate::app::App;
use crate::audit::Actor;
use crate::retention::{self, Outcome as ScanOutcome, Run, YearPlan};

/// What can be done about names whose period is over.
#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Say when the names of each year go; changes nothing
    Plan,
    /// Remove the names whose date has come, destroy the keys of years that are over, and write down the evidence
    Run,
}

pub(super) fn run(app: &App, command: RetentionCommand) -> Outcome {
    match command {
        RetentionCommand::Plan => {
            let today = app.clock.today();
            let plans = app.db.read_now(|tx| retention::plan(tx, today))?;
            if plans.is_empty() {
                println!("No year has a retention rule yet; set one with `stature year set`.");
            }
            for year in plans {
                print_plan(&year);
            }
            Ok(Ended::Done)
        }
        RetentionCommand::Run => {
            let run = retention::run_night(app, &Actor::command("retention run"))?;
            print_run(&run);
            match run.scan.as_ref().map(|scan| scan.outcome) {
                Some(ScanOutcome::Found) => {
                    anyhow::bail!(
                        "the names were erased, but traces are left in the database’s bytes; see the evidence of run {}",
                        run.id
                    )
                }
                _ => Ok(Ended::Done),
            }
        }
    }
}

fn print_plan(year: &YearPlan) {
    println!(
        "{}  kept {} days after the measurement ({}); last date {}",
        year.label, year.retention_days, year.instrument, year.last_date
    );
    match (year.key_state.as_str(), year.names) {
        ("destroyed", _) => println!("  names gone, key destroyed"),
        (_, 0) => println!("  no names held"),
        (_, names) => println!("  {names} names held, {} due now", year.due),
    }
    if year.key_due {
        println!("  the key is destroyed in the next run");
    }
    for (date, names) in &year.dates {
        println!("  {date}  {names}");
    }
}

fn print_run(run: &Run) {
    println!("Run {}, as of {}: {}.", run.id, run.as_of, run.in_words());
    for (year, names) in &run.counts.names {
        println!("  {year}  {names}");
    }
    for note in run.scan.iter().flat_map(|scan| &scan.notes) {
        println!("  {note}");
    }
}
