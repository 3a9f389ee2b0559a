//! `stature import measurements`.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::files::{create_private, read_file};
use super::progress::Progress;
use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::measurement::import::{self, ImportError, Mode, Report, RowResult};
use crate::records::year as years;
use tabular::Limits;

/// The most problems printed; all of them go to `--errors` and `--report`.
const MOST_PRINTED: usize = 40;

/// Arguments of `import measurements`.
#[derive(Debug, Args)]
pub(super) struct MeasurementsArgs {
    /// The measurements: CSV, XLSX, XLS or ODS
    file: PathBuf,
    /// The academic year, such as 2026-27
    #[arg(long, value_name = "YEAR")]
    year: String,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Write the file back as CSV with a column that says what is wrong with each row
    #[arg(long, value_name = "OUT.csv")]
    errors: Option<PathBuf>,
    /// Write what came of each row as JSON
    #[arg(long, value_name = "OUT.json")]
    report: Option<PathBuf>,
    /// Import the good rows and leave the others out
    #[arg(long)]
    partial: bool,
}

pub(super) fn run(app: &App, args: &MeasurementsArgs) -> Outcome {
    let year = years::parse_label(&args.year)?;
    let limits = &Limits::COMMAND_LINE;
    let progress = Progress::start();
    progress.step("Reading the measurements");
    let bytes = zeroize::Zeroizing::new(read_file(&app.db, &args.file, limits)?);
    let parsed = import::parse(&bytes, limits)?;
    progress.step("Finding the children, checking and writing");
    let actor = by_command("import measurements");
    let mode = match (args.dry_run, args.partial) {
        (true, _) => Mode::DryRun,
        (false, true) => Mode::Partial,
        (false, false) => Mode::AllOrNothing,
    };
    let result = import::import(app, &actor, year, &parsed, mode);
    progress.finish();
    let (report, written) = result?;
    if let Some(path) = &args.errors {
        let out = create_private(&app.db, path)?;
        report
            .write_errors(&parsed, out)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if let Some(path) = &args.report {
        let mut out = create_private(&app.db, path)?;
        serde_json::to_writer_pretty(&mut out, &report.json(&parsed))?;
        out.flush()
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    print(&report, args.errors.is_some());
    let rejected = report.count(RowResult::Rejected);
    if !written && !args.dry_run {
        return Err(ImportError::Problems {
            rejected,
            rows: report.rows.len(),
        })
        .context("nothing was imported; use --partial for the good rows");
    }
    Ok(if rejected > 0 {
        Ended::InPart
    } else {
        Ended::Done
    })
}

fn print(report: &Report, to_file: bool) {
    for notice in &report.notices {
        eprintln!("{notice}");
    }
    let told: Vec<_> = report
        .rows
        .iter()
        .filter(|row| {
            row.outcome == RowResult::Rejected
                || !row.codes.is_empty() && row.outcome == RowResult::New
        })
        .collect();
    for row in told.iter().take(MOST_PRINTED) {
        eprintln!("row {} ({}): {}", row.row, row.outcome, row.message);
    }
    if told.len() > MOST_PRINTED {
        let hint = if to_file {
            "all rejected ones are in the file"
        } else {
            "--errors OUT.csv writes the rejected ones back"
        };
        eprintln!("… and {} more rows; {hint}", told.len() - MOST_PRINTED);
    }
    println!("{} rows:", report.rows.len());
    for (count, words) in [
        (report.measured, "measurements"),
        (report.not_measured, "reasons for no measurement"),
        (report.count(RowResult::Matched), "recorded already"),
        (
            report.count(RowResult::Duplicate),
            "the same as an earlier row",
        ),
        (report.count(RowResult::Skipped), "with nothing to record"),
        (
            report.count(RowResult::Rejected),
            "cannot go in as they stand",
        ),
        (report.with_warnings(), "with a value to check"),
    ] {
        if count > 0 {
            println!("  {count} {words}");
        }
    }
}
