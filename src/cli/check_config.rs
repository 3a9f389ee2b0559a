//! `stature check-config`: opens everything that `serve` would, and says what it found.

use super::{Ended, Outcome};
use crate::app::App;
use crate::config::{Config, DatabaseUrl, MailTransport, production};

pub(super) fn run(config: Config) -> Outcome {
    let not_safe = production::unsafe_settings(&config);
    if not_safe.is_empty() {
        println!("Safety     safe for production");
    } else if config.production {
        println!("Safety     production does not start with these settings. Change:");
    } else {
        println!("Safety     for trying out only. Production would refuse:");
    }
    for one in &not_safe {
        println!("           - {one}");
    }
    if config.production && !not_safe.is_empty() {
        anyhow::bail!(
            "{} settings must change before production starts",
            not_safe.len()
        );
    }
    let app = App::start(config)?;
    let database = match &app.config.database {
        DatabaseUrl::Sqlite(path) => format!("SQLite, {}", path.display()),
        DatabaseUrl::Postgres(_) => "PostgreSQL".to_owned(),
    };
    println!("Database   {database}: reached, up to date");
    let years = app.db.read_now(crate::years::years)?;
    let mut missing = Vec::new();
    for year in years.iter().filter(|year| year.key_state == "active") {
        if let Err(error) = app.identities.keyring().year(&year.label) {
            missing.push(error.to_string());
        }
    }
    println!(
        "Keyring    {}: {} of {} keys",
        app.config.keyring.display(),
        years.len() - missing.len(),
        years.len()
    );
    let mail = match &app.config.mail.transport {
        MailTransport::Smtp(_) => "by SMTP (not tried)".to_owned(),
        MailTransport::Folder(folder) => format!("into the folder {}", folder.display()),
        MailTransport::Memory => "kept in memory".to_owned(),
    };
    println!("Mail       {mail}, from {}", app.config.mail.from);
    println!("Templates  {} in order", app.templates.names().count());
    match missing.first() {
        None => Ok(Ended::Done),
        Some(first) => anyhow::bail!("{first}"),
    }
}
