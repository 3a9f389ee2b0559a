//! A running service, and the program run beside it on the same data.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use chrono::NaiveDate;
use lettre::Message;
use stature::access::Role;
use stature::accounts::{self, AccountError, NewAccount};
use stature::app::App;
use stature::audit::Actor;
use stature::clock::Clock;
use stature::config::{Config, DatabaseUrl, MailConfig, MailTransport, WebConfig};
use stature::db::{Db, raw_bytes};
use stature::mail::Mailer;
use stature::records::year::{self as years, YearRule};
use stature::{routes, web};
use tempfile::TempDir;

use super::{Backend, Browser, scratch_database};

/// Everybody's password in the tests.
pub(crate) const PASSWORD: &str = "three grey herons";

/// A service on a database of its own, its clock standing at noon of 30 November 2026, its mail
/// kept in memory.
pub(crate) struct TestApp {
    /// The parts of the service.
    pub app: App,
    /// The address it answers on, without a slash at the end.
    pub address: String,
    /// A folder for the test's files; the keyring and (on SQLite) the database lie in it.
    pub folder: TempDir,
    url: String,
    server: actix_web::dev::ServerHandle,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl TestApp {
    /// Starts a service on an empty database.
    pub(crate) fn start(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = scratch_database(backend, folder.path());
        Self::start_on(folder, url)
    }

    /// Starts a service with other settings of its pages.
    pub(crate) fn start_with(backend: Backend, change: impl FnOnce(&mut WebConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = scratch_database(backend, folder.path());
        Self::start_changed(folder, url, change)
    }

    /// Starts a service on a database, and on the keyring in `folder`.
    pub(crate) fn start_on(folder: TempDir, url: String) -> Self {
        Self::start_changed(folder, url, |_| ())
    }

    fn start_changed(folder: TempDir, url: String, change: impl FnOnce(&mut WebConfig)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut web = WebConfig {
            public_url: address.clone(),
            // A test says where a browser is by the header that a web server in front would set.
            trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
            ..WebConfig::default()
        };
        change(&mut web);
        let config = Config {
            database: DatabaseUrl::parse(&url).unwrap(),
            keyring: folder.path().join("keyring"),
            clock: Clock::at_noon(NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()),
            production: false,
            mail: MailConfig {
                transport: MailTransport::Memory,
                from: "nurses@example.org".to_owned(),
            },
            web,
            fonts: None,
            program: env!("CARGO_BIN_EXE_stature").into(),
        };
        let app = App::start(config).unwrap();
        let (send, receive) = std::sync::mpsc::channel();
        let for_server = app.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = web::server::run(for_server, routes::table(), listener, 1).unwrap();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let server = receive.recv().unwrap();
        Self {
            app,
            address,
            folder,
            url,
            server,
        }
    }

    /// The database.
    pub(crate) fn db(&self) -> &Db {
        &self.app.db
    }

    /// Every byte of the database as it lies on disk, its journal included, with nothing cleaned
    /// before. Another process reads SQLite's file: if this one opened and closed it, SQLite's
    /// locks on it would be gone.
    pub(crate) fn database_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        raw_bytes::read_all(self.db(), &self.app.config.program, &mut |piece| {
            bytes.extend_from_slice(piece.unwrap_or_default());
        })
        .unwrap();
        assert!(
            bytes.len() > 100_000,
            "only {} bytes were read",
            bytes.len()
        );
        bytes
    }

    /// A path in the test's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets the rule of a year, so that names can come in.
    pub(crate) fn set_year(&self, label: &str, retention_days: i32) {
        let rule = YearRule {
            retention_days,
            instrument: "Test instrument".to_owned(),
            scheme: None,
            closes_on: None,
        };
        let (actor, now) = (Actor::command("test"), self.app.clock.now());
        let keyring = self.app.identities.keyring();
        self.db()
            .write_now(|tx| {
                years::set(
                    tx,
                    keyring,
                    &actor,
                    now,
                    years::parse_label(label).unwrap(),
                    &rule,
                )
            })
            .unwrap();
    }

    /// Adds an account that can sign in; returns its email address.
    pub(crate) fn account(&self, role: Role, schools: &[i32], authorities: &[&str]) -> String {
        let mut letters = String::new();
        for urn in schools {
            letters = format!("{letters}.{urn}");
        }
        for code in authorities {
            letters = format!("{letters}.{code}");
        }
        let email = format!("{role}{letters}@example.org");
        let new = NewAccount {
            email: email.clone(),
            name: format!("A {}", role.label()),
            role,
            schools: schools.to_vec(),
            authorities: authorities.iter().map(|code| (*code).to_owned()).collect(),
        };
        let now = self.app.clock.now();
        self.db()
            .write_now(|tx| -> Result<(), AccountError> {
                let id = accounts::add_account(tx, &new, now)?;
                accounts::set_password(tx, id, quick_hash(), now)?;
                accounts::set_state(tx, id, "active", now)?;
                Ok(())
            })
            .unwrap();
        email
    }

    /// A browser of nobody.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.address)
    }

    /// A browser of nobody at a client's address.
    pub(crate) fn browser_at(&self, client: &str) -> Browser {
        Browser::coming_from(&self.address, client)
    }

    /// Sends what waits in the outbox; the texts of the emails that `to` has got so far, the newest
    /// last.
    pub(crate) fn emails_to(&self, to: &str) -> Vec<String> {
        let actor = Actor::job("send-letters");
        stature::letters::jobs::send_letters(&self.app, &actor, false).unwrap();
        self.mail()
            .iter()
            .filter(|message| {
                let envelope = message.envelope();
                envelope
                    .to()
                    .iter()
                    .any(|address| address.to_string() == to)
            })
            .map(|message| {
                let bytes = message.formatted();
                let parsed = mail_parser::MessageParser::default().parse(&bytes).unwrap();
                parsed.body_text(0).unwrap().into_owned()
            })
            .collect()
    }

    /// The path of the link to set a password that `to` got last by email.
    #[track_caller]
    pub(crate) fn link_emailed_to(&self, to: &str) -> String {
        let text = self.emails_to(to).pop().expect("no email");
        let link = text
            .split_whitespace()
            .find_map(|word| word.find("/set-password/").map(|at| word[at..].to_owned()));
        link.unwrap_or_else(|| panic!("no link: {text}"))
    }

    /// A browser of nobody on another address: the program itself serving.
    pub(crate) fn browser_of(address: &str) -> Browser {
        Browser::new(address)
    }

    /// The database's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A browser in which somebody with this role is signed in.
    pub(crate) fn signed_in(&self, role: Role, schools: &[i32], authorities: &[&str]) -> Browser {
        let email = self.account(role, schools, authorities);
        self.browser_of_account(&email)
    }

    /// A browser in which an account that a test has made already is signed in.
    pub(crate) fn browser_of_account(&self, email: &str) -> Browser {
        let browser = self.browser();
        let page = browser
            .get("/sign-in")
            .fill("Email address", email)
            .fill("Password", PASSWORD)
            .press("Sign in");
        assert!(
            !page.url.contains("/sign-in"),
            "could not sign in as {email}: {}",
            page.text()
        );
        browser
    }

    /// [`Self::signed_in`] with a school and an authority where the role needs one; both are put on
    /// the list.
    pub(crate) fn signed_in_anywhere(&self, role: Role) -> Browser {
        self.school(900_101, "999");
        match role {
            Role::School => self.signed_in(role, &[900_101], &[]),
            Role::Authority => self.signed_in(role, &[], &["999"]),
            _ => self.signed_in(role, &[], &[]),
        }
    }

    /// Puts an open state school on the list, when it is not there yet.
    pub(crate) fn school(&self, urn: i32, la_code: &str) {
        use diesel::prelude::*;
        use stature::db::schema::{local_authority, school};
        let now = self.app.clock.now();
        self.db()
            .write_now(|tx| -> Result<(), stature::db::Error> {
                let authorities: i64 = local_authority::table
                    .find(la_code)
                    .count()
                    .get_result(tx)?;
                if authorities == 0 {
                    diesel::insert_into(local_authority::table)
                        .values((
                            local_authority::code.eq(la_code),
                            local_authority::name.eq("Exampleshire"),
                        ))
                        .execute(tx)?;
                }
                let schools: i64 = school::table.find(urn).count().get_result(tx)?;
                if schools == 0 {
                    diesel::insert_into(school::table)
                        .values((
                            school::urn.eq(urn),
                            school::la_code.eq(la_code),
                            school::establishment_number.eq((urn % 10_000).to_string()),
                            school::name.eq(format!("School {urn}")),
                            school::type_name.eq("Community school"),
                            school::type_group.eq(4),
                            school::status.eq(1),
                            school::phase.eq("Primary"),
                            school::in_statistics.eq(true),
                            school::updated_at.eq(now),
                        ))
                        .execute(tx)?;
                }
                Ok(())
            })
            .unwrap();
    }

    /// The messages sent so far.
    pub(crate) fn mail(&self) -> Vec<Message> {
        match &self.app.mailer {
            Mailer::Memory(messages) => messages.lock().unwrap().clone(),
            _ => Vec::new(),
        }
    }

    /// Runs the program on the same data: `test.run(&["import", "schools", "schools.csv"])`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with_input(arguments, b"")
    }

    /// Runs the program with something on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Finished {
        run_program_at(
            self.folder.path(),
            &self.url,
            &self.app.clock.today().to_string(),
            arguments,
            input,
        )
    }
}

impl Finished {
    /// Insists that all of it was done.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    /// Insists on an exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self
    }
}

/// The hash of [`PASSWORD`] at the least cost that Argon2 has: a hash carries its costs, and signing in
/// is what most tests begin with. Passwords that a test sets on the pages are hashed as the service does.
fn quick_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let least = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, least)
            .hash_password(PASSWORD.as_bytes())
            .unwrap()
            .to_string()
    })
}

/// Runs the program on the data of `folder` and `url` without a service beside it, on 30 November
/// 2026.
pub(crate) fn run_program(folder: &Path, url: &str, arguments: &[&str]) -> Finished {
    run_program_at(folder, url, "2026-11-30", arguments, b"")
}

fn run_program_at(
    folder: &Path,
    url: &str,
    today: &str,
    arguments: &[&str],
    input: &[u8],
) -> Finished {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stature"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("DATABASE_URL", url)
        .env("STATURE_KEYRING", folder.join("keyring"))
        .env("STATURE_NOW", today)
        .env(
            "SMTP_URL",
            format!("file:{}", folder.join("mail").display()),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended before it is written.
    let _unread = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}
