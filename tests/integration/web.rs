//! What every page has in common: bounds, sizes, sessions, keys that are not there.

use chrono::Duration;
use rstest::rstest;
use stature::access::Role;

use crate::support::{ChildSpec, TestApp};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_page_number_beyond_all_bounds_is_no_fault(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let governance = test.signed_in(Role::Governance, &[], &[]);
    for number in [
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
    ] {
        for (browser, path) in [
            (&administrator, "/letters?state=sent&page="),
            (&administrator, "/imports?page="),
            (&governance, "/privacy/log?page="),
            (&governance, "/privacy/ledger?page="),
        ] {
            let page = browser.get(&format!("{path}{number}"));
            assert!(
                page.status < 500,
                "{path}{number}: {} {}",
                page.status,
                page.text()
            );
        }
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn long_words_of_letters_are_kept(#[case] test: TestApp) {
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    // Two texts as long as they may be, mostly of accented letters, which a form spells in six
    // characters: more than a form's usual limit.
    let words = "Ring us: é é é é é é é é. ".repeat(60);
    let words = words.trim();
    administrator
        .get("/letters/texts")
        .fill("One way to get in touch", "01632 960 123")
        .fill("Invitation to talk", words)
        .fill("About body mass index", words)
        .press("Save templates")
        .status(200);
    let kept = administrator.get("/letters/texts").html;
    assert_eq!(kept.matches(words).count(), 2);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_form_larger_than_any_of_ours_is_refused_in_words(#[case] test: TestApp) {
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let words = "x".repeat(600 * 1024);
    let page = administrator
        .get("/letters/texts")
        .fill("Invitation to talk", &words)
        .press("Save templates");
    page.status(400).shows("larger than any of ours");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_a_page_asks_for_by_itself_keeps_nobody_signed_in(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    let recorder = test.signed_in(Role::Recorder, &[900_101], &[]);
    recorder.get("/schools/900101/record").status(200);
    for _ in 0..4 {
        test.app
            .clock
            .advance(Duration::minutes(5) - Duration::seconds(1));
        recorder.get("/schools/900101/record/rows").status(200);
    }
    test.app.clock.advance(Duration::seconds(5));
    let rows = recorder.get("/schools/900101/record/rows");
    assert!(
        rows.url.starts_with("/sign-in"),
        "a tablet left open stays signed in"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_key_that_is_not_there_is_told_on_every_page_with_names(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let search = nurse.get("/children").fill("Name or NHS number", "Robin");
    std::fs::remove_file(test.path("keyring/2026-27.key")).unwrap();
    let pages = [
        nurse.get(&format!("/children/{child}")),
        nurse.get(&format!("/children/{child}/details")),
        nurse.get("/schools/900101/record"),
        search.press("Find"),
    ];
    for page in pages {
        assert_eq!(page.status, 503, "{}: {}", page.url, page.text());
        page.shows("The key of 2026-27 is not in the keyring");
    }
}
