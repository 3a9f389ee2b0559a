//! A form sent twice does its work once: double clicks, the back button, four posts at the same
//! moment.

use std::collections::BTreeMap;

use actix_web::http::Method;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::schema::{import, outbox, release, submission, visit};
use stature::routes;

use crate::support::{Page, TestApp};

/// What sending a form again would do if it were not told from the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Twice {
    /// Something would be there twice: the form goes through `once`.
    Creates,
    /// The same would be set again, or the thing is not in the state for it any more.
    Changes,
    /// Each sending is answered by itself, and a page of the record says so each time.
    Answers,
}

/// Every form of the service. A new one is added here, and to the tests below when it creates
/// something.
const FORMS: &[(&str, Twice)] = &[
    ("/account", Twice::Changes),
    ("/accounts/add", Twice::Creates), // The address is unique, and an email goes to it.
    ("/accounts/{id}", Twice::Creates), // An email with a link, or one to those who approve.
    ("/approvals/{id}", Twice::Changes), // A second decision finds nothing waiting.
    ("/children", Twice::Answers),
    ("/children/{id}/details", Twice::Changes),
    ("/children/{id}/flags", Twice::Changes),
    ("/contacts", Twice::Changes),
    ("/imports/new", Twice::Creates),
    ("/imports/{id}/columns", Twice::Changes),
    // The import's state tells; the form is noted for its answer.
    ("/imports/{id}/confirm", Twice::Creates),
    ("/imports/{id}/discard", Twice::Changes),
    ("/imports/{id}/rows/{row}", Twice::Changes),
    ("/imports/{id}/undo", Twice::Changes),
    ("/jobs/{name}/pause", Twice::Changes),
    ("/jobs/{name}/resume", Twice::Changes),
    ("/jobs/{name}/run", Twice::Creates), // A run that begins twice.
    ("/letters/delay", Twice::Changes),
    ("/letters/prepare", Twice::Changes),
    ("/letters/send", Twice::Changes),
    ("/letters/settle", Twice::Changes),
    ("/letters/stop", Twice::Changes),
    ("/letters/texts", Twice::Changes), // The form carries its version.
    ("/letters/texts/standard", Twice::Changes), // The second finds templates that can be read.
    ("/letters/try-now", Twice::Changes), // A job that is wanted is wanted once.
    ("/letters/{id}", Twice::Changes),
    ("/privacy/subject-access", Twice::Answers),
    ("/privacy/subject-access/review", Twice::Answers),
    ("/privacy/subject-access/file", Twice::Answers),
    ("/releases", Twice::Creates),
    ("/releases/{number}/announce", Twice::Creates), // An email to the contact.
    ("/releases/{number}/publish", Twice::Creates),
    ("/releases/{number}/withdraw", Twice::Changes),
    ("/retention/confirm-date", Twice::Changes),
    ("/retention/pause", Twice::Changes),
    ("/retention/resume", Twice::Changes),
    ("/retention/run", Twice::Creates), // A row of evidence.
    ("/school/rosters/new", Twice::Creates),
    ("/schools/{urn}/headcounts", Twice::Changes),
    ("/schools/{urn}/record", Twice::Changes), // Each row carries its version.
    ("/schools/{urn}/record/{id}", Twice::Changes), // Each row carries its version.
    ("/set-password/{token}", Twice::Changes),
    ("/sign-in", Twice::Answers), // Each browser gets a session of its own.
    ("/sign-out", Twice::Changes),
    ("/visits", Twice::Creates),
    ("/visits/{id}/cancel", Twice::Changes),
    ("/years", Twice::Changes), // The label is unique.
    ("/years/{label}", Twice::Changes),
    ("/years/{label}/change", Twice::Changes), // One change waits at a time.
    ("/years/{label}/change/confirm", Twice::Changes),
    ("/years/{label}/change/withdraw", Twice::Changes),
];

#[test]
fn for_every_form_it_is_known_what_sending_it_twice_does() {
    let known: BTreeMap<&str, Twice> = FORMS.iter().copied().collect();
    let forms: Vec<&str> = routes::table()
        .iter()
        .filter(|route| route.method == Method::POST)
        .map(|route| route.path)
        .collect();
    for form in &forms {
        assert!(
            known.contains_key(form),
            "what does {form} do when sent twice?"
        );
    }
    for form in known.keys() {
        assert!(forms.contains(form), "there is no form {form} any more");
    }
}

/// Presses a button four times at the same moment, and insists on four answers that lead to the
/// same page.
#[track_caller]
fn press_four_times_at_once(page: &Page, button: &str) {
    let answers: Vec<Page> = std::thread::scope(|scope| {
        let presses: Vec<_> = (0..4).map(|_| scope.spawn(|| page.press(button))).collect();
        presses
            .into_iter()
            .map(|press| press.join().unwrap())
            .collect()
    });
    for answer in &answers {
        assert_eq!(
            (answer.status, &answer.url),
            (200, &answers[0].url),
            "{}",
            answer.text()
        );
    }
}

/// Presses a button four times at once and once more afterwards, and insists on the same answer
/// each time.
#[track_caller]
fn press_five_times(page: &Page, button: &str, answer: &str) {
    let answers: Vec<Page> = std::thread::scope(|scope| {
        let presses: Vec<_> = (0..4).map(|_| scope.spawn(|| page.press(button))).collect();
        presses
            .into_iter()
            .map(|press| press.join().unwrap())
            .collect()
    });
    for page in answers.iter().chain([&page.press(button)]) {
        assert_eq!((page.status, &page.url), (200, &answers[0].url));
        // Four answers at one moment share one cookie for what is said on top.
        assert!(
            page.says(answer) || page.all("#flash-title").is_empty(),
            "{}",
            page.text()
        );
    }
    let last = page.press(button);
    assert!(last.says(answer), "{}", last.text());
}

/// How many rows a table has.
macro_rules! count {
    ($test:expr, $table:expr) => {
        $test
            .db()
            .read_now(|tx| -> Result<i64, stature::db::Error> {
                Ok($table.count().get_result(tx)?)
            })
            .unwrap()
    };
}

const CHILD: &[u8] =
    b"URN,Given name,Family name,Date of birth,Sex,Year group\n900101,Ada,Byron,2016-03-14,F,6\n";

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn four_parallel_posts_make_one_visit(#[case] test: TestApp) {
    test.school(900_101, "999");
    test.set_year("2026-27", 365);
    let form = test
        .signed_in(Role::Administrator, &[], &[])
        .get("/visits")
        .fill("School", "900101")
        .fill("Day", "7")
        .fill("Month", "12")
        .fill("Year", "2026");
    press_four_times_at_once(&form, "Add the visit");
    assert_eq!(count!(&test, visit::table), 1);
    // Back to the same page, for another day: another visit.
    form.clone()
        .fill("Day", "8")
        .press("Add the visit")
        .shows("The visit was added");
    assert_eq!(count!(&test, visit::table), 2);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn four_parallel_posts_make_one_release_and_publish_it_once(#[case] test: TestApp) {
    crate::releases::two_forms(&test, 900_101);
    crate::releases::give_contact(&test, 900_101);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let form = browser
        .get("/releases/new")
        .fill("Who will see it", "school:900101")
        .choose("2026-27");
    press_four_times_at_once(&form, "Make the release");
    assert_eq!(count!(&test, release::table), 1);
    press_four_times_at_once(&browser.get("/releases/1/publish"), "Publish the release");
    assert_eq!(count!(&test, outbox::table), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn four_parallel_uploads_of_one_form_are_one_import(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.school(900_101, "999");
    let upload = test
        .signed_in(Role::Administrator, &[], &[])
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .attach("The list", "list.csv", CHILD);
    press_four_times_at_once(&upload, "Continue");
    assert_eq!(count!(&test, import::table), 1);
    let school = test
        .signed_in(Role::School, &[900_101], &[])
        .get("/school/rosters/new")
        .fill("Academic year", "2026-27")
        .attach("The list", "list.csv", CHILD);
    press_four_times_at_once(&school, "Send");
    assert_eq!(count!(&test, import::table), 2);
    // The same form with another file is another upload.
    let other = [CHILD, b"900101,Eve,Byron,2016-03-15,F,6\n"].concat();
    school
        .clone()
        .attach("The list", "list.csv", &other)
        .press("Send")
        .status(200);
    assert_eq!(count!(&test, import::table), 3);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn four_parallel_posts_ask_for_one_run_of_a_job(#[case] test: TestApp) {
    use stature::db::schema::audit_event;
    let page = test
        .signed_in(Role::SystemAdministrator, &[], &[])
        .get("/jobs");
    press_four_times_at_once(&page, "Run now forget-old-runs");
    assert_eq!(
        count!(
            &test,
            audit_event::table.filter(audit_event::action.eq("job.requested"))
        ),
        1
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_link_to_set_a_password_that_is_asked_for_twice_is_emailed_once(#[case] test: TestApp) {
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let email = test.account(Role::Monitor, &[], &[]);
    let account = admin.get("/accounts").follow("A Monitor");
    press_five_times(
        &account,
        "Email a link to set a new password",
        "The person gets an email",
    );
    assert_eq!(count!(&test, outbox::table), 1);
    assert!(test.link_emailed_to(&email).contains("/set-password/"));
    // Asked for on the page opened anew: another one.
    admin
        .get("/accounts")
        .follow("A Monitor")
        .press("Email a link to set a new password")
        .status(200);
    assert_eq!(count!(&test, outbox::table), 2);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_change_of_an_account_that_is_sent_twice_asks_for_one_approval(#[case] test: TestApp) {
    test.school(900_101, "999");
    test.account(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    test.account(Role::Monitor, &[], &[]);
    let account = admin
        .get("/accounts")
        .follow("A Monitor")
        .fill_named("role", "nurse")
        .fill_named("schools", "900101");
    press_five_times(&account, "Save", "Waiting for approval");
    assert_eq!(count!(&test, outbox::table), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_announcement_that_is_sent_twice_is_one_email(#[case] test: TestApp) {
    use stature::db::schema::audit_event;
    crate::releases::two_forms(&test, 900_101);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    browser
        .get("/releases/new")
        .fill("Who will see it", "school:900101")
        .choose("2026-27")
        .press("Make the release")
        .status(200);
    browser
        .get("/releases/1/publish")
        .press("Publish the release")
        .shows("Nobody was told by email");
    crate::releases::give_contact(&test, 900_101);
    press_five_times(
        &browser.get("/releases/1"),
        "Send the email",
        "An email to the contact is waiting to be sent",
    );
    assert_eq!(count!(&test, outbox::table), 1);
    assert_eq!(
        count!(
            &test,
            audit_event::table.filter(audit_event::action.eq("release.announced"))
        ),
        1
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn names_that_are_removed_twice_by_one_form_leave_one_row_of_evidence(#[case] test: TestApp) {
    use stature::db::schema::retention_run;
    test.set_year("2024-25", 30);
    test.child(crate::support::ChildSpec {
        year: "2024-25",
        ..crate::support::ChildSpec::default()
    });
    let page = test
        .signed_in(Role::Governance, &[], &[])
        .get("/retention/run");
    press_five_times(&page, "Remove these names now", "1 name was removed");
    assert_eq!(count!(&test, retention_run::table), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_import_that_is_confirmed_twice_by_one_form_is_answered_as_the_first_time(
    #[case] test: TestApp,
) {
    use stature::db::schema::pupil;
    test.set_year("2026-27", 365);
    test.school(900_101, "999");
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let preview = browser
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .attach("The list", "list.csv", CHILD)
        .press("Continue")
        .status(200);
    press_five_times(&preview, "Import", "Imported");
    assert_eq!(
        (count!(&test, import::table), count!(&test, pupil::table)),
        (1, 1)
    );
    // Another form finds nothing waiting, and says so.
    preview
        .clone()
        .fill_named("submission", "another")
        .press("Import")
        .status(409);
    // Once it is undone, the old form does not pretend otherwise.
    browser
        .get("/imports/1/undo")
        .press("Undo this import")
        .shows("Undone");
    preview.press("Import").status(409);
    assert_eq!(count!(&test, pupil::table), 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_form_that_was_refused_can_be_sent_again_and_old_ones_are_forgotten(#[case] test: TestApp) {
    test.school(900_101, "999");
    test.set_year("2026-27", 365);
    let form = test
        .signed_in(Role::Administrator, &[], &[])
        .get("/visits")
        .fill("School", "900101")
        .fill("Day", "7")
        .fill("Month", "12")
        .fill("Year", "2025");
    let refused = form
        .press("Add the visit")
        .status(422)
        .shows("is not within the academic year");
    form.press("Add the visit").status(422);
    assert_eq!(count!(&test, submission::table), 0);
    refused
        .fill("Year", "2026")
        .press("Add the visit")
        .status(200)
        .shows("The visit was added");
    assert_eq!(count!(&test, submission::table), 1);
    let old = test.app.clock.now() - chrono::Duration::days(3);
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(submission::table)
                .set(submission::at.eq(old))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    test.run(&["job", "run", "forget-old-runs"]).done();
    assert_eq!(count!(&test, submission::table), 0);
}
