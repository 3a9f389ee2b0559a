//! Letters: which may go, what they say, and that each goes at most once whatever dies when.

mod afterwards;
mod corrected;
mod due;
mod emails;
mod mail_server;
mod reasons;
mod runs;
mod sending;
mod signals;
mod templates;

use chrono::NaiveDate;
use diesel::prelude::*;
use programme::{Person, Urn};
use rstest::rstest;
use stature::access::{Role, Scope};
use stature::app::App;
use stature::audit::Actor;
use stature::db::schema::{disclosure, letter, measurement, not_measured, outbox, pupil, warning};
use stature::db::{self, Db};
use stature::letters::deliver::{Post, Report, send};
use stature::letters::prepare::{Prepared, prepare};
use stature::letters::press::Press;
use stature::mail::Mailer;
use stature::settings;

use crate::support::{ChildSpec, TestApp};

const SCHOOL: i32 = 900_101;

fn press() -> Press {
    Press::new(None).unwrap()
}

fn actor() -> Actor {
    Actor::command("test")
}

fn run<T>(db: &Db, work: impl FnOnce(&mut db::Conn) -> Result<T, db::Error>) -> T {
    db.write_now(work).unwrap()
}

/// A child on the roll of the current year.
fn child(test: &TestApp, given_name: &str, email: Option<&str>) -> i64 {
    test.set_year("2026-27", 365);
    test.school(SCHOOL, "999");
    let now = test.app.clock.now();
    // Letters of these tests may go on the day of their outcome; the delay has tests of its own.
    set_delay(test, "none");
    let person: Person = serde_json::from_value(serde_json::json!({
        "given_name": given_name, "family_name": "Okonkwo", "date_of_birth": "2021-10-01",
        "address_lines": ["27 Orchard Street"], "town": "Northbridge",
        "contacts": [{"title": "Ms", "name": "Ada Okonkwo", "email": email}],
    }))
    .unwrap();
    test.db()
        .write_now(|tx| -> Result<i64, stature::identity::IdentityError> {
            let id: i64 = diesel::insert_into(pupil::table)
                .values((
                    pupil::year_label.eq("2026-27"),
                    pupil::school_urn.eq(SCHOOL),
                    pupil::year_group.eq("R"),
                    pupil::sex.eq("F"),
                    pupil::created_at.eq(now),
                    pupil::updated_at.eq(now),
                ))
                .returning(pupil::id)
                .get_result(tx)
                .map_err(stature::db::Error::from)?;
            test.app.identities.put(tx, "2026-27", id, &person)?;
            Ok(id)
        })
        .unwrap()
}

/// Records a measurement of a healthy weight as the child's next outcome.
fn measure(test: &TestApp, child: i64, height_mm: i32) {
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        let version = next_version(tx, child, "measured")?;
        diesel::insert_into(measurement::table)
            .values((
                measurement::pupil_id.eq(child),
                measurement::version.eq(version),
                measurement::measured_on.eq(NaiveDate::from_ymd_opt(2026, 11, 2).unwrap()),
                measurement::age_months.eq(61),
                measurement::height_mm.eq(height_mm),
                measurement::weight_g.eq(20_000),
                measurement::scheme.eq("zscore"),
                measurement::clinical_category.eq("healthy_weight"),
                measurement::recorded_by.eq("test"),
                measurement::recorded_at.eq(now),
            ))
            .execute(tx)?;
        Ok(())
    });
}

fn not_measured_because(test: &TestApp, child: i64, reason: &str) {
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        let version = next_version(tx, child, "not_measured")?;
        diesel::insert_into(not_measured::table)
            .values((
                not_measured::pupil_id.eq(child),
                not_measured::version.eq(version),
                not_measured::reason.eq(reason),
                not_measured::noted_on.eq(NaiveDate::from_ymd_opt(2026, 11, 2).unwrap()),
                not_measured::recorded_by.eq("test"),
                not_measured::recorded_at.eq(now),
            ))
            .execute(tx)?;
        Ok(())
    });
}

fn next_version(tx: &mut db::Conn, child: i64, outcome: &str) -> Result<i32, db::Error> {
    let version: i32 = pupil::table
        .find(child)
        .select(pupil::outcome_version)
        .first(tx)?;
    diesel::update(pupil::table.find(child))
        .set((
            pupil::outcome.eq(outcome),
            pupil::outcome_version.eq(version + 1),
        ))
        .execute(tx)?;
    Ok(version + 1)
}

fn warn(test: &TestApp, child: i64) {
    run(test.db(), |tx| {
        diesel::insert_into(warning::table)
            .values((
                warning::pupil_id.eq(child),
                warning::version.eq(1),
                warning::code.eq("extreme_bmi"),
            ))
            .execute(tx)?;
        Ok(())
    });
}

fn prepared(test: &TestApp) -> Prepared {
    prepare(&test.app, &press(), &actor(), &Scope::Everything, false).unwrap()
}

fn sent(test: &TestApp) -> Report {
    send(&test.app, &press(), &actor(), 1, usize::MAX).unwrap()
}

/// Sends the letters that are ready at the schools in scope.
fn sent_of(test: &TestApp, scope: &Scope) -> Report {
    let press = press();
    let post = Post::new(&test.app, &press, actor()).unwrap();
    post.queue_ready(scope).unwrap();
    post.run(usize::MAX).unwrap()
}

/// The states of all letters, in the order in which they were made.
fn states(test: &TestApp) -> Vec<String> {
    run(test.db(), |tx| {
        Ok(letter::table
            .order(letter::id)
            .select(letter::state)
            .load(tx)?)
    })
}

fn parcel_states(test: &TestApp) -> Vec<String> {
    run(test.db(), |tx| {
        Ok(outbox::table
            .order(outbox::id)
            .select(outbox::state)
            .load(tx)?)
    })
}

/// How many rows of the ledger tell of letters.
fn ledger(test: &TestApp) -> i64 {
    run(test.db(), |tx| {
        Ok(disclosure::table
            .filter(disclosure::recipient.eq("parent"))
            .count()
            .get_result(tx)?)
    })
}

/// Children with letters that are ready; the first parent's address is parent0@example.org.
fn ready_letters(test: &TestApp, count: usize) {
    for number in 0..count {
        let one = child(test, "Zara", Some(&format!("parent{number}@example.org")));
        measure(test, one, 1120);
    }
    assert_eq!(prepared(test).ready, count);
}

/// A child with a letter that is ready.
fn ready(test: &TestApp) -> i64 {
    let zara = child(test, "Zara", Some("ada@example.org"));
    measure(test, zara, 1120);
    assert_eq!(prepared(test).ready, 1);
    zara
}

/// The same parts with mail going into a folder.
fn with_folder(test: &TestApp) -> App {
    let folder = test.path("letters");
    std::fs::create_dir_all(&folder).unwrap();
    App {
        mailer: Mailer::Folder(folder),
        ..test.app.clone()
    }
}

fn files(test: &TestApp) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(test.path("letters"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Sets how long letters wait after their outcome.
fn set_delay(test: &TestApp, code: &str) {
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        settings::put(tx, &actor(), now, "letters.delay", code)
    });
}

fn stop(test: &TestApp, value: &str) {
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        settings::put(tx, &actor(), now, "letters.stopped", value)
    });
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_measured_childs_letter_goes_once_and_is_in_the_ledger(#[case] test: TestApp) {
    ready(&test);
    assert_eq!(sent(&test).sent, 1);
    assert_eq!(sent(&test), Report::default());
    assert_eq!(prepared(&test), Prepared::default());
    let mail = test.mail();
    assert_eq!(mail.len(), 1);
    let message = String::from_utf8(mail[0].formatted()).unwrap();
    let headers = message.split("\r\n\r\n").next().unwrap();
    assert!(headers.contains("To: ada@example.org"), "{headers}");
    assert!(
        !headers.contains("Zara") && !headers.contains("Okonkwo"),
        "{headers}"
    );
    for part in ["text/plain", "text/html", "application/pdf"] {
        assert!(message.contains(part), "{part}");
    }
    assert_eq!((states(&test), ledger(&test)), (vec!["sent".to_owned()], 1));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn preparing_twice_makes_no_second_letter(#[case] test: TestApp) {
    ready(&test);
    assert_eq!(prepared(&test), Prepared::default());
    assert_eq!(states(&test), ["ready"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_rehearsal_changes_nothing(#[case] test: TestApp) {
    let zara = child(&test, "Zara", Some("ada@example.org"));
    measure(&test, zara, 1120);
    let rehearsed = prepare(&test.app, &press(), &actor(), &Scope::Everything, true).unwrap();
    assert_eq!(rehearsed.ready, 1);
    assert_eq!(states(&test), Vec::<String>::new());
    let told = test.run(&["letters", "prepare", "--dry-run"]).done();
    assert!(told.stdout.contains("1 ready"), "{}", told.stdout);
    assert_eq!(states(&test), Vec::<String>::new());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_stands_in_the_way_is_told_and_nothing_goes(#[case] test: TestApp) {
    let warned = child(&test, "Warned", Some("a@example.org"));
    measure(&test, warned, 1120);
    warn(&test, warned);
    let sensitive = child(&test, "Sensitive", Some("b@example.org"));
    measure(&test, sensitive, 1120);
    test.change_person(sensitive, |person| person.particulars.sensitive = true);
    let unreachable = child(&test, "Unreachable", None);
    measure(&test, unreachable, 1120);
    let gone = child(&test, "Gone", Some("d@example.org"));
    not_measured_because(&test, gone, "no_longer_at_school");
    let absent = child(&test, "Absent", Some("e@example.org"));
    not_measured_because(&test, absent, "absent");
    let unprintable = child(&test, "Zara\u{1F984}", Some("f@example.org"));
    measure(&test, unprintable, 1120);
    assert_eq!(
        prepared(&test),
        Prepared {
            ready: 1,
            held: 3,
            no_contact: 1,
            not_needed: 1,
            superseded: 0
        }
    );
    assert_eq!(
        states(&test),
        ["held", "held", "no_contact", "not_needed", "ready", "held"]
    );
    assert_eq!(sent(&test).sent, 1);
    assert_eq!(test.mail().len(), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_confirmed_warning_lets_the_letter_go(#[case] test: TestApp) {
    let zara = child(&test, "Zara", Some("ada@example.org"));
    measure(&test, zara, 1120);
    warn(&test, zara);
    assert_eq!(prepared(&test).held, 1);
    let now = test.app.clock.now();
    run(test.db(), |tx| {
        diesel::update(warning::table)
            .set((
                warning::confirmed_by.eq("Nia"),
                warning::confirmed_at.eq(now),
            ))
            .execute(tx)?;
        Ok(())
    });
    assert_eq!(prepared(&test).ready, 1);
    assert_eq!(sent(&test).sent, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_letter_held_after_it_was_queued_does_not_go(#[case] test: TestApp) {
    let zara = ready(&test);
    let press = press();
    let post = Post::new(&test.app, &press, actor()).unwrap();
    assert_eq!(post.queue_ready(&Scope::Everything).unwrap(), 1);
    test.change_person(zara, |person| person.particulars.sensitive = true);
    let mut report = Report::default();
    assert!(post.claim(10, &mut report).unwrap().is_empty());
    assert_eq!(report.held, 1);
    assert_eq!(
        (states(&test), parcel_states(&test)),
        (vec!["held".into()], vec!["cancelled".into()])
    );
    assert!(test.mail().is_empty());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_corrected_result_overtakes_the_letter_that_waits(#[case] test: TestApp) {
    let zara = ready(&test);
    measure(&test, zara, 1130);
    assert_eq!(
        prepared(&test),
        Prepared {
            ready: 1,
            superseded: 1,
            ..Prepared::default()
        }
    );
    assert_eq!(sent(&test).sent, 1);
    assert_eq!(states(&test), ["cancelled", "sent"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_corrected_result_waits_for_a_decision_when_the_first_has_gone(#[case] test: TestApp) {
    let zara = ready(&test);
    assert_eq!(sent(&test).sent, 1);
    measure(&test, zara, 1130);
    assert_eq!(prepared(&test).held, 1);
    assert_eq!(sent(&test).sent, 0);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    nurse
        .get("/letters?state=held")
        .shows("The parents have had a letter with an earlier result.")
        .follow("Zara Okonkwo")
        .press("Let it go")
        .shows("The letter is ready");
    assert_eq!(sent(&test).sent, 1);
    assert_eq!(test.mail().len(), 2);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn no_name_and_no_address_is_in_the_rows_of_letters(#[case] test: TestApp) {
    ready(&test);
    sent(&test);
    let rows: Vec<(Option<Vec<u8>>, Option<String>, String)> = run(test.db(), |tx| {
        Ok(outbox::table
            .select((outbox::sealed, outbox::last_error, outbox::message_id))
            .load(tx)?)
    });
    let (sealed, _, message_id) = &rows[0];
    let sealed = String::from_utf8_lossy(sealed.as_deref().unwrap()).into_owned();
    for word in ["Zara", "Okonkwo", "ada@", "Orchard"] {
        assert!(
            !sealed.contains(word) && !message_id.contains(word),
            "{word}"
        );
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_nurse_reads_the_real_letter_before_and_after_it_goes(#[case] test: TestApp) {
    ready(&test);
    let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
    let page = nurse.get("/letters").follow("Zara Okonkwo");
    let page = page
        .shows("Due by 14 December 2026")
        .shows("What it would say today")
        .shows("Healthy weight")
        .shows("Dear Ms Okonkwo");
    let (status, name, pdf) = nurse.download(&page.link("The letter as a PDF"));
    assert_eq!((status, name.as_str()), (200, "letter.pdf"));
    assert!(pdf.starts_with(b"%PDF"));
    nurse
        .get("/letters")
        .follow("Send letters")
        .press("Send 1 letter")
        .shows("1 letter is queued");
    assert_eq!(sent(&test).sent, 1);
    nurse
        .get("/letters")
        .follow("Zara Okonkwo")
        .shows("What it said")
        .shows("Dear Ms Okonkwo");
    assert_eq!(test.mail().len(), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_nurse_of_another_school_sees_no_letter(#[case] test: TestApp) {
    ready(&test);
    test.school(900_102, "999");
    let nurse = test.signed_in(Role::Nurse, &[900_102], &[]);
    nurse.get("/letters").shows("There are no letters yet");
    nurse.get("/letters/1").status(404);
    nurse.get("/letters/1/letter.pdf").status(404);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_nurse_of_one_school_does_not_act_on_the_whole_programme(#[case] test: TestApp) {
    ready(&test);
    test.school(900_102, "999");
    let elsewhere = test.child(ChildSpec {
        school: 900_102,
        ..ChildSpec::default()
    });
    test.measure(elsewhere, 1412, 34_500, test.app.clock.today());
    let nurse = test.signed_in(Role::Nurse, &[900_102], &[]);
    let page = nurse.get("/letters");
    assert!(
        !page.says("Stop all letters") && !page.says("Letter templates"),
        "{}",
        page.text()
    );
    for path in ["/letters/stop", "/letters/texts", "/letters/delay"] {
        nurse.get(path).status(403);
        nurse.post(path, &[]).status(403);
    }
    // Preparing and sending stop at the nurse's schools.
    page.press("Prepare letters").shows("Ready: 1.");
    nurse
        .get("/letters")
        .follow("Send letters")
        .press("Send 1 letter")
        .shows("1 letter is queued");
    sent_of(
        &test,
        &Scope::Schools([Urn::try_from(900_102).unwrap()].into()),
    );
    assert_eq!(states(&test), ["ready", "sent"]);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/letters")
        .follow("Stop all letters")
        .press("Stop all letters")
        .shows("All letters are stopped");
    let page = nurse.get("/letters").shows("All letters are stopped");
    assert!(
        !page.html.contains("href=\"/letters/stop\""),
        "{}",
        page.html
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_programme_changes_its_words(#[case] test: TestApp) {
    ready(&test);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = administrator.get("/letters/texts");
    let page = page.fill("One way to get in touch", "01632 960 123");
    page.clone()
        .fill("Invitation to talk", "Ring {nobody}.")
        .press("Save templates")
        .status(422)
        .shows("{nobody} cannot be filled in")
        .fill("Invitation to talk", "Ring us about {child}.")
        .press("Save templates")
        .shows("are saved");
    administrator
        .get("/letters")
        .follow("Zara Okonkwo")
        .shows("Ring us about Zara.");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_command_line_prepares_sends_and_tells(#[case] test: TestApp) {
    let zara = child(&test, "Zara", Some("ada@example.org"));
    measure(&test, zara, 1120);
    test.run(&["letters", "prepare"]).done();
    test.run(&["letters", "send", "--dry-run"]).done();
    assert_eq!(states(&test), ["ready"]);
    let told = test.run(&["letters", "send"]).done();
    assert!(told.stdout.contains("1 sent"), "{}", told.stdout);
    assert_eq!(std::fs::read_dir(test.path("mail")).unwrap().count(), 1);
    let told = test.run(&["letters", "status"]).done();
    assert!(told.stdout.contains("1 sent"), "{}", told.stdout);
    stop(&test, "stopped");
    let told = test.run(&["letters", "send"]).code(3);
    assert!(
        told.stdout.contains("All letters are stopped"),
        "{}",
        told.stdout
    );
}
