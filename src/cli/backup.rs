//! `stature backup` and `stature restore`.

use std::path::PathBuf;

use clap::Args;

use super::{Ended, Outcome};
use crate::app::App;
use crate::audit::Actor;
use crate::backup;

/// Where to write a backup.
#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    /// A folder that is new or empty
    pub dir: PathBuf,
}

/// Which backup to put back.
#[derive(Args, Debug)]
pub(super) struct RestoreArgs {
    /// The folder of the backup
    pub dir: PathBuf,
    /// Replace everything that the database holds
    #[arg(long)]
    pub replace: bool,
}

pub(super) fn back_up(app: &App, args: BackupArgs) -> Outcome {
    let manifest = backup::back_up(app, &Actor::command("backup"), &args.dir)?;
    println!(
        "The database is backed up in {}: {} files, schema {}.",
        args.dir.display(),
        manifest.files.len(),
        manifest.schema.last().map_or("", String::as_str)
    );
    if manifest.years.is_empty() {
        println!("It holds no names.");
    } else {
        println!(
            "It holds the names of {} sealed; their keys are not in it. Keep a copy of the keyring elsewhere.",
            manifest.years.join(", ")
        );
    }
    Ok(Ended::Done)
}

pub(super) fn restore(app: &App, args: RestoreArgs) -> Outcome {
    let restored = backup::restore(app, &Actor::command("restore"), &args.dir, args.replace)?;
    println!(
        "The database is as it was at {} UTC.",
        restored.manifest.made_at.format("%Y-%m-%d %H:%M:%S")
    );
    for year in &restored.unreadable {
        println!(
            "The key of {year} is not in the keyring, or is another one: its names cannot be read."
        );
    }
    println!(
        "Everybody is signed out. All letters are stopped: those sent since then wait again, so look at them before you let letters go."
    );
    match &restored.forgotten_releases {
        Ok(releases) if releases.is_empty() => {}
        Ok(releases) => {
            let numbers: Vec<String> = releases.iter().map(ToString::to_string).collect();
            println!(
                "Releases shown since then, which the database does not hold: {}. Their readers may remember them: they stay in every later audit, and their numbers are not given again. Make them again to show them.",
                numbers.join(", ")
            );
        }
        Err(error) => eprintln!(
            "stature: what was shown since then cannot be read beside the keys: {error}. Nothing can be published until it can"
        ),
    }
    if restored.forgotten_releases.is_err() {
        return Ok(Ended::InPart);
    }
    match restored.night {
        Ok(run) => {
            println!("{}.", run.in_words());
            Ok(Ended::Done)
        }
        Err(error) => {
            eprintln!(
                "stature: names whose date has come since then could not be removed: {error}; use `stature retention run`"
            );
            Ok(Ended::InPart)
        }
    }
}
