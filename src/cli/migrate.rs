//! `stature migrate`.

use super::{Ended, Outcome};
use crate::audit::Actor;
use crate::config::production::refuse_unsafe;
use crate::config::{Config, DatabaseUrl};
use crate::db::{Db, Error, migrate};
use crate::identity::{Identities, Keyring};
use crate::upgrade;

pub(super) fn run(config: &Config) -> Outcome {
    refuse_unsafe(config)?;
    let db = Db::open_unchecked(&config.database)?;
    let applied = db.outside_transaction(migrate::up)?;
    match applied.len() {
        0 => println!("The database is up to date."),
        1 => println!("Brought the database up to date: 1 version applied."),
        many => println!("Brought the database up to date: {many} versions applied."),
    }
    let identities = Identities::new(Keyring::open(&config.keyring)?, config.clock.clone());
    let upgraded = upgrade::run(&db, &identities, &config.clock, &Actor::command("migrate"))?;
    for line in upgraded.done.iter().chain(&upgraded.problems) {
        println!("{line}");
    }
    Ok(Ended::Done)
}

/// Creates the schema in a database that holds nothing at all.
pub(super) fn set_up_if_empty(config: &Config) -> Result<(), Error> {
    if let DatabaseUrl::Sqlite(path) = &config.database
        && std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
    {
        return Ok(());
    }
    let db = Db::open_unchecked(&config.database)?;
    if db.outside_transaction(migrate::is_empty)? {
        db.outside_transaction(migrate::up)?;
    }
    Ok(())
}
