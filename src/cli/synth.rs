//! `stature synth`.

use std::path::PathBuf;

use clap::Args;

use super::{Ended, Outcome};
use crate::config::Config;
use synth::{Area, AreaPlan};

/// What to invent.
#[derive(Args, Debug)]
pub(super) struct SynthArgs {
    /// How many schools
    #[arg(long, value_name = "N")]
    pub schools: u32,
    /// The same seed makes the same files
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// How many academic years; the last one is today's (see --as-of) and in progress
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub years: u32,
    /// The folder for schools.csv, roster-YEAR.csv, measurements-YEAR.csv, postcodes.csv and deprivation.csv
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Children in each year group of each school; without it they differ
    #[arg(long, value_name = "N")]
    pub children_per_year_group: Option<u32>,
}

pub(super) fn run(config: &Config, args: SynthArgs) -> Outcome {
    let mut area = Area::new(AreaPlan {
        seed: args.seed,
        schools: args.schools,
        years: args.years,
        today: config.clock.today(),
        children_per_year_group: args.children_per_year_group,
    })?;
    println!("schools.csv: {} schools", args.schools);
    for year in area.write_folder(&args.out)? {
        println!(
            "roster-{year}.csv: {} children; measurements-{year}.csv: {} outcomes",
            year.children,
            year.outcomes,
            year = year.year
        );
    }
    Ok(Ended::Done)
}
