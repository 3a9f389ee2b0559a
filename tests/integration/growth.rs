//! `stature growth` as scripts call it: without a database, in a folder of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be built fails the test"
)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

const CHILD: &str =
    "sex,birth_date,measurement_date,height_cm,weight_kg\nF,2016-05-04,2026-10-05,141.2,34.5\n";

fn stature(arguments: &[&str], input: &str) -> (Output, Vec<std::ffi::OsString>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("children.csv"), CHILD).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stature"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended before it is written.
    let _unread = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap();
    (
        output,
        files.map(|file| file.unwrap().file_name()).collect(),
    )
}

#[test]
fn a_file_and_standard_input_give_the_same_and_leave_nothing_behind() {
    let (from_file, files) = stature(&["growth", "assess", "children.csv"], "");
    assert!(from_file.status.success());
    assert_eq!(files, ["children.csv"]);
    let text = String::from_utf8(from_file.stdout.clone()).unwrap();
    assert!(
        text.lines()
            .nth(1)
            .unwrap()
            .ends_with(",healthy weight,healthy weight,"),
        "{text}"
    );
    for arguments in [
        &["growth", "assess"][..],
        &["growth", "assess", "-", "--threads", "1"],
    ] {
        assert_eq!(stature(arguments, CHILD).0.stdout, from_file.stdout);
    }
}

#[test]
fn what_cannot_be_read_is_one_message_and_exit_code_1() {
    for (arguments, input, words) in [
        (
            &["growth", "assess", "nowhere.csv"][..],
            "",
            "cannot read nowhere.csv",
        ),
        (&["growth", "assess", "."], "", "cannot read"),
        (&["growth", "assess"], "", "the input is empty"),
        (
            &["growth", "assess"],
            "name\nA\n",
            "the header has no column sex, birth_date",
        ),
    ] {
        let (output, _) = stature(arguments, input);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains(words) && message.lines().count() == 1,
            "{message}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn an_unknown_scheme_is_a_matter_of_usage() {
    let (output, _) = stature(&["growth", "assess", "--scheme", "median"], CHILD);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("choose zscore or centile")
    );
}
