//! The demonstration and its invented area, through the program.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rstest::rstest;
use stature::access::Role;

use crate::support::{Browser, TestApp};

/// `stature demo`, running; it ends with the test.
struct Demo {
    program: Child,
    address: String,
    folder: PathBuf,
    sign_ins: Vec<(String, String)>,
}

impl Demo {
    /// Starts it and reads what it prints until it serves.
    fn start() -> Self {
        let program = Command::new(env!("CARGO_BIN_EXE_stature"))
            .args(["demo", "--listen", "127.0.0.1:0", "--as-of", "2026-11-30"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut demo = Self {
            address: String::new(),
            folder: PathBuf::new(),
            sign_ins: Vec::new(),
            program,
        };
        let lines = BufReader::new(demo.program.stdout.take().unwrap()).lines();
        for line in lines {
            let line = line.unwrap();
            if let Some((_, folder)) = line.split_once("invented children in ") {
                demo.folder = folder.into();
            }
            if let Some((who, password)) = line.split_once(" password ") {
                let email = who.split_whitespace().last().unwrap();
                demo.sign_ins
                    .push((email.to_owned(), password.trim().to_owned()));
            }
            if let Some((_, address)) = line.split_once("Serving on ") {
                demo.address
                    .push_str(address.split_whitespace().next().unwrap());
                return demo;
            }
        }
        let mut said = String::new();
        demo.program
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        panic!("the demonstration did not come to serve: {said}");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // A signal that can be caught, so that it removes its folder as it does on Ctrl-C.
        let _ended = Command::new("kill")
            .args(["-INT", &self.program.id().to_string()])
            .status();
        let _ended = self.program.wait();
    }
}

#[test]
fn the_demonstration_serves_prints_a_sign_in_per_role_and_leaves_nothing_behind() {
    let demo = Demo::start();
    assert_eq!(demo.sign_ins.len(), Role::ALL.len());
    for (email, password) in &demo.sign_ins {
        let browser = Browser::new(&demo.address);
        let page = browser
            .get("/sign-in")
            .fill("Email address", email)
            .fill("Password", password)
            .press("Sign in");
        assert!(!page.url.contains("/sign-in"), "{email}: {}", page.text());
        assert!(
            page.html.contains("Demonstration: invented children"),
            "{email}: no band on top"
        );
    }
    let stranger = Browser::new(&demo.address);
    let mail = stranger.get("/demo/mail");
    assert_eq!(mail.status, 200);
    assert!(mail.text().contains("Sent mail"));
    assert_eq!(stranger.get("/demo/mail/nothing").status, 404);
    let folder = demo.folder.clone();
    assert!(folder.join("stature.sqlite").exists());
    drop(demo);
    assert!(!folder.exists(), "the folder is still there");
}

#[test]
fn the_demonstration_refuses_to_run_in_production() {
    let output = Command::new(env!("CARGO_BIN_EXE_stature"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .env_clear()
        .env("STATURE_ENV", "production")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("production"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_page_of_sent_mail_is_there_in_the_demonstration_only(#[case] test: TestApp) {
    assert_eq!(test.browser().get("/demo/mail").status, 404);
    assert_eq!(test.browser().get("/demo/mail/1/html").status, 404);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_invented_area_is_imported_without_a_row_left_over(#[case] test: TestApp) {
    for folder in ["one", "two"] {
        test.run(&[
            "synth",
            "--schools",
            "5",
            "--seed",
            "7",
            "--years",
            "2",
            "--out",
            folder,
        ])
        .done();
    }
    for file in [
        "schools.csv",
        "postcodes.csv",
        "deprivation.csv",
        "roster-2025-26.csv",
        "measurements-2026-27.csv",
    ] {
        let read = |folder: &str| std::fs::read(test.path(folder).join(file)).unwrap();
        assert_eq!(read("one"), read("two"), "{file} differs");
    }
    test.run(&["import", "schools", "one/schools.csv"]).done();
    test.run(&["import", "postcodes", "one/postcodes.csv"])
        .done();
    test.run(&["import", "deprivation", "one/deprivation.csv"])
        .done();
    for year in ["2025-26", "2026-27"] {
        test.set_year(year, 900);
        let roster = format!("one/roster-{year}.csv");
        let said = test
            .run(&["import", "roster", &roster, "--year", year])
            .done();
        assert!(
            !said.stdout.contains("with a warning"),
            "{}{}",
            said.stdout,
            said.stderr
        );
        let measurements = format!("one/measurements-{year}.csv");
        test.run(&["import", "measurements", &measurements, "--year", year])
            .done();
    }
}
