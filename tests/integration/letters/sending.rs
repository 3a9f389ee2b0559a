//! Sending: that each letter goes at most once, whatever dies when.

use chrono::Duration;
use rstest::rstest;
use stature::access::{Role, Scope};
use stature::app::App;
use stature::letters::deliver::{Post, Report, send};
use stature::mail::{Cause, Failure, MailError, Mailer, Stage};

use crate::support::TestApp;

use super::{
    SCHOOL, actor, child, files, ledger, measure, parcel_states, prepared, press, ready, sent,
    states, stop, with_folder,
};

/// The line broke when the message had been handed over.
fn broke_off() -> Result<(), MailError> {
    Err(MailError::Server(Failure {
        stage: Stage::Message,
        cause: Cause::Broken,
    }))
}

/// The server does not know the recipient.
pub(super) fn refused() -> Result<(), MailError> {
    Err(MailError::Server(Failure {
        stage: Stage::Recipient,
        cause: Cause::Answer(550, None),
    }))
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_stop_switch_stops_everything_even_what_is_claimed(#[case] test: TestApp) {
    ready(&test);
    let press = press();
    let post = Post::new(&test.app, &press, actor()).unwrap();
    post.queue_ready(&Scope::Everything).unwrap();
    let mut claimed = post.claim(10, &mut Report::default()).unwrap();
    stop(&test, "stopped");
    assert!(!post.begin(&mut claimed[0]).unwrap());
    assert!(sent(&test).stopped);
    assert!(test.mail().is_empty());
    stop(&test, "");
    assert_eq!(sent(&test).sent, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn dying_before_sending_loses_nothing_and_sends_once(#[case] test: TestApp) {
    ready(&test);
    let press = press();
    // After queueing, and after claiming.
    Post::new(&test.app, &press, actor())
        .unwrap()
        .queue_ready(&Scope::Everything)
        .unwrap();
    let dying = Post::new(&test.app, &press, actor()).unwrap();
    assert_eq!(dying.claim(10, &mut Report::default()).unwrap().len(), 1);
    drop(dying);
    assert_eq!(sent(&test).sent, 0, "the lease still runs");
    test.app.clock.advance(Duration::minutes(11));
    assert_eq!(sent(&test).sent, 1);
    assert_eq!(test.mail().len(), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn dying_while_sending_is_a_doubt_that_the_folder_settles(#[case] test: TestApp) {
    ready(&test);
    let app = with_folder(&test);
    let press = press();
    let begun = || {
        let post = Post::new(&app, &press, actor()).unwrap();
        post.queue_ready(&Scope::Everything).unwrap();
        let mut claimed = post.claim(10, &mut Report::default()).unwrap();
        assert!(post.begin(&mut claimed[0]).unwrap());
        (post, claimed.remove(0))
    };
    // Died after saying that it sends, before it sent: the folder proves that it did not.
    drop(begun());
    test.app.clock.advance(Duration::minutes(11));
    let report = send(&app, &press, &actor(), 1, usize::MAX).unwrap();
    assert_eq!((report.deferred, report.sent), (1, 0));
    assert!(files(&test).is_empty());
    test.app.clock.advance(Duration::minutes(6));
    // Died after it sent, before it wrote that down: the folder proves that it did.
    let (post, written) = begun();
    post.hand_over(&written).unwrap();
    drop(post);
    assert_eq!((states(&test), ledger(&test)), (vec!["queued".into()], 0));
    test.app.clock.advance(Duration::minutes(11));
    assert_eq!(send(&app, &press, &actor(), 1, usize::MAX).unwrap().sent, 1);
    assert_eq!(files(&test).len(), 1);
    assert_eq!((states(&test), ledger(&test)), (vec!["sent".into()], 1));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn dying_while_talking_to_a_mail_server_is_for_a_person_to_decide(#[case] test: TestApp) {
    ready(&test);
    let unreachable = stature::config::MailTransport::Smtp("smtp://127.0.0.1:9".to_owned());
    let app = App {
        mailer: Mailer::new(&unreachable).unwrap(),
        ..test.app.clone()
    };
    let press = press();
    let post = Post::new(&app, &press, actor()).unwrap();
    post.queue_ready(&Scope::Everything).unwrap();
    let mut claimed = post.claim(10, &mut Report::default()).unwrap();
    assert!(post.begin(&mut claimed[0]).unwrap());
    let message_id = claimed[0].parcel.message_id.clone();
    test.app.clock.advance(Duration::minutes(11));
    let other = Post::new(&app, &press, actor()).unwrap();
    assert_eq!(other.recover().unwrap().in_doubt, 1);
    assert_eq!((states(&test), ledger(&test)), (vec!["in_doubt".into()], 0));
    assert_eq!(sent(&test), Report::default(), "not by itself");
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse.get("/letters").shows("1 letter may have arrived");
    nurse
        .get("/letters?state=in_doubt")
        .follow("Zara Okonkwo")
        .press("Send it again");
    assert_eq!(sent(&test).sent, 1);
    let mail = test.mail();
    let message = String::from_utf8(mail[0].formatted()).unwrap();
    assert!(message.contains(&message_id), "the copy can be recognised");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_doubt_that_a_corrected_result_overtakes_is_still_told(#[case] test: TestApp) {
    let zara = ready(&test);
    let unreachable = stature::config::MailTransport::Smtp("smtp://127.0.0.1:9".to_owned());
    let app = App {
        mailer: Mailer::new(&unreachable).unwrap(),
        ..test.app.clone()
    };
    let press = press();
    let post = Post::new(&app, &press, actor()).unwrap();
    post.queue_ready(&Scope::Everything).unwrap();
    let mut claimed = post.claim(10, &mut Report::default()).unwrap();
    assert!(post.begin(&mut claimed[0]).unwrap());
    test.app.clock.advance(Duration::minutes(11));
    assert_eq!(
        Post::new(&app, &press, actor())
            .unwrap()
            .recover()
            .unwrap()
            .in_doubt,
        1
    );
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters?state=in_doubt")
        .follow("Zara Okonkwo")
        .press("Send it again");
    measure(&test, zara, 1130);
    assert_eq!(prepared(&test).held, 1);
    assert_eq!(sent(&test).sent, 0, "the parents may have two results");
    nurse
        .get("/letters?state=held")
        .shows("The parents have had a letter with an earlier result.");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_doubt_can_be_settled_as_arrived(#[case] test: TestApp) {
    ready(&test);
    let press = press();
    let unclear = Post::new(&test.app, &press, actor()).unwrap();
    unclear.queue_ready(&Scope::Everything).unwrap();
    let mut claimed = unclear.claim(10, &mut Report::default()).unwrap();
    assert!(unclear.begin(&mut claimed[0]).unwrap());
    unclear.settle(&claimed[0], &broke_off()).unwrap();
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters?state=in_doubt")
        .follow("Zara Okonkwo")
        .press("It arrived")
        .shows("noted as sent");
    assert_eq!(
        (states(&test), parcel_states(&test)),
        (vec!["sent".into()], vec!["sent".into()])
    );
    assert_eq!(ledger(&test), 1, "it is in the ledger once");
    assert!(test.mail().is_empty());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_server_out_of_reach_costs_no_letter_a_try(#[case] test: TestApp) {
    ready(&test);
    let unreachable = stature::config::MailTransport::Smtp("smtp://127.0.0.1:9".to_owned());
    let app = App {
        mailer: Mailer::new(&unreachable).unwrap(),
        ..test.app.clone()
    };
    let press = press();
    for _ in 0..8 {
        let report = send(&app, &press, &actor(), 1, usize::MAX).unwrap();
        assert_eq!(
            report.fault.as_deref(),
            Some("the mail server could not be reached")
        );
        test.app.clock.advance(Duration::hours(17));
    }
    assert_eq!((states(&test), ledger(&test)), (vec!["queued".into()], 0));
    assert_eq!(sent(&test).sent, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_refusal_is_told_without_the_servers_words(#[case] test: TestApp) {
    ready(&test);
    let press = press();
    let post = Post::new(&test.app, &press, actor()).unwrap();
    post.queue_ready(&Scope::Everything).unwrap();
    let mut claimed = post.claim(10, &mut Report::default()).unwrap();
    post.begin(&mut claimed[0]).unwrap();
    post.settle(&claimed[0], &refused()).unwrap();
    assert_eq!(states(&test), ["failed"]);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse.get("/letters?state=failed").shows("answer 550");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_worker_that_is_overtaken_cannot_send(#[case] test: TestApp) {
    ready(&test);
    let press = press();
    let slow = Post::new(&test.app, &press, actor()).unwrap();
    slow.queue_ready(&Scope::Everything).unwrap();
    let mut claimed = slow.claim(10, &mut Report::default()).unwrap();
    test.app.clock.advance(Duration::minutes(11));
    assert_eq!(sent(&test).sent, 1);
    assert!(!slow.begin(&mut claimed[0]).unwrap());
    assert_eq!(test.mail().len(), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn many_workers_send_each_letter_once(#[case] test: TestApp) {
    for number in 0..12 {
        let one = child(&test, "Zara", Some(&format!("parent{number}@example.org")));
        measure(&test, one, 1120);
    }
    assert_eq!(prepared(&test).ready, 12);
    assert_eq!(
        send(&test.app, &press(), &actor(), 4, usize::MAX)
            .unwrap()
            .sent,
        12
    );
    let mut to: Vec<String> = test
        .mail()
        .iter()
        .map(|message| message.envelope().to()[0].to_string())
        .collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 12);
    assert_eq!(ledger(&test), 12);
}
