//! Settings that are fixed while the process runs: one small struct per concern.
//!
//! They come from the command line, each with an environment variable of the same meaning; nothing else reads the
//! environment. What a programme changes while it runs (letter texts, the stop switch) is in the `setting` table.

pub mod production;

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use url::Url;

use crate::clock::Clock;

/// What the process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// Trying out, with invented children.
    Development,
    /// Real children: settings that are not safe for them are refused at start.
    Production,
}

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
    /// `production` for real children: refuses settings that are not safe for them
    #[arg(
        long,
        global = true,
        value_enum,
        ignore_case = true,
        env = "STATURE_ENV",
        default_value_t = Environment::Development,
        value_name = "NAME"
    )]
    pub environment: Environment,
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
    /// Web servers in front, whose word about a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Forms that one address may send in a minute without being signed in.
    pub anonymous_forms_a_minute: u32,
    /// How long the body of a form may take to arrive.
    pub form_deadline: Duration,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            idle_minutes: 20,
            absolute_hours: 12,
            demo: false,
            trusted_proxies: Vec::new(),
            anonymous_forms_a_minute: 120,
            form_deadline: Duration::from_secs(30),
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
    /// Not the address of a site.
    #[error(
        "the public address “{0}” cannot be used: give https://HOST or http://HOST:PORT, without a path"
    )]
    PublicUrl(String),
    /// Not an address that mail can come from.
    #[error(
        "the sender “{0}” is not an email address: give --mail-from or STATURE_MAIL_FROM as name@example.org"
    )]
    Sender(String),
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
        let production = args.environment == Environment::Production;
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
                    .as_deref()
                    .map_or_else(|| Ok(DEFAULT_SENDER.to_owned()), sender)?,
            },
            web: WebConfig {
                public_url: args
                    .public_url
                    .as_deref()
                    .map_or_else(|| Ok(WebConfig::default().public_url), public_url)?,
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

/// Who mail comes from when nothing is said: fit for trying out only.
const DEFAULT_SENDER: &str = "stature@localhost";

/// The sender's address, with or without a name before it.
fn sender(text: &str) -> Result<String, ConfigError> {
    text.parse::<lettre::message::Mailbox>()
        .map(|_| text.to_owned())
        .map_err(|_| ConfigError::Sender(text.to_owned()))
}

/// The site's address without a slash at the end.
fn public_url(text: &str) -> Result<String, ConfigError> {
    let refused = || ConfigError::PublicUrl(text.to_owned());
    let url = Url::parse(text).map_err(|_| refused())?;
    let is_a_site = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none()
        && url.path().chars().all(|letter| letter == '/')
        && url.query().is_none()
        && url.fragment().is_none();
    if is_a_site {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_that_is_no_site_is_refused() {
        for junk in [
            "",
            "banana",
            "measuring.example.org",
            "ftp://measuring.example.org",
            "https://",
            "https://user:secret@measuring.example.org",
            "https://measuring.example.org/stature",
            "https://measuring.example.org?x",
        ] {
            assert!(public_url(junk).is_err(), "{junk}");
        }
        assert_eq!(
            public_url("https://measuring.example.org/").unwrap(),
            "https://measuring.example.org"
        );
        assert_eq!(
            public_url("http://[::1]:8080").unwrap(),
            "http://[::1]:8080"
        );
    }

    #[test]
    fn a_sender_without_a_domain_is_refused() {
        assert!(sender("nurses").is_err());
        assert!(sender("").is_err());
        assert!(sender("School nurses <nurses@example.org>").is_ok());
    }

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
