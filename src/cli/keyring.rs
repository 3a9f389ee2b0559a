//! `stature keyring`.

use clap::Subcommand;

use super::{Ended, Outcome, by_command};
use crate::config::Config;
use crate::config::production::refuse_unsafe;
use crate::db::{Conn, Db};
use crate::identity::{Key, Keyring};
use crate::{installation, statistics};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeyringCommand {
    /// Make a keyring or a server key in place of one that is lost for good; the keys of years cannot be replaced
    ReplaceLost,
}

pub(super) fn run(config: &Config, command: KeyringCommand) -> Outcome {
    let KeyringCommand::ReplaceLost = command;
    refuse_unsafe(config)?;
    let db = Db::open(&config.database)?;
    let actor = by_command("keyring replace-lost");
    let now = config.clock.now();
    let replaced = installation::replace_lost(&db, &config.keyring, &actor, now, reseal)?;
    if replaced.whole_keyring {
        println!("Created the keyring {}.", config.keyring.display());
    }
    println!(
        "Created a server key. {} releases are sealed with it.",
        replaced.releases
    );
    if !replaced.unreadable_years.is_empty() {
        println!(
            "The names of {} cannot be read: their keys are not in the keyring. Put them back if there is a copy.",
            replaced.unreadable_years.join(", ")
        );
    }
    Ok(Ended::Done)
}

fn reseal(tx: &mut Conn, keyring: &Keyring, key: &Key) -> anyhow::Result<usize> {
    Ok(statistics::reseal(tx, keyring, key)?)
}
