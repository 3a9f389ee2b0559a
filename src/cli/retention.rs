//! `stature retention plan` and `stature retention run`.

use chrono::NaiveDate;
use clap::Subcommand;

use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::clock::local;
use crate::db;
use crate::retention::{self, Outcome as ScanOutcome, Run, YearPlan};

/// What can be done about names whose period is over.
#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Say when the names of each year go; changes nothing
    Plan,
    /// Remove the names whose date has come, destroy the keys of years that are over, and write down the evidence
    Run {
        /// Confirm that this is today's date, after the clock was found to have moved
        #[arg(long, value_name = "DATE")]
        confirm_date: Option<NaiveDate>,
    },
}

pub(super) fn run(app: &App, command: RetentionCommand) -> Outcome {
    match command {
        RetentionCommand::Plan => {
            let (today, now) = (app.clock.today(), app.clock.now());
            let (plans, pause, doubt) = app.db.read_now(|tx| -> Result<_, db::Error> {
                Ok((
                    retention::plan(tx, today)?,
                    retention::pause_in_force(tx, now)?,
                    retention::clock_doubt(tx, &app.clock)?,
                ))
            })?;
            if let Some(pause) = pause {
                println!(
                    "Retention is paused until {} by {}: {}. Nothing is removed before that.",
                    local(pause.ends_at).format("%Y-%m-%d %H:%M"),
                    pause.paused_by,
                    pause.reason
                );
            }
            if let Some(doubt) = doubt {
                println!(
                    "Nothing is removed until somebody confirms the date: {}.",
                    doubt.in_words()
                );
            }
            if plans.is_empty() {
                println!("No year has a retention rule yet; set one with `stature year set`.");
            }
            for year in plans {
                print_plan(&year);
            }
            Ok(Ended::Done)
        }
        RetentionCommand::Run { confirm_date } => {
            if let Some(date) = confirm_date {
                confirm(app, date)?;
            }
            let run = retention::run_night(app, &by_command("retention run"))?;
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

/// Confirms the date that the clock shows.
fn confirm(app: &App, date: NaiveDate) -> anyhow::Result<()> {
    let (today, now) = (app.clock.today(), app.clock.now());
    if date != today {
        anyhow::bail!("the clock shows {today}, not {date}: set the clock right first");
    }
    let actor = by_command("retention run");
    Ok(app
        .db
        .write_now(|tx| retention::confirm_date(tx, &actor, now))?)
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
