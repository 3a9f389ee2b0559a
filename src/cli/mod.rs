//! The command line: one file a command.
//!
//! Scripts depend on the names and on the exit codes: 0 done, 1 failed, 2 usage, 3 done in part.

mod audit;
mod backup;
mod check_config;
mod demo;
mod export;
mod files;
mod growth;
mod import;
mod import_measurements;
mod import_register;
mod import_roster;
mod job;
mod keyring;
mod letters;
mod migrate;
mod os_user;
mod progress;
mod raw_bytes;
mod release;
mod retention;
mod serve;
mod signals;
mod synth;
mod user;
mod year;

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::audit::Actor;
use crate::config::production::refuse_unsafe;
use crate::config::{Config, GlobalArgs};
use crate::db::Db;

/// Manages a child height and weight measurement programme.
#[derive(Debug, Parser)]
#[command(name = "stature", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages, and run the scheduled jobs
    Serve(serve::ServeArgs),
    /// Serve an invented area from a temporary folder, with sign-ins printed
    Demo(demo::DemoArgs),
    /// Bring the database's schema up to date
    Migrate,
    /// Check the settings: database, keyring, mail, templates
    CheckConfig,
    /// Academic years and their rules
    #[command(subcommand)]
    Year(year::YearCommand),
    /// Letters to parents
    #[command(subcommand)]
    Letters(letters::LettersCommand),
    /// Accounts
    #[command(subcommand)]
    User(user::UserCommand),
    /// Take in schools, geography, rosters, measurements
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Write what is held to a file
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Growth assessment without a database
    #[command(subcommand)]
    Growth(growth::GrowthCommand),
    /// The scheduled jobs
    #[command(subcommand)]
    Job(job::JobCommand),
    /// Write an invented area as files: schools, rosters, measurements
    Synth(synth::SynthArgs),
    /// Names whose period is over
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// Write every row of the database into a folder; never a key
    Backup(backup::BackupArgs),
    /// Put a backup back: all of it, or nothing
    Restore(backup::RestoreArgs),
    /// The keys that names and releases are sealed with
    #[command(subcommand)]
    Keyring(keyring::KeyringCommand),
    /// Figures for schools, authorities and the public
    #[command(subcommand)]
    Release(release::ReleaseCommand),
    /// The record of what happened
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Write the bytes of a file to standard output: retention starts this to search the database's file
    #[command(hide = true)]
    RawBytes(raw_bytes::RawBytesArgs),
}

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it was done.
    Done,
    /// Part of it was done; what was not is told.
    InPart,
}

/// What a command gives back.
pub type Outcome = anyhow::Result<Ended>;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Databases, keys, backups and exports are for the user that runs this and nobody else.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    start_log();
    match run(cli) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::InPart) => ExitCode::from(3),
        Err(error) => {
            eprintln!("stature: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Outcome {
    if let Command::RawBytes(args) = &cli.command {
        return raw_bytes::run(args);
    }
    let config = Config::from_args(&cli.global)?;
    match cli.command {
        Command::RawBytes(args) => raw_bytes::run(&args),
        Command::Serve(args) => serve::run(config, cli.global.public_url.is_some(), args),
        Command::Demo(args) => demo::run(config, args),
        Command::Migrate => migrate::run(config),
        Command::CheckConfig => check_config::run(config),
        Command::Year(command) if command.sets_up() => year::run(&set_up(config)?, command),
        Command::Year(command) => year::run(&open(config)?, command),
        Command::Letters(command) => letters::run(&open(config)?, command),
        Command::User(command) if command.sets_up() => user::run(&set_up(config)?, command),
        Command::User(command) => user::run(&open(config)?, command),
        Command::Import(command) => import::run(&set_up(config)?, command),
        Command::Export(command) => export::run(&open(config)?, command),
        Command::Growth(command) => growth::run(&command),
        Command::Job(command) => job::run(&open(config)?, command),
        Command::Synth(args) => synth::run(&config, args),
        Command::Retention(command) => retention::run(&open(config)?, command),
        Command::Backup(args) => backup::back_up(&open(config)?, args),
        Command::Restore(args) => backup::restore(config, args),
        Command::Keyring(command) => keyring::run(&config, command),
        Command::Release(command) => release::run(&open(config)?, command),
        Command::Audit(command) => audit::run(&open(config)?, command),
    }
}

/// Opens everything for a command that needs something to be there: a database or a keyring that does not exist is an
/// error, because the path was probably mistyped.
fn open(config: Config) -> anyhow::Result<App> {
    refuse_unsafe(&config)?;
    Ok(App::open(config)?)
}

/// Opens everything for a command that may be the first one: it sets a new place up and says what it created. A schema
/// that is behind is for `migrate`, so that nobody changes one by accident.
fn set_up(config: Config) -> anyhow::Result<App> {
    refuse_unsafe(&config)?;
    migrate::set_up_if_empty(&config, migrate::Keys::OfNobody)?;
    migrate::start(config)
}

/// Refuses a file of the database itself as something to read or to write over: opening it would drop the locks that
/// this process holds on it.
fn not_the_database(db: &Db, path: &Path) -> anyhow::Result<()> {
    if db.owns_file(path) {
        bail!(
            "{} is the database itself: name another file",
            path.display()
        );
    }
    Ok(())
}

/// Who a command acts as: its name, and the operating-system user who ran it.
fn by_command(name: &str) -> Actor {
    Actor::command(format!("{name}, run by {}", os_user::name()))
}

/// Logs to standard error; `RUST_LOG` chooses how much.
fn start_log() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let _already_started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A log that goes to a file or to another program holds no colour codes.
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
