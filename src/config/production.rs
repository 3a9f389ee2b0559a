//! What production requires of the settings.
//!
//! A setting that was forgotten must not make the service less safe in silence. So in production everything that would
//! send results to the wrong place, show them on the way, or leave them readable on disk is refused at start, all of it
//! at once, each with what to put instead.

use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use url::Url;

use super::{Config, DEFAULT_SENDER, DatabaseUrl, MailTransport};

/// A setting that is not safe for real children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsafe {
    /// The variable, or the path.
    pub setting: String,
    /// What is wrong, and what to put instead.
    pub advice: String,
}

impl fmt::Display for Unsafe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.setting, self.advice)
    }
}

/// Settings that production refuses.
#[derive(Debug, thiserror::Error)]
pub struct NotForProduction(pub Vec<Unsafe>);

impl fmt::Display for NotForProduction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "these settings are not safe for real children, so production does not start. Change:"
        )?;
        for one in &self.0 {
            writeln!(formatter, "  - {one}")?;
        }
        write!(
            formatter,
            "`stature check-config` checks them again. To try the service out with invented children, leave out STATURE_ENV=production."
        )
    }
}

/// Refuses settings that are not safe, when this is production.
pub fn refuse_unsafe(config: &Config) -> Result<(), NotForProduction> {
    if !config.production {
        return Ok(());
    }
    let found = unsafe_settings(config);
    if found.is_empty() {
        Ok(())
    } else {
        Err(NotForProduction(found))
    }
}

/// Everything about these settings that is not safe for real children.
pub fn unsafe_settings(config: &Config) -> Vec<Unsafe> {
    let mut found = Vec::new();
    let mut add = |setting: &str, advice: Option<String>| {
        found.extend(advice.map(|advice| Unsafe {
            setting: setting.to_owned(),
            advice,
        }));
    };
    add("SMTP_URL", mail(&config.mail.transport));
    add("STATURE_MAIL_FROM", sender(&config.mail.from));
    add("STATURE_PUBLIC_URL", public_url(&config.web.public_url));
    if let DatabaseUrl::Postgres(url) = &config.database {
        add("DATABASE_URL", postgres(url, libpq_host().as_deref()));
    }
    for (path, advice) in paths(config) {
        add(&path.display().to_string(), Some(advice));
    }
    found
}

fn mail(transport: &MailTransport) -> Option<String> {
    let MailTransport::Smtp(text) = transport else {
        return Some(
            "no mail server is given, so letters would be written to disk and counted as sent. Give smtps://HOST or smtp://HOST:PORT?tls=required"
                .to_owned(),
        );
    };
    let Some(url) = Url::parse(text).ok().filter(|url| url.host_str().is_some()) else {
        return Some(
            "it names no host. Give smtps://HOST or smtp://HOST:PORT?tls=required".to_owned(),
        );
    };
    let is_encrypted = url.scheme() == "smtps"
        || url
            .query_pairs()
            .any(|(name, value)| name == "tls" && value == "required");
    (!is_encrypted && !url.host_str().is_some_and(is_this_machine)).then(|| {
        "letters would cross the network without encryption. Give smtps://HOST or add ?tls=required".to_owned()
    })
}

fn sender(from: &str) -> Option<String> {
    let domain = from.rsplit('@').next().unwrap_or_default();
    let domain = domain.trim_end_matches('>').trim();
    (from == DEFAULT_SENDER || is_this_machine(domain) || !domain.contains('.')).then(|| {
        "mail servers refuse this sender, and parents cannot answer it. Give an address of the programme"
            .to_owned()
    })
}

fn public_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok();
    if url.as_ref().is_none_or(|url| url.scheme() != "https") {
        return Some(
            "passwords and results would cross the network without encryption. Give https://HOST, the address that people type"
                .to_owned(),
        );
    }
    url.and_then(|url| url.host_str().map(is_this_machine))
        .unwrap_or(true)
        .then(|| {
            "links in emails would lead nowhere. Give https://HOST, the address that people type"
                .to_owned()
        })
}

/// What is wrong with the address of a PostgreSQL server. `default_host` is where libpq looks when it names no host.
fn postgres(url: &str, default_host: Option<&str>) -> Option<String> {
    let hosts = postgres_hosts(url, default_host);
    if hosts
        .iter()
        .all(|host| host.is_empty() || host.starts_with('/') || is_this_machine(host))
    {
        return None;
    }
    if !cfg!(feature = "postgres-tls") {
        return Some(
            "the database is on another machine and this program was built without encryption for PostgreSQL. Build it with `--features postgres-tls` and add ?sslmode=verify-full, or connect through a socket on this machine"
                .to_owned(),
        );
    }
    let mode = query_pairs(url)
        .into_iter()
        .rev()
        .find(|(name, _)| name == "sslmode");
    (mode.is_none_or(|(_, value)| value != "verify-full")).then(|| {
        "the connection to the database would not be verified. Add ?sslmode=verify-full (and sslrootcert=FILE)".to_owned()
    })
}

/// Every host that libpq may connect to.
fn postgres_hosts(url: &str, default_host: Option<&str>) -> Vec<String> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let mut hosts: Vec<String> = authority
        .split(',')
        .map(|host| {
            let bare = match host.strip_prefix('[') {
                Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
                None => host.split(':').next().unwrap_or_default(),
            };
            decoded(bare)
        })
        .filter(|host| !host.is_empty())
        .collect();
    for (name, value) in query_pairs(url) {
        match name.as_str() {
            "host" | "hostaddr" => hosts.extend(value.split(',').map(str::to_owned)),
            // A service file may name any host.
            "service" => hosts.push("service".to_owned()),
            _ => {}
        }
    }
    if hosts.is_empty() {
        hosts.extend(default_host.map(str::to_owned));
    }
    hosts
}

fn query_pairs(url: &str) -> Vec<(String, String)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// Takes percent-encoding away: a socket's folder may stand where a host does, as `%2Frun%2Fpostgresql`.
fn decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

/// The host that libpq takes from the environment.
fn libpq_host() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "libpq reads these variables by itself; this is where settings are read"
    )]
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    variable("PGHOSTADDR")
        .or_else(|| variable("PGHOST"))
        .or_else(|| variable("PGSERVICE").map(|_| "service".to_owned()))
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Files and folders that others on this machine can read, and what to do about each.
fn paths(config: &Config) -> Vec<(PathBuf, String)> {
    let mut looked_at = vec![config.keyring.clone()];
    // What is not there yet is made private.
    if let Ok(entries) = fs::read_dir(&config.keyring) {
        looked_at.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
    }
    if let DatabaseUrl::Sqlite(file) = &config.database {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        looked_at.push(folder);
        for ending in ["", "-wal", "-shm"] {
            let mut path = file.clone().into_os_string();
            path.push(ending);
            looked_at.push(path.into());
        }
    }
    looked_at
        .into_iter()
        .filter_map(|path| Some((path.clone(), open_to_others(&path)?)))
        .collect()
}

/// What is wrong with the permissions of a path; `None` when it is private or not there.
fn open_to_others(path: &Path) -> Option<String> {
    let found = fs::metadata(path).ok()?;
    let mode = found.mode() & 0o7777;
    let mine = rustix::process::geteuid().as_raw();
    if found.uid() != mine && mine != 0 {
        return Some(format!(
            "it belongs to another user (number {}): chown it to the user that runs the service",
            found.uid()
        ));
    }
    (mode & 0o077 != 0).then(|| {
        let right = if found.is_dir() { "700" } else { "600" };
        format!("others on this machine can use it (mode {mode:04o}): chmod {right} it")
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::clock::Clock;
    use crate::config::{MailConfig, WebConfig};

    fn safe(folder: &Path) -> Config {
        Config {
            database: DatabaseUrl::Sqlite(folder.join("stature.sqlite")),
            keyring: folder.join("keyring"),
            clock: Clock::System,
            production: true,
            mail: MailConfig {
                transport: MailTransport::Smtp("smtps://mail.example.org".to_owned()),
                from: "Nurses <nurses@example.org>".to_owned(),
            },
            web: WebConfig {
                public_url: "https://measuring.example.org".to_owned(),
                ..WebConfig::default()
            },
            fonts: None,
            program: PathBuf::new(),
        }
    }

    /// A folder that nobody else can use, whatever the umask says.
    fn private_folder() -> tempfile::TempDir {
        tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .unwrap()
    }

    fn refused(config: &Config) -> Vec<String> {
        unsafe_settings(config)
            .into_iter()
            .map(|found| found.setting)
            .collect()
    }

    #[test]
    fn safe_settings_pass() {
        let folder = private_folder();
        assert_eq!(unsafe_settings(&safe(folder.path())), []);
    }

    #[test]
    fn letters_never_go_to_disk_or_unencrypted_in_production() {
        let folder = private_folder();
        let mut config = safe(folder.path());
        for transport in [
            MailTransport::Folder("mail".into()),
            MailTransport::Smtp("smtp://".to_owned()),
            MailTransport::Smtp("smtp://mail.example.org".to_owned()),
            MailTransport::Smtp("smtp://mail.example.org?tls=opportunistic".to_owned()),
        ] {
            config.mail.transport = transport;
            assert_eq!(refused(&config), ["SMTP_URL"], "{:?}", config.mail);
        }
        for fine in [
            "smtp://mail.example.org:587?tls=required",
            "smtp://127.0.0.1:25",
        ] {
            config.mail.transport = MailTransport::Smtp(fine.to_owned());
            assert!(refused(&config).is_empty(), "{fine}");
        }
    }

    #[test]
    fn a_remote_postgresql_needs_a_verified_connection() {
        for local in [
            "postgres:///stature",
            "postgres://stature@/stature?host=/run/postgresql",
            "postgres://stature@%2Frun%2Fpostgresql/stature",
            "postgres://stature:secret@localhost:5432/stature",
            "postgres://[::1]/stature",
        ] {
            assert_eq!(postgres(local, None), None, "{local}");
        }
        for remote in [
            "postgres://stature@db/stature",
            "postgres://stature@localhost,db/stature",
            "postgres://stature@localhost/stature?hostaddr=192.0.2.1",
            "postgres:///stature?service=other",
            "postgres://stature@db/stature?sslmode=require",
        ] {
            assert!(postgres(remote, None).is_some(), "{remote}");
        }
        assert!(postgres("postgres:///stature", Some("db")).is_some());
        let verified = postgres("postgres://stature@db/stature?sslmode=verify-full", None);
        assert_eq!(verified.is_none(), cfg!(feature = "postgres-tls"));
    }

    #[test]
    fn keys_and_databases_that_others_can_read_are_refused() {
        let folder = private_folder();
        let config = safe(folder.path());
        fs::create_dir(&config.keyring).unwrap();
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&config.keyring, 0o777);
        let database = folder.path().join("stature.sqlite");
        fs::write(&database, "").unwrap();
        set(&database, 0o644);
        assert_eq!(
            refused(&config),
            [&config.keyring, &database].map(|path| path.display().to_string())
        );
        set(&config.keyring, 0o700);
        set(&database, 0o600);
        let key = config.keyring.join("2026-27.key");
        fs::write(&key, "").unwrap();
        set(&key, 0o640);
        assert_eq!(refused(&config), [key.display().to_string()]);
        set(&key, 0o600);
        set(folder.path(), 0o755);
        assert_eq!(refused(&config), [folder.path().display().to_string()]);
    }
}
