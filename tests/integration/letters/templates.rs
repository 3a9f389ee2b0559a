//! Letter templates: what cannot be printed is refused before it is saved, and never makes a letter
//! fail.

use programme::Coded as _;
use rstest::rstest;
use stature::access::{Role, Scope};
use stature::letters::deliver::{Post, Report};
use stature::letters::sample::Sample;
use stature::settings;

use super::sending::refused;
use super::{SCHOOL, actor, child, measure, prepared, press, ready, run, sent, states};
use crate::support::{Page, TestApp};

/// The form of the templates with what every programme enters.
fn form(test: &TestApp) -> Page {
    test.signed_in(Role::Administrator, &[], &[])
        .get("/letters/texts")
        .fill("One way to get in touch", "01632 960 123")
}

/// Whether sending is refused as a whole.
fn sent_fails(test: &TestApp) -> bool {
    stature::letters::deliver::send(&test.app, &press(), &actor(), 1, usize::MAX).is_err()
}

/// Templates as an older version would have saved them, unseen.
fn save_unseen(test: &TestApp, texts: &str) {
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        settings::put(tx, &actor(), now, "letters.texts", texts)
    });
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_character_that_cannot_be_printed_does_not_stop_the_mailing(#[case] test: TestApp) {
    ready(&test);
    let form = form(&test);
    for (text, named) in [
        (
            "Ring us \u{1F984}",
            "“\u{1F984}” (U+1F984) cannot be printed",
        ),
        ("Ring us → today", "“→” (U+2192) cannot be printed"),
        ("Ring us 李", "“李” (U+674E) cannot be printed"),
    ] {
        let page = form
            .clone()
            .fill("Invitation to talk", text)
            .press("Save templates");
        let page = page.status(422).shows("Invitation to talk: ").shows(named);
        assert!(page.html.contains(text), "what was typed is gone");
    }
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    assert_eq!(nurse.download("/letters/1/letter.pdf").0, 200);
    assert_eq!(
        (sent(&test).sent, states(&test)),
        (1, vec!["sent".to_owned()])
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_that_cannot_be_written_is_held_with_the_reason_and_does_not_fail(
    #[case] test: TestApp,
) {
    ready(&test);
    save_unseen(&test, "{\"talk\": \"Ring us \u{1F984}\"}");
    let report = sent(&test);
    assert_eq!(
        (report.sent, report.failed, states(&test)),
        (0, 0, vec!["held".to_owned()])
    );
    let second = child(&test, "Maya", Some("maya@example.org"));
    measure(&test, second, 1120);
    assert_eq!(prepared(&test).held, 1);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let page = nurse
        .get("/letters?state=held")
        .shows("Showing 2 letters")
        .shows("could not be written from its template");
    page.follow("Zara Okonkwo")
        .follow("The letter as a PDF")
        .status(409)
        .shows("U+1F984");
    assert!(test.mail().is_empty());
    // Once the templates are right, the letters are ready without anybody's decision.
    form(&test)
        .fill("Invitation to talk", "Ring us.")
        .press("Save templates")
        .shows("are saved");
    nurse.get("/letters?state=held");
    assert_eq!(states(&test), ["ready", "ready"]);
    assert_eq!(sent(&test).sent, 2);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn letters_wait_while_the_saved_templates_cannot_be_read(#[case] test: TestApp) {
    ready(&test);
    save_unseen(&test, "no JSON");
    let refused = test.run(&["letters", "send"]).code(1);
    assert!(
        refused
            .stderr
            .contains("the saved letter templates cannot be read"),
        "{}",
        refused.stderr
    );
    let second = child(&test, "Maya", Some("maya@example.org"));
    measure(&test, second, 1120);
    let refused = test.run(&["letters", "prepare"]).code(1);
    assert!(
        refused
            .stderr
            .contains("the saved letter templates cannot be read"),
        "{}",
        refused.stderr
    );
    assert!(test.mail().is_empty());
    save_unseen(&test, "{}");
    assert_eq!(prepared(&test).ready, 1);
    assert_eq!((sent(&test).sent, sent(&test).failed), (2, 0));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_templates_page_opens_while_the_saved_templates_cannot_be_read(#[case] test: TestApp) {
    ready(&test);
    save_unseen(&test, "no JSON");
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    administrator
        .get("/")
        .shows("The saved letter templates cannot be read: no letter is made or sent");
    let page = administrator
        .get("/letters/texts")
        .status(200)
        .shows("The saved templates cannot be read")
        .shows("No letter is made or sent until this is settled")
        .shows("The standard texts");
    // Nor is any other page of letters a fault.
    for path in [
        "/letters",
        "/letters/1",
        "/letters/send",
        "/letters?state=ready",
    ] {
        nurse
            .get(path)
            .status(200)
            .shows("The letter templates cannot be read");
    }
    nurse
        .get("/letters")
        .press("Prepare letters")
        .status(409)
        .shows("The saved letter templates cannot be read");
    let asks = page
        .follow("Start again from the standard texts")
        .shows("Letters of every school are then made and sent with the standard texts");
    assert_eq!(
        (sent_fails(&test), states(&test)),
        (true, vec!["ready".to_owned()])
    );
    asks.press("Start again from the standard texts")
        .status(200)
        .shows("The letters have the standard texts");
    // Pressed twice, or on a page left open: nothing more happens, and nothing is written over.
    administrator
        .get("/letters/texts")
        .fill("One way to get in touch", "01632 960 123")
        .press("Save templates")
        .shows("are saved");
    asks.press("Start again from the standard texts")
        .status(200)
        .shows("have changed since you opened the page");
    administrator
        .get("/letters/texts/standard")
        .shows("The saved templates can be read. Nothing was changed.");
    assert!(
        administrator
            .get("/letters/texts")
            .html
            .contains("01632 960 123")
    );
    assert_eq!(
        crate::accounts::events(&test, "letters.texts_started_again").len(),
        1
    );
    let kept = run(test.db(), |tx| {
        settings::get(tx, "letters.texts.unreadable")
    });
    assert_eq!(kept.as_deref(), Some("no JSON"));
    assert_eq!(sent(&test).sent, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn messages_that_need_no_template_go_while_the_saved_templates_cannot_be_read(
    #[case] test: TestApp,
) {
    ready(&test);
    stature::letters::deliver::queue(&test.app, &actor(), &Scope::Everything).unwrap();
    let second = child(&test, "Maya", Some("maya@example.org"));
    measure(&test, second, 1120);
    assert_eq!(prepared(&test).ready, 1);
    save_unseen(&test, "no JSON");
    let system = test.signed_in(Role::SystemAdministrator, &[], &[]);
    system
        .get("/accounts/add")
        .fill("Email address", "monitor@example.org")
        .fill("Name", "New Person")
        .choose("Monitor")
        .press("Add account")
        .status(200);
    let failed = stature::letters::jobs::send_letters(&test.app, &actor(), false)
        .unwrap_err()
        .to_string();
    assert!(
        failed.contains("the saved letter templates cannot be read"),
        "{failed}"
    );
    assert_eq!(
        test.mail().len(),
        1,
        "the invitation waits with the letters"
    );
    assert_eq!(states(&test), ["queued", "ready"]);
    save_unseen(&test, "{}");
    assert_eq!(sent(&test).sent, 2);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn of_two_administrators_who_edit_the_templates_at_once_neither_overwrites_the_other(
    #[case] test: TestApp,
) {
    let first = form(&test);
    let mine = first
        .clone()
        .fill("Invitation to talk", "Ring us in the morning.");
    let theirs = first
        .fill("Invitation to talk", "Ring us in the afternoon.")
        .fill("Who signs", "Sister Clare");
    theirs
        .press("Save templates")
        .status(200)
        .shows("are saved");
    let refused = mine
        .press("Save templates")
        .status(409)
        .shows("Somebody else has saved in the meantime")
        .shows(
            "A Programme administrator saved on 30 November 2026 at midday after you \
                opened this page",
        )
        .shows("Fields that you had not changed now hold what was saved: Who signs.")
        .shows("Invitation to talk Ring us in the afternoon. Your text");
    assert!(
        refused.html.contains("Ring us in the morning."),
        "what was typed is gone"
    );
    assert_eq!(
        refused.text().matches("Your text").count(),
        1,
        "a field that is the same is shown as different"
    );
    let saved = || run(test.db(), |tx| settings::get(tx, "letters.texts")).unwrap();
    assert!(saved().contains("Ring us in the afternoon.") && !saved().contains("morning"));
    // Having seen both, one may decide.
    refused
        .press("Save templates")
        .status(200)
        .shows("are saved");
    assert!(saved().contains("Ring us in the morning."), "{}", saved());
    assert!(
        saved().contains("Sister Clare"),
        "a field that was not touched took the old text back"
    );
    // A save that is sent twice contradicts nobody.
    let again = refused
        .follow("Letters")
        .follow("Letter templates")
        .fill("Invitation to talk", "Ring us.");
    again.press("Save templates").shows("are saved");
    again.press("Save templates").status(200).shows("are saved");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn of_two_saves_at_the_same_moment_one_is_refused(#[case] test: TestApp) {
    let form = form(&test);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let saves: Vec<_> = (0..4)
            .map(|number| {
                let typed = form
                    .clone()
                    .fill("Invitation to talk", &format!("Ring us on day {number}."));
                scope.spawn(move || typed.press("Save templates").status)
            })
            .collect();
        saves.into_iter().map(|save| save.join().unwrap()).collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        3,
        "{statuses:?}"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_delay_and_a_stop_are_not_overruled_by_somebody_who_has_not_seen_them(#[case] test: TestApp) {
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let (mine, theirs) = (
        administrator.get("/letters/delay"),
        administrator.get("/letters/delay"),
    );
    theirs
        .choose("Only when somebody presses Send")
        .press("Save")
        .status(200);
    let refused = mine
        .choose("As soon as they are ready")
        .press("Save")
        .status(409)
        .shows("Saved now: Only when somebody presses Send");
    assert_eq!(
        run(test.db(), |tx| settings::get(tx, "letters.delay")).as_deref(),
        Some("by_hand")
    );
    refused.press("Save").status(200);
    assert_eq!(
        run(test.db(), |tx| settings::get(tx, "letters.delay")).as_deref(),
        Some("none")
    );
    // A stop that was lifted and set again for another reason.
    administrator
        .get("/letters/stop")
        .press("Stop all letters")
        .status(200);
    let old = administrator.get("/letters/stop");
    administrator
        .get("/letters/stop")
        .press("Let letters go again")
        .status(200);
    test.app.clock.advance(chrono::Duration::minutes(5));
    administrator
        .get("/letters/stop")
        .press("Stop all letters")
        .status(200);
    let refused = old
        .press("Let letters go again")
        .status(409)
        .shows("All letters were stopped again");
    assert!(
        administrator
            .get("/letters")
            .says("All letters are stopped")
    );
    refused.press("Let letters go again").status(200);
    assert!(
        !administrator
            .get("/letters")
            .says("All letters are stopped")
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_text_that_is_too_long_or_breaks_a_subject_is_refused(#[case] test: TestApp) {
    let form = form(&test);
    let long = "word ".repeat(20_000);
    form.clone()
        .fill("Invitation to talk", &long)
        .press("Save templates")
        .status(422)
        .shows("Invitation to talk: shorten it to 2000 characters or fewer");
    form.clone()
        .fill(
            "Subject of the email",
            "A letter\r\nBcc: everybody@example.org",
        )
        .press("Save templates")
        .status(422)
        .shows("Subject of the email: write it on one line");
    form.fill("Address", &"A street\n".repeat(9))
        .fill("First paragraph of a corrected letter", "Sorry.")
        .press("Save templates")
        .status(422)
        .shows("Address: shorten it to 6 lines or fewer")
        .shows("First paragraph of a corrected letter: include {replaced}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_administrator_sees_each_kind_of_letter_with_the_saved_templates(#[case] test: TestApp) {
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = administrator.get("/letters/texts");
    for sample in Sample::ALL.iter().copied() {
        let link = page.link(&format!("{} (PDF)", sample.words()));
        let (status, name, pdf) = administrator.download(&link);
        assert_eq!(status, 200, "{link}");
        assert!(
            name.starts_with("sample-") && pdf.starts_with(b"%PDF"),
            "{name}"
        );
    }
    administrator
        .get("/letters/texts/samples/nothing")
        .status(404);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_letter_that_failed_is_made_ready_again_at_once(#[case] test: TestApp) {
    for (name, email) in [("Zara", "zara@example.org"), ("Maya", "maya@example.org")] {
        let one = child(&test, name, Some(email));
        measure(&test, one, 1120);
    }
    assert_eq!(prepared(&test).ready, 2);
    let press = press();
    let post = Post::new(&test.app, &press, actor()).unwrap();
    post.queue_ready(&Scope::Everything).unwrap();
    for mut claimed in post.claim(10, &mut Report::default()).unwrap() {
        post.begin(&mut claimed).unwrap();
        post.settle(&claimed, &refused()).unwrap();
    }
    assert_eq!(states(&test), ["failed", "failed"]);
    let said = test.run(&["letters", "resend", "--dry-run"]).done();
    assert!(
        said.stdout.contains("2 failed letters would be made ready"),
        "{}",
        said.stdout
    );
    assert_eq!(states(&test), ["failed", "failed"]);
    let said = test.run(&["letters", "resend"]).done();
    assert!(
        said.stdout.contains("2 failed letters made ready again"),
        "{}",
        said.stdout
    );
    assert_eq!(states(&test), ["ready", "ready"]);
    assert_eq!(sent(&test).sent, 2);
}
