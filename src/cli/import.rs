//! `stature import …`.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Ended, Outcome, by_command, not_the_database};
use crate::app::App;
use crate::audit;
use crate::db::{self, Db};
use crate::records::year as years;
use crate::roster::commit::{Destination, commit};
use crate::roster::import::{Mode, Parsed, Prepared, Target};
use crate::roster::importing::Importing;
use crate::roster::stored_choices::HeadingKey;
use crate::roster::{self, ImportError, import};
use crate::schools::geography::{self, GeographyError};
use crate::schools::{self, RegisterError};
use programme::{AcademicYear, Urn};
use roster_reader::plan::{Action, Counts};
use roster_reader::progress::{Progress as RosterProgress, Reached, Step};
use tabular::{self, Limits, ReadError};

/// The most problems printed; all of them go to `--errors` and `--report`.
const MOST_PRINTED: usize = 40;

/// How often an import is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What can be imported.
#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
    /// Schools, from the national register (GIAS) as CSV
    Schools {
        /// The file
        file: PathBuf,
    },
    /// Postcodes with their areas, from the ONS postcode directory (NSPL or ONSPD) as CSV
    Postcodes {
        /// The file
        file: PathBuf,
    },
    /// Deprivation deciles by small area, from the Indices of Deprivation as CSV
    Deprivation {
        /// The file
        file: PathBuf,
    },
    /// Children, from a school's list in any layout: CSV, XLSX, XLS, ODS or CTF
    Roster(RosterArgs),
    /// Measurements and reasons for none, from elsewhere: CSV, XLSX, XLS or ODS
    Measurements(super::import_measurements::MeasurementsArgs),
}

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

pub(super) fn run(app: &App, command: ImportCommand) -> Outcome {
    match command {
        ImportCommand::Schools { file } => import_schools(app, &file),
        ImportCommand::Postcodes { file } => import_postcodes(app, &file),
        ImportCommand::Deprivation { file } => import_deprivation(app, &file),
        ImportCommand::Roster(args) => import_roster(app, &args),
        ImportCommand::Measurements(args) => super::import_measurements::run(app, &args),
    }
}

/// Says how far the work is: a bar on a terminal, plain lines elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Starts showing.
    pub(super) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { bar: None };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar: Some(bar) }
    }

    /// Says what is being done now.
    pub(super) fn step(&self, words: impl Into<String>) {
        match &self.bar {
            Some(bar) => bar.set_message(words.into()),
            None => eprintln!("{}…", words.into()),
        }
    }

    /// Says how far an import is: a bar on a terminal, a line for each new
    /// step elsewhere.
    fn reached(&self, reached: Reached, last: &mut Option<Step>) {
        let Reached { step, done, total } = reached;
        match &self.bar {
            Some(bar) if total > 0 => {
                bar.set_message(format!("{}: {done} of {total}", step.words()));
            }
            Some(_) => self.step(step.words()),
            None if *last != Some(step) => self.step(step.words()),
            None => {}
        }
        *last = Some(step);
    }

    /// Stops showing.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
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

/// Reads a whole file, refused by its size before any of it is read.
pub(super) fn read_file(db: &Db, path: &Path, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    not_the_database(db, path)?;
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("{shown} cannot be read"))?;
    if size.is_dir() {
        bail!("{shown} is a folder, not a file");
    }
    limits.check_size(size.len())?;
    std::fs::read(path).with_context(|| format!("{shown} cannot be read"))
}

fn open_file(db: &Db, path: &Path) -> anyhow::Result<File> {
    not_the_database(db, path)?;
    File::open(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Makes a file that holds names readable by its owner only.
pub(super) fn create_private(db: &Db, path: &Path) -> anyhow::Result<BufWriter<File>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    not_the_database(db, path)?;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map(BufWriter::new)
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// A failed step of importing schools or geography.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Geography(#[from] GeographyError),
    #[error(transparent)]
    Homes(#[from] ImportError),
    #[error(transparent)]
    Database(#[from] db::Error),
}

fn import_schools(app: &App, file: &Path) -> Outcome {
    let limits = &Limits::COMMAND_LINE;
    let bytes = read_file(&app.db, file, limits)?;
    let table = tabular::read_table(&bytes, limits, |_| true).map_err(|error| match error {
        ReadError::NotATable(what) => {
            anyhow::anyhow!(
                "The file is {what}, not the schools register. Download the register as CSV."
            )
        }
        other => other.into(),
    })?;
    let register =
        schools::read_register(&table).map_err(|error: RegisterError| anyhow::anyhow!(error))?;
    let actor = by_command("import schools");
    let taken = app.write_now(&actor, |work| -> Result<_, db::Error> {
        let taken = schools::import_register(work.tx, &register, work.now)?;
        let detail = json!({"schools": taken.schools, "new": taken.new, "changed": taken.changed});
        let (actor, now) = (work.actor, work.now);
        audit::event(
            work.tx,
            actor,
            now,
            audit::Action::SchoolsImported,
            "schools",
            &detail,
        )?;
        Ok(taken)
    })?;
    println!(
        "{} schools: {} open, {} closed, {} in the statistics. {} are new, {} have changed.",
        taken.schools,
        taken.open,
        taken.schools - taken.open,
        taken.in_statistics,
        taken.new,
        taken.changed
    );
    Ok(Ended::Done)
}

fn import_postcodes(app: &App, file: &Path) -> Outcome {
    let opened = open_file(&app.db, file)?;
    let actor = by_command("import postcodes");
    let progress = Progress::start();
    progress.step("Reading postcodes");
    let (taken, homes) = app.write_now(&actor, |work| -> Result<_, Refused> {
        let taken = geography::import_postcodes(work.tx, opened, |rows| {
            if progress.bar.is_some() || rows % 500_000 < 50_000 {
                progress.step(format!("{rows} rows read"));
            }
        })?;
        audit::event(
            work.tx,
            work.actor,
            work.now,
            audit::Action::PostcodesImported,
            "postcodes",
            &json!({"live": taken.live}),
        )?;
        let homes = roster::locate_homes(work)?;
        Ok((taken, homes))
    })?;
    progress.finish();
    println!(
        "{} live postcodes; {} no longer in use and {} unreadable ones were passed over.",
        taken.live, taken.terminated, taken.unreadable
    );
    Ok(print_homes(&homes))
}

fn import_deprivation(app: &App, file: &Path) -> Outcome {
    let opened = open_file(&app.db, file)?;
    let actor = by_command("import deprivation");
    let (taken, homes) = app.write_now(&actor, |work| -> Result<_, Refused> {
        let taken = geography::import_deprivation(work.tx, opened)?;
        let detail = json!({"areas": taken.areas, "vintage": taken.vintage});
        audit::event(
            work.tx,
            work.actor,
            work.now,
            audit::Action::DeprivationImported,
            "deprivation",
            &detail,
        )?;
        let homes = roster::locate_homes(work)?;
        Ok((taken, homes))
    })?;
    println!(
        "Deciles of {} small areas, Indices of Deprivation {}.",
        taken.areas, taken.vintage
    );
    Ok(print_homes(&homes))
}

fn print_homes(homes: &roster::Located) -> Ended {
    if homes.found > 0 {
        println!(
            "The homes of {} children already held were placed anew.",
            homes.found
        );
    }
    match &homes.damaged {
        Some(damaged) => {
            eprintln!("Not placed: {damaged}");
            Ended::InPart
        }
        None => Ended::Done,
    }
}

fn import_roster(app: &App, args: &RosterArgs) -> Outcome {
    let target = Target {
        year: years::parse_label(&args.year)?,
        school: args.school,
    };
    let limits = &Limits::COMMAND_LINE;
    let bytes = zeroize::Zeroizing::new(read_file(&app.db, &args.file, limits)?);
    let mode = match (args.dry_run, args.partial) {
        (true, _) => Mode::DryRun,
        (false, true) => Mode::Partial,
        (false, false) => Mode::AllOrNothing,
    };
    let progress = RosterProgress::default();
    let (prepared, applied, parsed) = watched(&progress, || -> anyhow::Result<_> {
        let key = HeadingKey::of(&app.identities)?;
        let parsed = import::parse(&bytes, limits, target.year, &key, None, |layout| {
            app.db.read_now(|tx| roster::remembered_choices(tx, layout))
        })?;
        let actor = by_command("import roster");
        let importing = Importing::new(app, &actor, &progress);
        let destination = Destination::New(&bytes);
        let (prepared, applied) = commit(importing, target, &parsed, mode, destination)?;
        Ok((prepared, applied, parsed))
    })?;
    if let Some(path) = &args.errors {
        write_errors(&app.db, path, &prepared, &parsed)?;
    }
    if let Some(path) = &args.report {
        let mut out = create_private(&app.db, path)?;
        serde_json::to_writer_pretty(&mut out, &prepared.report(&parsed.columns))?;
        out.flush()
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
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
