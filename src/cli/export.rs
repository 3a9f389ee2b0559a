//! `stature export roster`.

use std::path::PathBuf;

use clap::Subcommand;

use super::files::create_private;
use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::db;
use crate::records::year as years;
use crate::roster::ImportError;
use crate::roster::export::{self, Exported};
use programme::Urn;

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
        /// Why the names leave, for the ledger; name no child
        #[arg(long, value_name = "TEXT", value_parser = reason_of)]
        reason: String,
    },
}

/// Most characters of a reason.
const REASON_CHARACTERS: usize = 500;

/// A reason in words: not empty, not endless, on one line.
fn reason_of(text: &str) -> Result<String, String> {
    let reason = text.trim();
    if reason.is_empty()
        || reason.chars().count() > REASON_CHARACTERS
        || reason.chars().any(char::is_control)
    {
        return Err(format!(
            "say in 1 to {REASON_CHARACTERS} characters why the names leave"
        ));
    }
    Ok(reason.to_owned())
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
    let ExportCommand::Roster {
        year,
        school,
        out,
        reason,
    } = command;
    let label = years::parse_label(&year)?.to_string();
    let actor = by_command("export roster");
    // The file is written inside the transaction: no file without its row in the ledger.
    let exported = app.write_now(&actor, |work| -> Result<Exported, Refused> {
        if years::year(work.tx, &label)?.is_none() {
            return Err(years::YearError::Unknown(label.clone()).into());
        }
        let exported = export::children_for_export(work, &label, school, &reason)?;
        let file = create_private(&app.db, &out).map_err(Refused::File)?;
        roster_reader::canonical::write_canonical(&exported.children, file)
            .map_err(|error| Refused::File(error.into()))?;
        Ok(exported)
    })?;
    println!(
        "{} children of {label} written to {}. The disclosure ledger says so.",
        exported.children.len(),
        out.display()
    );
    let Some(damaged) = exported.damaged else {
        return Ok(Ended::Done);
    };
    eprintln!("Missing in the file: {damaged}");
    Ok(Ended::InPart)
}
