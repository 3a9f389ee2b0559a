//! `stature release`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use disclosure::Evidence;
use programme::{AcademicYear, Audience};

use super::{Ended, Outcome, by_command, not_the_database};
use crate::app::App;
use crate::statistics::{self, Format, ReleaseError, Shelf};

/// What can be done with releases.
#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCommand {
    /// Make a release of the figures as they are now, audit it, and print its number
    Make {
        /// Who will see it: school:URN, la:CODE or public
        #[arg(long, value_name = "AUDIENCE")]
        audience: Audience,
        /// Academic years, a comma between them, such as 2026-27,2025-26,2024-25
        #[arg(long, value_name = "YEARS", value_delimiter = ',', required = true)]
        years: Vec<AcademicYear>,
    },
    /// Audit a release against everything shown by now
    Audit {
        /// The release
        number: i64,
    },
    /// Show a release to its audience, and tell its contact by email
    Publish {
        /// The release
        number: i64,
    },
    /// Take a release back; what was shown stays in every later audit
    Withdraw {
        /// The release
        number: i64,
    },
    /// Write a release to a file
    Export {
        /// The release
        number: i64,
        /// csv, xlsx or pdf
        #[arg(long, value_name = "FORMAT")]
        format: String,
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// List the releases
    List,
}

pub(super) fn run(app: &App, command: ReleaseCommand) -> Outcome {
    let shelf = Shelf::open(app.identities.keyring())?;
    match command {
        ReleaseCommand::Make { audience, years } => make(app, &shelf, &audience, &years),
        ReleaseCommand::Audit { number } => audit(app, &shelf, number),
        ReleaseCommand::Publish { number } => publish(app, &shelf, number),
        ReleaseCommand::Withdraw { number } => withdraw(app, number),
        ReleaseCommand::Export {
            number,
            format,
            out,
        } => export(app, &shelf, number, &format, &out),
        ReleaseCommand::List => list(app),
    }
}

fn make(app: &App, shelf: &Shelf, audience: &Audience, years: &[AcademicYear]) -> Outcome {
    let actor = by_command("release make");
    let (now, today) = (app.clock.now(), app.clock.today());
    let (number, evidence) = app
        .db
        .write_now(|tx| statistics::make(tx, shelf, &actor, now, today, audience, years))?;
    println!("{number}");
    eprintln!("{}", words(&evidence));
    warn(app, shelf, number)?;
    Ok(Ended::Done)
}

fn audit(app: &App, shelf: &Shelf, number: i64) -> Outcome {
    let (actor, now) = (by_command("release audit"), app.clock.now());
    let evidence = app
        .db
        .write_now(|tx| statistics::audit(tx, shelf, &actor, now, number))?;
    println!("{}", words(&evidence));
    if evidence.passed() {
        Ok(Ended::Done)
    } else {
        Err(ReleaseError::NotSafe { number }.into())
    }
}

fn publish(app: &App, shelf: &Shelf, number: i64) -> Outcome {
    let (actor, now) = (by_command("release publish"), app.clock.now());
    warn(app, shelf, number)?;
    let told = app
        .db
        .write_now(|tx| statistics::publish_and_tell(tx, app, shelf, &actor, now, number))?;
    println!("Release {number} is published. {}", told.words());
    Ok(Ended::Done)
}

fn withdraw(app: &App, number: i64) -> Outcome {
    let (actor, now) = (by_command("release withdraw"), app.clock.now());
    let withdrawn = app
        .db
        .write_now(|tx| statistics::withdraw(tx, &actor, now, number))?;
    println!(
        "Release {number} is withdrawn. Those who saw it may remember it: it stays in every later audit. {}",
        withdrawn.words()
    );
    Ok(Ended::Done)
}

fn export(app: &App, shelf: &Shelf, number: i64, format: &str, out: &Path) -> Outcome {
    let format: Format = format.parse()?;
    let (actor, now) = (by_command("release export"), app.clock.now());
    let (_, release) = app.db.read_now(|tx| statistics::load(tx, shelf, number))?;
    let bytes = statistics::file(release.table(), format)?;
    not_the_database(&app.db, out)?;
    // The ledger first: a file of which nobody knows must not exist.
    app.db
        .write_now(|tx| statistics::take_out(tx, shelf, &actor, now, number))?;
    std::fs::write(out, bytes).with_context(|| format!("{} cannot be written", out.display()))?;
    println!("Release {number} is in {}.", out.display());
    Ok(Ended::Done)
}

fn list(app: &App) -> Outcome {
    for row in app.db.read_now(|tx| statistics::releases(tx, None))? {
        println!(
            "{}  {}  {}  as at {}  {}",
            row.id, row.audience, row.years, row.as_at, row.state
        );
    }
    Ok(Ended::Done)
}

/// Says on standard error what speaks against publishing a release.
fn warn(app: &App, shelf: &Shelf, number: i64) -> Result<(), ReleaseError> {
    let (_, release) = app.db.read_now(|tx| statistics::load(tx, shelf, number))?;
    for caution in statistics::cautions(release.table()) {
        eprintln!("stature: warning: {caution}");
    }
    Ok(())
}

/// The result of an audit, a line each.
fn words(evidence: &Evidence) -> String {
    let narrowest = evidence.narrowest.map_or_else(
        || "nothing is narrowed".to_owned(),
        |values| format!("{values} values"),
    );
    format!(
        "cells: {}\nsensitive cells: {}\nhidden first: {}\nhidden by audit: {}\nmoved by audit: {}\nkept from an earlier release: {}\nnarrowest interval left: {narrowest}\nexposed: {}\nseconds: {:.3}\naudit: {}",
        evidence.cells,
        evidence.sensitive,
        evidence.hidden_first,
        evidence.hidden_by_audit,
        evidence.moved_by_audit,
        evidence.kept_from_earlier,
        evidence.exposed,
        evidence.seconds,
        if evidence.passed() {
            "passed"
        } else {
            "not passed"
        },
    )
}
