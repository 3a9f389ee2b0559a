//! A process that is told to end while it sends.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use diesel::prelude::*;
use rstest::rstest;
use stature::db::schema::job;

use super::{ledger, parcel_states, ready_letters, run, states};
use crate::support::{At, Does, FakeMailServer, TestApp};

/// The program in a process of its own, sending through a mail server.
struct Sender {
    process: Child,
    log: BufReader<ChildStderr>,
}

impl Sender {
    fn start(test: &TestApp, server: &FakeMailServer, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_stature"))
            .args(arguments)
            .current_dir(test.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DATABASE_URL", test.url())
            .env("STATURE_KEYRING", test.path("keyring"))
            .env("STATURE_NOW", test.app.clock.today().to_string())
            .env("STATURE_MAIL_FROM", "nurses@example.org")
            .env("SMTP_URL", server.url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        Self { process, log }
    }

    /// Sends SIGTERM.
    fn terminate(&self) {
        let pid = self.process.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits until the process has heard the signal.
    fn has_heard(&mut self) {
        let mut line = String::new();
        while !line.contains("told to end") {
            line.clear();
            assert!(
                self.log.read_line(&mut line).unwrap() > 0,
                "the process ended first"
            );
        }
    }

    /// Waits for the end; returns the exit code.
    fn ended(mut self) -> Option<i32> {
        // Whoever writes a log that nobody reads would wait for ever.
        std::io::copy(&mut self.log, &mut std::io::sink()).unwrap();
        self.process.wait().unwrap().code()
    }
}

/// How many of `states` are `state`.
fn count(states: &[String], state: &str) -> usize {
    states.iter().filter(|found| *found == state).count()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_command_that_is_told_to_end_finishes_the_letter_in_hand_and_stops(#[case] test: TestApp) {
    ready_letters(&test, 5);
    let server = FakeMailServer::start();
    server.at(At::Message, Does::Holds);
    let mut sender = Sender::start(&test, &server, &["letters", "send", "--workers", "1"]);
    server.wait_until_it_holds();
    sender.terminate();
    sender.has_heard();
    server.release();
    assert_eq!(sender.ended(), Some(3));
    assert_eq!((server.accepted().len(), ledger(&test)), (1, 1));
    assert_eq!(
        (
            count(&states(&test), "sent"),
            count(&states(&test), "queued")
        ),
        (1, 4)
    );
    assert_eq!(
        count(&parcel_states(&test), "queued"),
        4,
        "given back at once: {:?}",
        parcel_states(&test)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_server_that_is_told_to_end_finishes_the_letter_in_hand_and_stops(#[case] test: TestApp) {
    ready_letters(&test, 6);
    run(test.db(), |tx| {
        let due = test.app.clock.now() - chrono::Duration::minutes(1);
        diesel::insert_into(job::table)
            .values((
                job::name.eq("send-letters"),
                job::enabled.eq(true),
                job::next_due_at.eq(due),
            ))
            .execute(tx)?;
        Ok(())
    });
    let server = FakeMailServer::start();
    server.at(At::Message, Does::Holds);
    let mut sender = Sender::start(
        &test,
        &server,
        &["serve", "--listen", "127.0.0.1:0", "--workers", "1"],
    );
    server.wait_until_it_holds();
    sender.terminate();
    sender.has_heard();
    server.release();
    assert_eq!(sender.ended(), Some(0));
    // The job has two workers, each with a letter in hand.
    let sent = count(&states(&test), "sent");
    assert!((1..=2).contains(&sent), "{sent} letters went");
    assert_eq!(
        (server.accepted().len(), count(&states(&test), "queued")),
        (sent, 6 - sent)
    );
    assert_eq!(
        count(&parcel_states(&test), "queued"),
        6 - sent,
        "{:?}",
        parcel_states(&test)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_second_signal_ends_a_process_that_waits_for_its_mail_server(#[case] test: TestApp) {
    ready_letters(&test, 2);
    let server = FakeMailServer::start();
    server.at(At::Message, Does::Holds);
    let mut sender = Sender::start(&test, &server, &["letters", "send", "--workers", "1"]);
    server.wait_until_it_holds();
    sender.terminate();
    sender.has_heard();
    sender.terminate();
    assert_eq!(sender.ended(), Some(143));
    server.release();
}
