//! The email about a release: that one which did not arrive is shown, and can be sent again.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::app::App;
use stature::audit::Actor;
use stature::db::schema::{release, school};
use stature::letters::deliver::{Post, Report, send};
use stature::letters::press::Press;
use stature::mail::Mailer;
use stature::statistics::{self, Shelf};

use crate::support::{At, ChildSpec, Does, FakeMailServer, TestApp};

fn contact(test: &TestApp, address: &str) {
    test.school(900_101, "999");
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(school::table.find(900_101))
                .set(school::contact_email.eq(address))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
}

/// A release for the school that has passed its audit; published by the page.
fn made(test: &TestApp) {
    test.child(ChildSpec::default());
    let made = test.run(&[
        "release",
        "make",
        "--audience",
        "school:900101",
        "--years",
        "2026-27",
    ]);
    assert_eq!(made.done().stdout.trim(), "1");
}

/// Publishes the release and insists on what is said about its announcement.
fn published(test: &TestApp, told: &str) {
    let shelf = Shelf::open(test.app.identities.keyring()).unwrap();
    let (actor, now) = (Actor::command("test"), test.app.clock.now());
    let who = test
        .db()
        .write_now(|tx| statistics::publish_and_tell(tx, &test.app, &shelf, &actor, now, 1))
        .unwrap();
    assert!(who.words().contains(told), "{}", who.words());
}

fn sent_through(test: &TestApp, server: &FakeMailServer) {
    let app = App {
        mailer: Mailer::smtp(&server.url(), std::time::Duration::from_millis(300)).unwrap(),
        ..test.app.clone()
    };
    let press = Press::new(None).unwrap();
    send(&app, &press, &Actor::command("test"), 1, usize::MAX).unwrap();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_refused_announcement_is_shown_and_is_sent_again_to_the_corrected_address(
    #[case] test: TestApp,
) {
    contact(&test, "offise@hill.example.org");
    made(&test);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    published(&test, "An email to the contact is waiting to be sent");
    let server = FakeMailServer::start();
    server.at(At::Recipient, Does::Answers("550 5.1.1 unknown"));
    sent_through(&test, &server);
    administrator
        .get("/")
        .shows("The email about release 1 did not arrive");
    let page = administrator
        .get("/releases/1")
        .shows("Failed")
        .shows("refused the recipient’s address (answer 550 5.1.1)");
    server.recover();
    contact(&test, "office@hill.example.org");
    page.press("Send the email again")
        .shows("An email to the contact is waiting to be sent");
    // Pressed twice: one email.
    page.press("Send the email again")
        .shows("An email to the contact is waiting to be sent");
    sent_through(&test, &server);
    let accepted = server.accepted();
    assert_eq!(accepted.len(), 1);
    assert!(
        accepted[0].contains("To: office@hill.example.org"),
        "{}",
        accepted[0]
    );
    let page = administrator.get("/releases/1");
    assert!(
        page.says("Sent") && !page.says("Send the email"),
        "{}",
        page.text()
    );
    assert!(!administrator.get("/").says("The email about release"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_queued_announcement_is_cancelled_with_its_release(#[case] test: TestApp) {
    contact(&test, "office@hill.example.org");
    made(&test);
    published(&test, "waiting to be sent");
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = administrator
        .get("/releases/1/withdraw")
        .shows("The email about it has not been sent yet; it is cancelled, too.");
    page.press("Withdraw the release")
        .shows("The email about it had not been sent, and is not sent any more.");
    let server = FakeMailServer::start();
    sent_through(&test, &server);
    assert!(
        server.accepted().is_empty(),
        "told of figures that are not there"
    );
    let page = administrator.get("/releases/1").shows("Cancelled");
    assert!(!page.says("Send the email"), "{}", page.text());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn withdrawing_says_that_the_announcement_has_gone(#[case] test: TestApp) {
    contact(&test, "office@hill.example.org");
    made(&test);
    published(&test, "waiting to be sent");
    sent_through(&test, &FakeMailServer::start());
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = administrator
        .get("/releases/1/withdraw")
        .shows("The email about it was sent on 30 November 2026");
    page.press("Withdraw the release")
        .shows("has gone already, or may have. Tell the contact that the release was withdrawn.");
    administrator.get("/releases/1").shows("Sent");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_announcement_that_a_worker_holds_is_not_sent_after_the_release_was_withdrawn(
    #[case] test: TestApp,
) {
    contact(&test, "office@hill.example.org");
    made(&test);
    published(&test, "waiting to be sent");
    let press = Press::new(None).unwrap();
    let post = Post::new(&test.app, &press, Actor::command("test")).unwrap();
    let mut claimed = post.claim(10, &mut Report::default()).unwrap();
    let said = test.run(&["release", "withdraw", "1"]).done();
    assert!(
        said.stdout.contains("is not sent any more"),
        "{}",
        said.stdout
    );
    assert!(
        !post.begin(&mut claimed[0]).unwrap(),
        "a cancelled email is handed over"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_announcement_that_had_no_address_is_sent_when_there_is_one(#[case] test: TestApp) {
    contact(&test, "");
    made(&test);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    published(&test, "Nobody was told by email");
    let page = administrator
        .get("/releases/1")
        .press("Send the email")
        .shows("there is no contact’s address");
    contact(&test, "office@hill.example.org");
    // The page that was refused is answered as before; opened anew it goes.
    page.press("Send the email").shows("waiting to be sent");
    sent_through(&test, &FakeMailServer::start());
    administrator
        .get("/releases/1")
        .shows("Email to the contact");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_withdrawn_release_asks_for_no_announcement(#[case] test: TestApp) {
    contact(&test, "offise@hill.example.org");
    made(&test);
    published(&test, "waiting to be sent");
    let (actor, now) = (Actor::command("test"), test.app.clock.now());
    let server = FakeMailServer::start();
    server.at(At::Recipient, Does::Answers("550 no"));
    sent_through(&test, &server);
    test.db()
        .write_now(|tx| statistics::withdraw(tx, &actor, now, 1))
        .unwrap();
    let state: String = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(release::table.find(1).select(release::state).first(tx)?)
        })
        .unwrap();
    assert_eq!(state, "withdrawn");
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    assert!(!administrator.get("/").says("The email about release"));
    assert!(!administrator.get("/releases/1").says("Send the email"));
}
