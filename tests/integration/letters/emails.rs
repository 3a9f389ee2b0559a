//! What an email is made of, as it arrives.

use mail_parser::{MessageParser, MimeHeaders};
use rstest::rstest;
use stature::access::Role;

use super::{ready, sent};
use crate::support::{FakeMailServer, TestApp};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_arrives_as_text_and_html_with_an_attachment_that_names_nobody(#[case] test: TestApp) {
    ready(&test);
    let server = FakeMailServer::start();
    let app = stature::app::App {
        mailer: stature::mail::Mailer::smtp(&server.url(), std::time::Duration::from_secs(5))
            .unwrap(),
        ..test.app.clone()
    };
    stature::letters::deliver::send(&app, &super::press(), &super::actor(), 1, usize::MAX).unwrap();
    let raw = server.accepted().remove(0);
    let (headers, _) = raw.split_once("\r\n\r\n").unwrap();
    assert!(
        headers.contains("Auto-Submitted: auto-generated"),
        "{headers}"
    );
    assert!(headers.contains("multipart/mixed"), "{headers}");
    assert!(
        !headers.contains("Zara") && !headers.contains("Okonkwo"),
        "{headers}"
    );
    let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert!(parsed.message_id().unwrap().ends_with("@example.org"));
    let types: Vec<String> = parsed
        .parts
        .iter()
        .filter_map(|part| part.content_type())
        .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
        .collect();
    assert_eq!(
        types,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "application/pdf"
        ]
    );
    assert_eq!(
        parsed.attachment(0).unwrap().attachment_name(),
        Some("letter.pdf")
    );
    let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
    assert!(text.contains("Dear Ms Okonkwo"), "{text}");
    // Whatever stands in the text is said in the HTML, and neither has gaps or leftovers of a
    // template.
    let html = parsed.body_html(0).unwrap();
    assert!(
        html.contains("Dear Ms Okonkwo") && html.contains("prefers-color-scheme: dark"),
        "{html}"
    );
    assert!(
        !text.contains("\n\n\n") && !text.contains("{{") && !text.contains("  "),
        "{text}"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_notice_has_a_text_and_an_html_part(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.child(crate::support::ChildSpec::default());
    test.signed_in(Role::Governance, &[], &[]);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/years/2026-27")
        .fill("Days that names are kept", "400")
        .press("Continue")
        .press("Propose this change")
        .shows("The change is proposed");
    let system = test.signed_in(Role::SystemAdministrator, &[], &[]);
    system
        .get("/accounts/add")
        .fill("Email address", "nurse@example.org")
        .fill("Name", "New Person")
        .choose("Nurse")
        .press("Add account")
        .status(200);
    system
        .get("/accounts/add")
        .fill("Email address", "monitor@example.org")
        .fill("Name", "New Person")
        .choose("Monitor")
        .press("Add account")
        .status(200);
    assert_eq!(sent(&test).sent, 4);
    for message in test.mail() {
        let raw = message.formatted();
        let parsed = MessageParser::default().parse(&raw).unwrap();
        let html = parsed.body_html(0).unwrap();
        assert!(
            html.contains("prefers-color-scheme: dark") && html.contains("<h1 class=\"heading\""),
            "{html}"
        );
        let text = parsed.body_text(0).unwrap();
        assert!(!text.contains('<') && text.contains("http"), "{text}");
        assert!(parsed.header_raw("Auto-Submitted").is_some());
    }
}
