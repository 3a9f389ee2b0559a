//! Letter templates: what cannot be printed is refused before it is saved, and never makes a letter fail.

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

/// Templates as an older version would have saved them, unseen.
fn save_unseen(test: &TestApp, texts: &str) {
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        settings::put(tx, &actor(), now, "letters.texts", texts)
    });
}

both_databases! {
    fn one_character_that_cannot_be_printed_does_not_stop_the_mailing(test: TestApp) {
        ready(test);
        let form = form(test);
        for (text, named) in [
            ("Ring us \u{1F984}", "“\u{1F984}” (U+1F984) cannot be printed"),
            ("Ring us → today", "“→” (U+2192) cannot be printed"),
            ("Ring us 李", "“李” (U+674E) cannot be printed"),
        ] {
            let page = form.clone().fill("Invitation to talk", text).press("Save templates");
            let page = page.status(422).shows("Invitation to talk: ").shows(named);
            assert!(page.html.contains(text), "what was typed is gone");
        }
        let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
        assert_eq!(nurse.download("/letters/1/letter.pdf").0, 200);
        assert_eq!((sent(test).sent, states(test)), (1, vec!["sent".to_owned()]));
    }

    fn a_letter_that_cannot_be_written_is_held_with_the_reason_and_does_not_fail(test: TestApp) {
        ready(test);
        save_unseen(test, "{\"talk\": \"Ring us \u{1F984}\"}");
        let report = sent(test);
        assert_eq!((report.sent, report.failed, states(test)), (0, 0, vec!["held".to_owned()]));
        let second = child(test, "Maya", Some("maya@example.org"));
        measure(test, second, 1120);
        assert_eq!(prepared(test).held, 1);
        let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
        let page = nurse.get("/letters?state=held").shows("Showing 2 letters").shows("could not be written from its template");
        page.follow("Zara Okonkwo").follow("The letter as a PDF").status(409).shows("U+1F984");
        assert!(test.mail().is_empty());
        // Once the templates are right, the letters are ready without anybody's decision.
        form(test).fill("Invitation to talk", "Ring us.").press("Save templates").shows("are saved");
        nurse.get("/letters?state=held");
        assert_eq!(states(test), ["ready", "ready"]);
        assert_eq!(sent(test).sent, 2);
    }

    fn letters_wait_while_the_saved_templates_cannot_be_read(test: TestApp) {
        ready(test);
        save_unseen(test, "no JSON");
        let refused = test.run(&["letters", "send"]).code(1);
        assert!(refused.stderr.contains("the saved letter templates cannot be read"), "{}", refused.stderr);
        let second = child(test, "Maya", Some("maya@example.org"));
        measure(test, second, 1120);
        let refused = test.run(&["letters", "prepare"]).code(1);
        assert!(refused.stderr.contains("the saved letter templates cannot be read"), "{}", refused.stderr);
        assert!(test.mail().is_empty());
        save_unseen(test, "{}");
        assert_eq!(prepared(test).ready, 1);
        assert_eq!((sent(test).sent, sent(test).failed), (2, 0));
    }

    fn a_text_that_is_too_long_or_breaks_a_subject_is_refused(test: TestApp) {
        let form = form(test);
        let long = "word ".repeat(20_000);
        form.clone().fill("Invitation to talk", &long).press("Save templates").status(422)
            .shows("Invitation to talk: shorten it to 2000 characters or fewer");
        form.clone().fill("Subject of the email", "A letter\r\nBcc: everybody@example.org").press("Save templates")
            .status(422).shows("Subject of the email: write it on one line");
        form.fill("Address", &"A street\n".repeat(9)).fill("First paragraph of a corrected letter", "Sorry.")
            .press("Save templates").status(422)
            .shows("Address: shorten it to 6 lines or fewer")
            .shows("First paragraph of a corrected letter: include {replaced}");
    }

    fn the_administrator_sees_each_kind_of_letter_with_the_saved_templates(test: TestApp) {
        let administrator = test.signed_in(Role::Administrator, &[], &[]);
        let page = administrator.get("/letters/texts");
        for sample in Sample::ALL {
            let link = page.link(&format!("{} (PDF)", sample.words()));
            let (status, name, pdf) = administrator.download(&link);
            assert_eq!(status, 200, "{link}");
            assert!(name.starts_with("sample-") && pdf.starts_with(b"%PDF"), "{name}");
        }
        administrator.get("/letters/texts/samples/nothing").status(404);
    }

    fn every_letter_that_failed_is_made_ready_again_at_once(test: TestApp) {
        for (name, email) in [("Zara", "zara@example.org"), ("Maya", "maya@example.org")] {
            let one = child(test, name, Some(email));
            measure(test, one, 1120);
        }
        assert_eq!(prepared(test).ready, 2);
        let press = press();
        let post = Post::new(&test.app, &press, actor()).unwrap();
        post.queue_ready(&Scope::Everything).unwrap();
        for mut claimed in post.claim(10, &mut Report::default()).unwrap() {
            post.begin(&mut claimed).unwrap();
            post.settle(&claimed, &refused()).unwrap();
        }
        assert_eq!(states(test), ["failed", "failed"]);
        let said = test.run(&["letters", "resend", "--dry-run"]).done();
        assert!(said.stdout.contains("2 failed letters would be made ready"), "{}", said.stdout);
        assert_eq!(states(test), ["failed", "failed"]);
        let said = test.run(&["letters", "resend"]).done();
        assert!(said.stdout.contains("2 failed letters made ready again"), "{}", said.stdout);
        assert_eq!(states(test), ["ready", "ready"]);
        assert_eq!(sent(test).sent, 2);
    }
}
