//! `stature year set`.

use chrono::NaiveDate;
use clap::Subcommand;
use growth::Scheme;

use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::records::year::{self as years, YearRule};

/// What can be done with years.
#[derive(Debug, Subcommand)]
pub(super) enum YearCommand {
    /// Set how long names of a year are kept; names cannot come in before
    Set {
        /// The academic year, such as 2026-27
        label: String,
        /// Days that names are kept after the measurement (for a child never measured: after 31 August)
        #[arg(long, value_name = "N")]
        retention_days: i32,
        /// What designates that period
        #[arg(long, value_name = "TEXT")]
        instrument: String,
        /// Categories in letters: `zscore` (4/3, 2; June 2025) or `centile` (91, 98)
        #[arg(long, value_name = "NAME")]
        scheme: Option<Scheme>,
        /// When the collection closes
        #[arg(long, value_name = "DATE")]
        closes: Option<NaiveDate>,
    },
    /// List the years and their rules
    List,
}

impl YearCommand {
    /// Whether it may be the first command of a new place.
    pub(super) fn sets_up(&self) -> bool {
        matches!(self, Self::Set { .. })
    }
}

pub(super) fn run(app: &App, command: YearCommand) -> Outcome {
    match command {
        YearCommand::Set {
            label,
            retention_days,
            instrument,
            scheme,
            closes,
        } => {
            let year = years::parse_label(&label)?;
            let rule = YearRule {
                retention_days,
                instrument,
                scheme,
                closes_on: closes,
            };
            let (actor, now) = (by_command("year set"), app.clock.now());
            let keyring = app.identities.keyring();
            let set = app
                .db
                .write_now(|tx| years::set(tx, keyring, &actor, now, year, &rule))?;
            println!(
                "{}: names are kept {retention_days} days after the measurement ({}); letters use the scheme {}.",
                set.label,
                rule.instrument.trim(),
                set.scheme
            );
        }
        YearCommand::List => {
            for year in app.db.read_now(years::years)? {
                let rule = match year.retention_days {
                    Some(days) => format!("{days} days ({})", year.instrument.unwrap_or_default()),
                    None => "no retention rule".to_owned(),
                };
                println!(
                    "{}  {rule}; scheme {}; key {}",
                    year.label, year.scheme, year.key_state
                );
            }
        }
    }
    Ok(Ended::Done)
}
