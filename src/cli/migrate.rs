//! `stature migrate`, and what the first command of a new place creates.

use super::{Ended, Outcome, by_command};
use crate::app::App;
use crate::config::production::refuse_unsafe;
use crate::config::{Config, DatabaseUrl};
use crate::db::{self, Db, migrate};
use crate::identity::Identities;
use crate::installation::{self, InstallationError, Opening};
use crate::upgrade;

pub(super) fn run(config: Config) -> Outcome {
    refuse_unsafe(&config)?;
    if set_up_if_empty(&config, Keys::OfNobody)? {
        start(config)?;
        println!("The database is up to date.");
        return Ok(Ended::Done);
    }
    let applied = {
        let _alone = db::lock_folder(&config.database)?;
        migrate::up(&mut db::connect(&config.database)?)?
    };
    match applied.len() {
        0 => println!("The database is up to date."),
        1 => println!("Brought the database up to date: 1 version applied."),
        many => println!("Brought the database up to date: {many} versions applied."),
    }
    let db = Db::open(&config.database)?;
    let opened = installation::open(&db, &config.keyring, Opening::of(&config, true))?;
    announce(&config, opened.is_new);
    let identities = Identities::new(opened.keyring, config.clock.clone());
    let upgraded = upgrade::run(&db, &identities, &config.clock, &by_command("migrate"))?;
    for line in upgraded.done.iter().chain(&upgraded.problems) {
        println!("{line}");
    }
    Ok(Ended::Done)
}

/// Whose the keyring of a new database may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// It must be new as well.
    OfNobody,
    /// That of a database which is lost.
    OfALostDatabase,
}

/// Creates the database with its schema where there is none, and says so; false when there was one. The keyring is made
/// by [`start`].
pub(super) fn set_up_if_empty(config: &Config, keys: Keys) -> Result<bool, InstallationError> {
    // Looked at before the database: another first command makes the database first, and then the keyring.
    let taken = match keys {
        Keys::OfNobody => installation::refuse_taken_keyring(&config.keyring, &config.database),
        Keys::OfALostDatabase => Ok(()),
    };
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        return create(config, taken);
    }
    create_schema(config, taken)
}

fn create(
    config: &Config,
    taken: Result<(), InstallationError>,
) -> Result<bool, InstallationError> {
    taken?;
    db::create_file(&config.database)?;
    create_schema(config, Ok(()))
}

fn create_schema(
    config: &Config,
    taken: Result<(), InstallationError>,
) -> Result<bool, InstallationError> {
    let _alone = db::lock_folder(&config.database)?;
    let created = migrate::up_if_empty(&mut db::connect(&config.database)?, || taken)?;
    if created {
        match &config.database {
            DatabaseUrl::Sqlite(path) => eprintln!("Created the database {}.", path.display()),
            DatabaseUrl::Postgres(_) => eprintln!("Created the tables in the PostgreSQL database."),
        }
    }
    Ok(created)
}

/// Opens everything for a command that may set a new place up, and says what was made.
pub(super) fn start(config: Config) -> anyhow::Result<App> {
    let app = App::start(config)?;
    announce(&app.config, app.has_new_keyring);
    Ok(app)
}

fn announce(config: &Config, has_new_keyring: bool) {
    if has_new_keyring {
        eprintln!(
            "Created the keyring {}. Keep a copy of it apart from the backups of the database.",
            config.keyring.display()
        );
    }
}
