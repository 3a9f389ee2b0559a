//! `stature backup` and `stature restore`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Ended, Outcome, by_command, migrate, set_up};
use crate::app::App;
use crate::backup::{self, Restoring};
use crate::config::Config;
use crate::config::production::refuse_unsafe;
use crate::db::Db;
use crate::installation;

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
    /// To try a backup out: copy the keys it needs from this keyring, which is only read
    #[arg(long, value_name = "KEYRING", conflicts_with = "adopt_keyring")]
    pub keys_from: Option<PathBuf>,
    /// The database is lost and this new one takes its place: the keyring is its own from now on
    #[arg(long)]
    pub adopt_keyring: bool,
}

pub(super) fn back_up(app: &App, args: BackupArgs) -> Outcome {
    let manifest = backup::back_up(app, &by_command("backup"), &args.dir)?;
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

pub(super) fn restore(config: Config, args: RestoreArgs) -> Outcome {
    let app = if args.adopt_keyring {
        refuse_unsafe(&config)?;
        migrate::set_up_if_empty(&config, migrate::Keys::OfALostDatabase)?;
        adopt(&config, &args.dir)?;
        App::open(config)?
    } else {
        set_up(config)?
    };
    let how = Restoring {
        replace: args.replace,
        keys_from: args.keys_from.as_deref(),
    };
    let restored = backup::restore(&app, &by_command("restore"), &args.dir, how)?;
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
            eprintln!("stature: names whose date has come since then are still there: {error}");
            Ok(Ended::InPart)
        }
    }
}

/// Gives the keyring of a lost database to the new one, once the backup has turned out to be whole.
fn adopt(config: &Config, folder: &Path) -> anyhow::Result<()> {
    let db = Db::open(&config.database)?;
    let manifest = backup::check(&db, folder)?;
    let origin = manifest.installation.as_deref();
    installation::adopt(&db, &config.keyring, origin, config.clock.now())?;
    println!(
        "The keyring {} belongs to this database from now on; a process on the lost one can no longer use it.",
        config.keyring.display()
    );
    Ok(())
}
