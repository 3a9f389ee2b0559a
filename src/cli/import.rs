//! `stature import …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::import_measurements::MeasurementsArgs;
use super::import_roster::RosterArgs;
use super::{Outcome, import_measurements, import_register, import_roster};
use crate::app::App;

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
    Measurements(MeasurementsArgs),
}

pub(super) fn run(app: &App, command: ImportCommand) -> Outcome {
    match command {
        ImportCommand::Schools { file } => import_register::schools(app, &file),
        ImportCommand::Postcodes { file } => import_register::postcodes(app, &file),
        ImportCommand::Deprivation { file } => import_register::deprivation(app, &file),
        ImportCommand::Roster(args) => import_roster::run(app, &args),
        ImportCommand::Measurements(args) => import_measurements::run(app, &args),
    }
}
