//! `stature growth`: figures for files of measurements, without a database.
//!
//! A filter for other programs. Whatever a row holds, it comes out again in its
//! place, with the assessed columns after it or with a note that says why there
//! are none; rows are told apart from a file that cannot be used at all.

mod blocks;
mod cells;
mod layout;
mod options;
mod pipeline;
mod rows;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Context;
use growth::Scheme;

use super::{Ended, Outcome};
use options::Options;
use pipeline::{AssessError, assess};

/// What can be done without a database.
#[derive(clap::Subcommand, Clone, Debug)]
pub(super) enum GrowthCommand {
    /// Assess children in a CSV file against the British 1990 reference
    #[command(
        long_about = "Assess children in a CSV file against the British 1990 reference (Cole, \
                      Freeman & Preece 1998).\n\nThe header names the columns sex, birth_date, \
                      measurement_date, height_cm and weight_kg in any order; further columns are \
                      kept. Written to standard output: the same columns and decimal_age, bmi, \
                      height_z, weight_z, bmi_z, bmi_centile, population_category (statistics), \
                      clinical_category (letters) and assessment_note. A row that cannot be \
                      assessed keeps its place and the note says why."
    )]
    Assess(AssessArgs),
}

/// Arguments of `stature growth assess`.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct AssessArgs {
    /// The file to read; standard input when left out or `-`
    file: Option<PathBuf>,
    /// The cuts of the clinical categories: zscore (June 2025) or centile (91st and 98th exactly)
    #[arg(long, default_value = "zscore", value_parser = scheme)]
    scheme: Scheme,
    /// Also note where height, weight or BMI are outside the limits of plausibility
    #[arg(long)]
    check: bool,
    /// How many threads compute; as many as there are processors when left out
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

fn scheme(code: &str) -> Result<Scheme, String> {
    Scheme::from_code(code).map_err(|_| "choose zscore or centile".to_owned())
}

pub(super) fn run(command: &GrowthCommand) -> Outcome {
    match command {
        GrowthCommand::Assess(args) => run_assess(args),
    }
}

fn run_assess(args: &AssessArgs) -> Outcome {
    let options = Options {
        scheme: args.scheme,
        check: args.check,
        threads: args
            .threads
            .or_else(|| thread::available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN),
    };
    let input = open(args.file.as_deref())?;
    match assess(input, io::stdout(), &options) {
        Ok(summary) => {
            eprintln!("{summary}");
            Ok(Ended::Done)
        }
        // Whoever reads the output has seen enough, as `head` has.
        Err(AssessError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Ended::Done)
        }
        Err(error) => Err(error.into()),
    }
}

fn open(file: Option<&Path>) -> anyhow::Result<Box<dyn Read + Send>> {
    match file.filter(|path| *path != Path::new("-")) {
        None => Ok(Box::new(io::stdin())),
        Some(path) => {
            let file =
                File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Box::new(file))
        }
    }
}
