//! `stature import schools`, `postcodes` and `deprivation`: what is published about schools and places.

use std::path::Path;

use serde_json::json;

use super::files::{open_file, read_file};
use super::progress::Progress;
use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::audit;
use crate::db;
use crate::roster::{self, ImportError};
use crate::schools::geography::{self, GeographyError};
use crate::schools::{self, RegisterError};
use tabular::{Limits, ReadError};

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

pub(super) fn schools(app: &App, file: &Path) -> Outcome {
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

pub(super) fn postcodes(app: &App, file: &Path) -> Outcome {
    let opened = open_file(&app.db, file)?;
    let actor = by_command("import postcodes");
    let progress = Progress::start();
    progress.step("Reading postcodes");
    let (taken, homes) = app.write_now(&actor, |work| -> Result<_, Refused> {
        let taken = geography::import_postcodes(work.tx, opened, |rows| {
            if progress.is_bar() || rows % 500_000 < 50_000 {
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

pub(super) fn deprivation(app: &App, file: &Path) -> Outcome {
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
