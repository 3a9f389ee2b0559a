//! `stature import roster`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::files::{create_private, read_file};
use super::progress::Progress;
use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::db::Db;
use crate::records::year as years;
use crate::roster::commit::{Applied, Destination, commit};
use crate::roster::import::{Mode, Parsed, Prepared, Target};
use crate::roster::importing::Importing;
use crate::roster::stored_choices::HeadingKey;
use crate::roster::{self, ImportError, import};
use programme::{AcademicYear, Urn};
use roster_reader::plan::{Action, Counts};
use roster_reader::progress::Progress as RosterProgress;
use tabular::Limits;

/// The most problems printed; all of them go to `--errors` and `--report`.
const MOST_PRINTED: usize = 40;

/// How often an import is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Arguments of `import roster`.
#[derive(Debug, Args)]
pub(super) struct RosterArgs {
    /// The list, as the school's system exports it
    file: PathBuf,
    /// The academic year, such as 2026-27
    #[arg(long, value_name = "YEAR")]
    year: String,
    /// The school the list is for, when its rows do not say
    #[arg(long, value_name = "URN")]
    school: Option<Urn>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Write the list back as CSV with a column that says what is wrong with each row
    #[arg(long, value_name = "OUT.csv")]
    errors: Option<PathBuf>,
    /// Write what came of each row as JSON
    #[arg(long, value_name = "OUT.json")]
    report: Option<PathBuf>,
    /// Import the good rows and let the others wait
    #[arg(long)]
    partial: bool,
}

/// Shows how far the import of a roster is while `work` does it.
fn watched<T>(progress: &RosterProgress, work: impl FnOnce() -> T) -> T {
    let shown = Progress::start();
    let (finished, wait) = mpsc::channel::<()>();
    let worked = std::thread::scope(|scope| {
        scope.spawn(|| {
            let wait = wait;
            let mut step = None;
            while let Err(mpsc::RecvTimeoutError::Timeout) = wait.recv_timeout(LOOK_EVERY) {
                shown.reached(progress.reached(), &mut step);
            }
        });
        let worked = work();
        drop(finished);
        worked
    });
    shown.finish();
    worked
}

pub(super) fn run(app: &App, args: &RosterArgs) -> Outcome {
    let target = Target {
        year: years::parse_label(&args.year)?,
        school: args.school,
    };
    let mode = match (args.dry_run, args.partial) {
        (true, _) => Mode::DryRun,
        (false, true) => Mode::Partial,
        (false, false) => Mode::AllOrNothing,
    };
    let (parsed, prepared, applied) = import_file(app, args, target, mode)?;
    write_files(app, args, &parsed, &prepared)?;
    print_problems(&prepared, args.errors.is_some());
    let counts = prepared.counts();
    print_counts(&counts, target.year, mode, applied.is_some());
    if applied.is_none() && !args.dry_run {
        return Err(ImportError::Problems {
            rejected: counts.rejected,
            rows: counts.rows,
        })
        .context("nothing was imported; use --partial for the good rows");
    }
    Ok(if counts.rejected + counts.review > 0 {
        Ended::InPart
    } else {
        Ended::Done
    })
}

/// Reads the file and imports it, as far as `mode` lets it.
fn import_file(
    app: &App,
    args: &RosterArgs,
    target: Target,
    mode: Mode,
) -> anyhow::Result<(Parsed, Prepared, Option<Applied>)> {
    let limits = &Limits::COMMAND_LINE;
    let bytes = zeroize::Zeroizing::new(read_file(&app.db, &args.file, limits)?);
    let progress = RosterProgress::default();
    watched(&progress, || {
        let key = HeadingKey::of(&app.identities)?;
        let parsed = import::parse(&bytes, limits, target.year, &key, None, |layout| {
            app.db.read_now(|tx| roster::remembered_choices(tx, layout))
        })?;
        let actor = by_command("import roster");
        let importing = Importing::new(app, &actor, &progress);
        let destination = Destination::New(&bytes);
        let (prepared, applied) = commit(importing, target, &parsed, mode, destination)?;
        Ok((parsed, prepared, applied))
    })
}

/// Writes the files that were asked for: the list with its errors, and the report.
fn write_files(
    app: &App,
    args: &RosterArgs,
    parsed: &Parsed,
    prepared: &Prepared,
) -> anyhow::Result<()> {
    if let Some(path) = &args.errors {
        write_errors(&app.db, path, prepared, parsed)?;
    }
    if let Some(path) = &args.report {
        let mut out = create_private(&app.db, path)?;
        serde_json::to_writer_pretty(&mut out, &prepared.report(&parsed.columns))?;
        out.flush()
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// Writes the list back with what is wrong with each row.
fn write_errors(db: &Db, path: &Path, prepared: &Prepared, parsed: &Parsed) -> anyhow::Result<()> {
    let out = create_private(db, path)?;
    roster::write_errors(&prepared.plan, parsed, out)
        .with_context(|| format!("{} cannot be written", path.display()))
}

fn print_problems(prepared: &Prepared, to_file: bool) {
    for notice in &prepared.notices {
        eprintln!("{notice}");
    }
    let told: Vec<(u32, &'static str, String)> = prepared
        .plan
        .rows
        .iter()
        .filter(|row| !matches!(row.action, Action::Skipped | Action::NotAChild(_)))
        .filter_map(|row| Some((row.number, row.action.outcome(), row.message()?)))
        .collect();
    for (number, outcome, message) in told.iter().take(MOST_PRINTED) {
        eprintln!("row {number} ({outcome}): {message}");
    }
    if told.len() > MOST_PRINTED {
        let rest = told.len() - MOST_PRINTED;
        let hint = if to_file {
            "all are in the file"
        } else {
            "--errors OUT.csv writes all of them beside their rows"
        };
        eprintln!("… and {rest} more rows; {hint}");
    }
}

/// A kind of change by its word in reports, as it is told of children.
fn change_in_words(change: &str) -> &str {
    match change {
        "school" => "now at another school",
        "year_group" => "in another year group",
        "class" => "in another class",
        "nhs_number" => "with a new NHS number",
        "upn" => "with a new UPN",
        "given_name" => "with a new given name",
        "family_name" => "with a new family name",
        "preferred_name" => "with a new preferred name",
        "date_of_birth" => "with a corrected date of birth",
        "sex" => "with a corrected sex",
        "ethnicity" => "with another ethnic group",
        "address" => "with a new address",
        "contacts" => "with changed parents or carers",
        "sensitive" => "marked sensitive, or no longer",
        "returned" => "back on roll",
        other => other,
    }
}

fn print_counts(counts: &Counts, year: AcademicYear, mode: Mode, applied: bool) {
    let verb = match (mode, applied) {
        (Mode::DryRun, _) => "would be",
        (_, true) if counts.new == 1 => "was",
        (_, true) => "were",
        (_, false) => "could be",
    };
    let children = if counts.new == 1 { "child" } else { "children" };
    let rows = if counts.rows == 1 {
        "row of a child"
    } else {
        "rows of children"
    };
    println!("{} {rows} for {year}:", counts.rows);
    println!("  {} new {children} {verb} added", counts.new);
    println!(
        "  {} already held, of whom {} are unchanged",
        counts.matched, counts.unchanged
    );
    for (what, count) in &counts.changed {
        println!("    {count} {}", change_in_words(what));
    }
    for (count, words) in [
        (counts.duplicate, "the same child as an earlier row"),
        (counts.review, "held for a person to decide"),
        (counts.rejected, "cannot go in as they stand"),
        (counts.skipped, "in other year groups, passed over"),
        (counts.rows_with_warnings, "with a warning"),
        (
            counts.leavers,
            "on the last list but not on this one: proposed to have left",
        ),
    ] {
        if count > 0 {
            println!("  {count} {words}");
        }
    }
}
