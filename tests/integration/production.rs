//! Settings that are not safe for real children are refused where they are real.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rstest::rstest;

use crate::support::{Finished, Served, TestApp};

const SAFE: [(&str, &str); 4] = [
    ("STATURE_ENV", "production"),
    ("SMTP_URL", "smtps://mail.example.org"),
    ("STATURE_MAIL_FROM", "nurses@example.org"),
    ("STATURE_PUBLIC_URL", "https://measuring.example.org"),
];

/// Runs the program on the test's data with these variables and no others.
fn run(test: &TestApp, variables: &[(&str, &str)], arguments: &[&str]) -> Finished {
    let output = Command::new(env!("CARGO_BIN_EXE_stature"))
        .args(arguments)
        .current_dir(test.folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("DATABASE_URL", test.url())
        .env("STATURE_KEYRING", test.path("keyring"))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The safe settings, but for one.
fn safe_but(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut variables: Vec<_> = SAFE
        .into_iter()
        .filter(|(other, _)| *other != name)
        .collect();
    if let Some((known, _)) = SAFE.into_iter().find(|(other, _)| *other == name) {
        variables.push((known, value));
    }
    variables
}

fn set_mode(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_unknown_environment_is_refused_and_not_taken_for_development(#[case] test: TestApp) {
    for unknown in ["prod", "live", ""] {
        let refused = run(&test, &[("STATURE_ENV", unknown)], &["year", "list"]).code(2);
        assert!(
            refused.stderr.contains("production"),
            "{unknown}: {}",
            refused.stderr
        );
    }
    run(&test, &[("STATURE_ENV", "development")], &["year", "list"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn production_refuses_unsafe_settings_at_start_and_lists_what_to_change(#[case] test: TestApp) {
    private_files(&test);
    for arguments in [
        &["year", "list"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["migrate"],
        &["letters", "send"],
    ] {
        let refused = run(&test, &[("STATURE_ENV", "production")], arguments).code(1);
        for setting in ["SMTP_URL", "STATURE_MAIL_FROM", "STATURE_PUBLIC_URL"] {
            assert!(
                refused.stderr.contains(&format!("- {setting}: ")),
                "{arguments:?}: {}",
                refused.stderr
            );
        }
    }
    let checked = run(&test, &[("STATURE_ENV", "production")], &["check-config"]).code(1);
    assert!(
        checked.stdout.contains("- SMTP_URL: no mail server"),
        "{}",
        checked.stdout
    );
    for (name, value) in [
        ("SMTP_URL", "smtp://mail.example.org"),
        ("STATURE_PUBLIC_URL", "http://measuring.example.org"),
        ("STATURE_MAIL_FROM", "stature@localhost"),
    ] {
        let refused = run(&test, &safe_but(name, value), &["year", "list"]).code(1);
        assert_eq!(
            refused.stderr.matches("  - ").count(),
            1,
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains(name), "{}", refused.stderr);
    }
    run(&test, &SAFE, &["year", "list"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn check_config_accepts_no_junk(#[case] test: TestApp) {
    for (name, value) in [
        ("STATURE_PUBLIC_URL", "banana"),
        ("STATURE_PUBLIC_URL", "https://measuring.example.org/path"),
        ("STATURE_MAIL_FROM", "nurses"),
        ("SMTP_URL", "imap://mail.example.org"),
    ] {
        let refused = run(&test, &[(name, value)], &["check-config"]).code(1);
        assert!(!refused.stderr.is_empty(), "{name}={value}");
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_keyring_that_others_can_read_is_refused_in_production(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    private_files(&test);
    run(&test, &SAFE, &["year", "list"]).done();
    set_mode(&test.path("keyring"), 0o777);
    let refused = run(&test, &SAFE, &["year", "list"]).code(1);
    assert!(
        refused.stderr.contains("mode 0777") && refused.stderr.contains("chmod 700"),
        "{}",
        refused.stderr
    );
    set_mode(&test.path("keyring"), 0o700);
    set_mode(&test.path("keyring/2026-27.key"), 0o644);
    let refused = run(&test, &SAFE, &["year", "list"]).code(1);
    assert!(refused.stderr.contains("2026-27.key"), "{}", refused.stderr);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_server_of_no_workers_is_refused_in_words(#[case] test: TestApp) {
    let refused = test
        .run(&["serve", "--listen", "127.0.0.1:0", "--workers", "0"])
        .code(2);
    assert!(refused.stderr.contains("--workers"), "{}", refused.stderr);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_log_in_a_file_holds_no_colour_codes(#[case] test: TestApp) {
    let server = Served::start(&test, "log");
    assert_eq!(
        TestApp::browser_of(&server.address).get("/sign-in").status,
        200
    );
    server.kill();
    let log = std::fs::read_to_string(test.path("log")).unwrap();
    assert!(log.contains("answered"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[test]
fn a_remote_postgresql_without_a_verified_connection_is_refused_in_production() {
    let test = start_or_skip!(Sqlite);
    private_files(&test);
    let mut variables = SAFE.to_vec();
    variables.push((
        "DATABASE_URL",
        "postgres://stature:secret@db.example.org/stature",
    ));
    let refused = run(&test, &variables, &["year", "list"]).code(1);
    assert!(
        refused.stderr.contains("- DATABASE_URL: "),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
}

#[test]
fn what_the_program_makes_is_for_its_user_alone_whatever_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "umask 000; {} year set 2026-27 --retention-days 365 --instrument Test && {} synth \
        --schools 2 --seed 1 --years 1 --out area",
        env!("CARGO_BIN_EXE_stature"),
        env!("CARGO_BIN_EXE_stature"),
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut paths = vec![
        folder.path().join("stature-data"),
        folder.path().join("area"),
    ];
    let mut looked_at = 0;
    while let Some(path) = paths.pop() {
        let metadata = std::fs::metadata(&path).unwrap();
        assert_eq!(
            metadata.permissions().mode() & 0o077,
            0,
            "{}",
            path.display()
        );
        looked_at += 1;
        if metadata.is_dir() {
            paths.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    assert!(looked_at > 6, "only {looked_at} files were looked at");
}

/// The database of a test was made without the program, which would have kept others out.
fn private_files(test: &TestApp) {
    set_mode(test.folder.path(), 0o700);
    for name in ["stature.sqlite", "stature.sqlite-wal", "stature.sqlite-shm"] {
        if test.path(name).exists() {
            set_mode(&test.path(name), 0o600);
        }
    }
    for entry in std::fs::read_dir(test.path("keyring")).unwrap() {
        set_mode(&entry.unwrap().path(), 0o600);
    }
}
