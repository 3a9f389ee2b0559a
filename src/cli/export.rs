//! `stature export roster`.

use std::path::PathBuf;

use clap::Subcommand;

use super::import::create_private;
use super::{Ended, Outcome};
use crate::app::App;
use crate::audit::Actor;
use crate::fields::Urn;
use crate::roster::export;
use crate::roster::import::{By, ImportError};
use crate::roster::progress::Progress;
use crate::{db, years};

/// What can be exported.
#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// The children of a year with their names, in the canonical columns; goes to the disclosure ledger
    Roster {
        /// The academic year, such as 2026-27
        #[arg(long, value_name = "YEAR")]
        year: String,
        /// Only this school's
        #[arg(long, value_name = "URN")]
        school: Option<Urn>,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// A failed export.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error(transparent)]
    Year(#[from] years::YearError),
    #[error("{0:#}")]
    File(anyhow::Error),
}

pub(super) fn run(app: &App, command: ExportCommand) -> Outcome {
    let ExportCommand::Roster { year, school, out } = command;
    let label = years::parse_label(&year)?.to_string();
    let actor = Actor::command("export roster");
    let by = By {
        identities: &app.identities,
        actor: &actor,
        now: app.clock.now(),
        progress: &Progress::default(),
        fonts: app.config.fonts.as_deref(),
    };
    // The file is written inside the transaction: no file without its row in the ledger.
    let count = app.db.write_now(|tx| -> Result<usize, Refused> {
        if years::year(tx, &label)?.is_none() {
            return Err(years::YearError::Unknown(label.clone()).into());
        }
        let children = export::children_for_export(tx, by, &label, school)?;
        let file = create_private(&app.db, &out).map_err(Refused::File)?;
        export::write_canonical(&children, file).map_err(|error| Refused::File(error.into()))?;
        Ok(children.len())
    })?;
    println!(
        "{count} children of {label} written to {}. The disclosure ledger says so.",
        out.display()
    );
    Ok(Ended::Done)
}
