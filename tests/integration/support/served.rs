//! The program itself, serving as a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::{Browser, PASSWORD, TestApp};

/// The program serving on the test's data, its log going into a file.
pub(crate) struct Served {
    process: Child,
    /// The address it answers on, without a slash at the end.
    pub address: String,
}

impl Served {
    /// Starts it on the test's database.
    pub(crate) fn start(test: &TestApp, log: &str) -> Self {
        Self::on(test, test.url(), log)
    }

    /// Starts it on another database, with the test's keyring.
    pub(crate) fn on(test: &TestApp, url: &str, log: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_stature"))
            .args(["serve", "--listen", "127.0.0.1:0", "--workers", "1"])
            .current_dir(test.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("RUST_LOG", "debug")
            .env("DATABASE_URL", url)
            .env("STATURE_KEYRING", test.path("keyring"))
            .env("STATURE_NOW", test.app.clock.today().to_string())
            .env("SMTP_URL", format!("file:{}", test.path("mail").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(test.path(log)).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("Serving on ")
            .unwrap_or_else(|| panic!("the server did not start: {line}"))
            .to_owned();
        Self { process, address }
    }

    /// A browser in which the account with this address is signed in.
    pub(crate) fn signed_in(&self, email: &str) -> Browser {
        let browser = Browser::new(&self.address);
        let page = browser
            .get("/sign-in")
            .fill("Email address", email)
            .fill("Password", PASSWORD)
            .press("Sign in");
        assert!(!page.url.contains("/sign-in"), "{}", page.text());
        browser
    }

    /// Number of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends the process as an operator would (SIGTERM): work in hand is finished.
    pub(crate) fn end(mut self) {
        let pid = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(told.success());
        self.process.wait().unwrap();
    }

    /// Ends the process as a power cut would (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
