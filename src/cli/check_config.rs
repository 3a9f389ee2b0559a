//! `stature check-config`: opens everything that `serve` would, and says what it found.

use super::{Ended, Outcome};
use crate::app::App;
use crate::clock::local;
use crate::config::{Config, DatabaseUrl, MailTransport, production};
use crate::db::{dialect, raw_bytes};
use crate::identity::damage_notice;
use crate::outbox;
use crate::records::year as years;

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
    let app = App::open(config)?;
    let database = match &app.config.database {
        DatabaseUrl::Sqlite(path) => format!("SQLite, {}", path.display()),
        DatabaseUrl::Postgres(_) => "PostgreSQL".to_owned(),
    };
    println!("Database   {database}: reached, up to date");
    rights(&app)?;
    let keyring = app.identities.keyring();
    let (years, faulty, damaged) = app.db.read_now(|tx| -> Result<_, crate::db::Error> {
        Ok((
            years::years(tx)?,
            years::faulty_keys(tx, keyring)?,
            damage_notice(tx)?,
        ))
    })?;
    let active = years
        .iter()
        .filter(|year| year.key_state == "active")
        .count();
    // The server key is one more.
    println!(
        "Keyring    {}: {} of {} keys are there and are the right ones",
        app.config.keyring.display(),
        active + 1 - faulty.len(),
        active + 1
    );
    for key in &faulty {
        println!("           {}", key.in_words());
    }
    if let Some(damaged) = damaged {
        println!("Records    {damaged}");
    }
    let mail = mail(&app);
    println!("Templates  {} in order", app.templates.names().count());
    match faulty.first() {
        None => mail.map(|()| Ended::Done),
        Some(first) => anyhow::bail!(
            "{}: put the keyring back, or name it with --keyring",
            first.in_words()
        ),
    }
}

/// Says what the account of a database server may not do, with the statements that let it.
fn rights(app: &App) -> Result<(), crate::db::Error> {
    let (missing, language, account) = app.db.read_now(|tx| -> Result<_, crate::db::Error> {
        Ok((
            raw_bytes::missing_grants(tx)?,
            dialect::other_language(tx)?,
            dialect::account_name(tx)?.unwrap_or_default(),
        ))
    })?;
    if !missing.is_empty() {
        println!(
            "           After an erasure this account may not search the server’s files for what was erased: the\n           \
             evidence says “Not searched”. The names are erased all the same. To have it searched, a superuser runs in\n           \
             this database:"
        );
        for statement in &missing {
            println!("             {statement}");
        }
    }
    if let Some(language) = language {
        println!(
            "           The server tells what is wrong in the language {language}, in which a full disk or a lock is not\n           \
             recognised: pages show a fault (500) instead of saying what is wrong. A superuser runs:\n             \
             ALTER ROLE {account} SET lc_messages = 'C';"
        );
    }
    Ok(())
}

/// Opens a session with the mail server as far as the sender's address, and says what kept letters from being sent
/// when they were tried last. Nothing is sent.
fn mail(app: &App) -> anyhow::Result<()> {
    let from = &app.config.mail.from;
    let how = match &app.config.mail.transport {
        MailTransport::Smtp(_) => "by SMTP".to_owned(),
        MailTransport::Folder(folder) => format!("into the folder {}", folder.display()),
        MailTransport::Memory => "kept in memory".to_owned(),
    };
    let checked = app.mailer.check(from);
    let found = match &checked {
        Err(error) => format!("not possible: {error}"),
        Ok(()) => match &app.config.mail.transport {
            MailTransport::Smtp(_) => format!("a session was opened, mail may come from {from}"),
            _ => format!("from {from}"),
        },
    };
    println!("Mail       {how}: {found}");
    if let Some(fault) = app.db.read_now(outbox::fault)? {
        let last = local(fault.last).format("%Y-%m-%d %H:%M");
        println!(
            "           letters wait; when last tried ({last}): {}",
            fault.words
        );
        if let Some(until) = fault.waits_until(&app.mail_settings_hash(), app.clock.now()) {
            let until = local(until).format("%Y-%m-%d %H:%M");
            println!(
                "           not tried again by itself before {until}; \"stature job run send-letters\" tries at once"
            );
        }
    }
    Ok(checked?)
}
