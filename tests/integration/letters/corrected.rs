//! A result that was corrected after its letter had gone.

use rstest::rstest;
use stature::access::Role;

use crate::support::TestApp;

use super::{SCHOOL, measure, not_measured_because, prepared, ready, sent};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_corrected_result_says_which_letter_it_replaces_and_why(#[case] test: TestApp) {
    let zara = ready(&test);
    assert_eq!(sent(&test).sent, 1);
    measure(&test, zara, 1130);
    assert_eq!(prepared(&test).held, 1);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let page = nurse
        .get("/letters?state=held")
        .follow("Zara Okonkwo")
        .shows("Replaces the letter of 30 November 2026");
    assert_eq!(page.link("the letter of 30 November 2026"), "/letters/1");
    page.shows("Zara’s height and weight: corrected result")
        .shows(
            "This letter replaces our letter of 30 November 2026. The height in that \
                letter was not right.",
        )
        .press("Let it go");
    assert_eq!(sent(&test).sent, 1);
    nurse
        .get("/letters/2")
        .shows("What it said")
        .shows("This letter replaces our letter of 30 November 2026.");
    let first = nurse.get("/letters/1").shows("What it said");
    assert!(
        !first.says("This letter replaces") && !first.says("Replaces the letter of"),
        "{}",
        first.text()
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_result_taken_back_after_its_letter_went_is_not_followed_by_a_letter_unseen(
    #[case] test: TestApp,
) {
    let zara = ready(&test);
    assert_eq!(sent(&test).sent, 1);
    not_measured_because(&test, zara, "absent");
    assert_eq!(prepared(&test).held, 1);
    assert_eq!(sent(&test).sent, 0);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters/2")
        .shows("The parents have had a letter with an earlier result.")
        .shows("The result in that letter was recorded by mistake: Zara has not been measured.");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn only_the_email_says_that_one_can_reply_to_it(#[case] test: TestApp) {
    ready(&test);
    assert_eq!(sent(&test).sent, 1);
    let message = String::from_utf8(test.mail()[0].formatted()).unwrap();
    assert_eq!(
        message.matches("reply to this email").count(),
        2,
        "once as text, once as HTML"
    );
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let page = nurse.get("/letters/1");
    assert!(
        !page.text().to_lowercase().contains("reply to this email"),
        "{}",
        page.text()
    );
}
