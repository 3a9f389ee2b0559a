//! Settings that are fixed while the process runs: one small struct per concern.
//!
//! They come from the command line, each with an environment variable of the same meaning; nothing else reads the
//! environment. What a programme changes while it runs (letter texts, the stop switch) is in the `setting` table.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use crate::clock::Clock;

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
pub struct GlobalArgs {
    /// Where the data is: `sqlite://PATH` or `postgres://USER@HOST/NAME`
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database: Option<String>,
    /// The folder of the keys that names are sealed with; keep it out of the database's backups
    #[arg(long, global = true, env = "STATURE_KEYRING", value_name = "DIR")]
    pub keyring: Option<PathBuf>,
    /// Act as if today were this date (refused in production)
    #[arg(long, global = true, env = "STATURE_NOW", value_name = "DATE")]
    pub as_of: Option<NaiveDate>,
    /// `production` switches off what only rehearsals need
    #[arg(
        long,
        global = true,
        env = "STATURE_ENV",
        default_value = "development",
        value_name = "NAME"
    )]
    pub environment: String,
    /// Where mail goes: `smtp://HOST:PORT`, `smtps://…`, `smtp://…?tls=required`, or `file:DIR`
    #[arg(
        long,
        global = true,
        env = "SMTP_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub smtp: Option<String>,
    /// The address that mail comes from
    #[arg(long, global = true, env = "STATURE_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// The address that people type; it stands in links that leave the service, and with https cookies are secure
    #[arg(long, global = true, env = "STATURE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// A folder of further fonts for letters, for scripts that the built-in ones do not have
    #[arg(long, global = true, env = "STATURE_FONTS", value_name = "DIR")]
    pub fonts: Option<PathBuf>,
}

/// What the process was started with, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database's address.
    pub database: DatabaseUrl,
    /// The folder of keys.
    pub keyring: PathBuf,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether this is production.
    pub production: bool,
    /// How mail leaves.
    pub mail: MailConfig,
    /// How pages are served.
    pub web: WebConfig,
    /// A folder of further fonts for letters.
    pub fonts: Option<PathBuf>,
    /// The file of this program, to be started again for work that needs a process of its own.
    pub program: PathBuf,
}

/// The database's address, its back end decided by the scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the whole URL, which may hold a password and is never printed.
    Postgres(String),
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Where to.
    pub transport: MailTransport,
    /// The sender's address.
    pub from: String,
}

/// Where mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailTransport {
    /// An SMTP server, as the URL given.
    Smtp(String),
    /// A folder, a file for each message.
    Folder(PathBuf),
    /// Kept in memory: for tests.
    Memory,
}

/// How pages are served.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Address and port to listen on.
    pub listen: String,
    /// The address that people type, without a slash at the end; decides whether cookies are secure.
    pub public_url: String,
    /// Minutes without a request after which a browser is signed out.
    pub idle_minutes: i64,
    /// Hours after which a browser is signed out in any case.
    pub absolute_hours: i64,
    /// Show the pages that exist for the demonstration only.
    pub demo: bool,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            idle_minutes: 20,
            absolute_hours: 12,
            demo: false,
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither SQLite nor PostgreSQL.
    #[error(
        "the database address begins with “{0}”: use sqlite://PATH or postgres://USER@HOST/NAME"
    )]
    UnknownDatabase(String),
    /// Neither SMTP nor a folder.
    #[error(
        "the mail address begins with “{0}”: use smtp://HOST:PORT, smtps://HOST:PORT or file:DIR"
    )]
    UnknownMail(String),
    /// `--as-of` in production.
    #[error("the clock cannot be set in production: leave out --as-of and STATURE_NOW")]
    ClockInProduction,
}

impl DatabaseUrl {
    /// Reads an address.
    pub fn parse(url: &str) -> Result<Self, ConfigError> {
        if let Some(path) = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
        {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let scheme = url
            .split("://")
            .next()
            .filter(|scheme| scheme.len() < url.len())
            .unwrap_or("no scheme");
        Err(ConfigError::UnknownDatabase(scheme.to_owned()))
    }
}

impl MailTransport {
    /// Reads where mail goes.
    pub fn parse(url: &str) -> Result<Self, ConfigError> {
        if let Some(folder) = url.strip_prefix("file:") {
            return Ok(Self::Folder(PathBuf::from(
                folder.strip_prefix("//").unwrap_or(folder),
            )));
        }
        if url.starts_with("smtp://") || url.starts_with("smtps://") {
            return Ok(Self::Smtp(url.to_owned()));
        }
        Err(ConfigError::UnknownMail(
            url.split(':').next().unwrap_or_default().to_owned(),
        ))
    }
}

impl Config {
    /// Checks what was given and fills in what was not: data, keys and mail under `./stature-data/`.
    pub fn from_args(args: &GlobalArgs) -> Result<Self, ConfigError> {
        let production = args.environment == "production";
        if production && args.as_of.is_some() {
            return Err(ConfigError::ClockInProduction);
        }
        let home = PathBuf::from("stature-data");
        Ok(Self {
            database: match &args.database {
                Some(url) => DatabaseUrl::parse(url)?,
                None => DatabaseUrl::Sqlite(home.join("stature.sqlite")),
            },
            keyring: args.keyring.clone().unwrap_or_else(|| home.join("keyring")),
            clock: args.as_of.map_or(Clock::System, Clock::at_noon),
            production,
            mail: MailConfig {
                transport: match &args.smtp {
                    Some(url) => MailTransport::parse(url)?,
                    None => MailTransport::Folder(home.join("mail")),
                },
                from: args
                    .mail_from
                    .clone()
                    .unwrap_or_else(|| "stature@localhost".to_owned()),
            },
            web: WebConfig {
                public_url: args.public_url.as_ref().map_or_else(
                    || WebConfig::default().public_url,
                    |url| url.trim_end_matches('/').to_owned(),
                ),
                ..WebConfig::default()
            },
            fonts: args.fonts.clone(),
            program: this_program(),
        })
    }
}

/// The file of this program. On Linux its name in `/proc` works also after a newer version was put in its place.
fn this_program() -> PathBuf {
    let in_proc = PathBuf::from("/proc/self/exe");
    if in_proc.exists() {
        return in_proc;
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("stature"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_the_database() {
        assert_eq!(
            DatabaseUrl::parse("sqlite:///tmp/a.db").unwrap(),
            DatabaseUrl::Sqlite("/tmp/a.db".into())
        );
        assert!(matches!(
            DatabaseUrl::parse("postgres://a@b/c").unwrap(),
            DatabaseUrl::Postgres(_)
        ));
        let error = DatabaseUrl::parse("mysql://root:secret@host/db")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("mysql") && !error.contains("secret"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_mail_address_does_not_repeat_its_password() {
        let error = MailTransport::parse("imap://user:secret@host")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("imap") && !error.contains("secret"),
            "{error}"
        );
    }
}
