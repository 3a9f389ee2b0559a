//! The notice, the two books, and what a parent gets who asks for everything.

use chrono::NaiveDate;
use diesel::prelude::*;
use programme::{NhsNumber, Particulars, Person};
use rstest::rstest;
use stature::access::Role;
use stature::audit::{self, Actor, Disclosure};
use stature::db::schema::pupil;
use stature::identity::{IdentityError, Purpose, Whose};

use crate::support::{ChildSpec, TestApp};

/// Puts a child of a year on the roster of school 900101; returns its number.
fn child(test: &TestApp, year: &str, given: &str, family: &str, nhs: &str) -> i64 {
    test.school(900_101, "999");
    test.set_year(year, 365);
    let now = test.app.clock.now();
    let person = Person {
        nhs_number: NhsNumber::parse(nhs).ok(),
        upn: None,
        given_name: given.into(),
        family_name: family.into(),
        preferred_name: String::new(),
        date_of_birth: NaiveDate::from_ymd_opt(2022, 1, 9).unwrap(),
        address_lines: vec!["1 Mill Lane".into()],
        town: "Exampleton".into(),
        postcode: None,
        contacts: Vec::new(),
        particulars: Particulars::default(),
    };
    test.db()
        .write_now(|tx| -> Result<i64, IdentityError> {
            let id: i64 = diesel::insert_into(pupil::table)
                .values((
                    pupil::year_label.eq(year),
                    pupil::school_urn.eq(900_101),
                    pupil::year_group.eq("R"),
                    pupil::sex.eq("F"),
                    pupil::created_at.eq(now),
                    pupil::updated_at.eq(now),
                ))
                .returning(pupil::id)
                .get_result(tx)
                .map_err(stature::db::Error::from)?;
            test.app.identities.put(tx, year, id, &person)?;
            Ok(id)
        })
        .unwrap()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_subject_access_request_without_a_ticked_record_shows_the_records_again(#[case] test: TestApp) {
    test.child(ChildSpec {
        nhs_number: "9990000018",
        ..ChildSpec::default()
    });
    let lead = test.signed_in(Role::Governance, &[], &[]);
    let found = lead
        .get("/privacy/subject-access")
        .fill("Child’s name", "Robin")
        .fill("Day", "14")
        .fill("Month", "3")
        .fill("Year", "2016")
        .press("Find records")
        .status(200);
    let again = found
        .press("Continue")
        .status(422)
        .shows("Tick at least one record that is this child’s")
        .shows("1 record found");
    again
        .choose("Robin Example, born 14 March 2016")
        .press("Continue")
        .status(200)
        .shows("What the file says of other people");
    // A wrong search is still told beside its field.
    lead.get("/privacy/subject-access")
        .press("Find records")
        .status(422)
        .shows("Enter the child’s name and date of birth");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_missing_key_keeps_a_parent_from_nothing_that_is_held_of_other_years(#[case] test: TestApp) {
    for year in ["2025-26", "2026-27"] {
        test.child(ChildSpec {
            year,
            nhs_number: "9990102694",
            ..ChildSpec::default()
        });
    }
    std::fs::remove_file(test.path("keyring/2025-26.key")).unwrap();
    let governance = test.signed_in(Role::Governance, &[], &[]);
    let page = governance
        .get("/privacy/subject-access")
        .fill("NHS number", "999 010 2694")
        .press("Find records");
    page.status(200)
        .shows("1 record found")
        .shows("The key of 2025-26 is not in the keyring")
        .shows("2026-27, School 900101");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_export_says_why_and_which_user_of_the_machine_ran_it(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    let export = [
        "export",
        "roster",
        "--year",
        "2026-27",
        "--out",
        "roster.csv",
    ];
    let refused = test.run(&export).code(2);
    assert!(refused.stderr.contains("--reason"), "{}", refused.stderr);
    test.run(&[&export[..], &["--reason", " "]].concat())
        .code(2);
    assert!(!test.path("roster.csv").exists());
    test.run(&[&export[..], &["--reason", "Asked for by the record office"]].concat())
        .done();
    let user = std::process::Command::new("id")
        .arg("-un")
        .output()
        .unwrap()
        .stdout;
    let user = String::from_utf8(user).unwrap();
    let ledger = test
        .signed_in(Role::Governance, &[], &[])
        .get("/privacy/ledger");
    assert!(
        ledger.says("Reason: Asked for by the record office"),
        "{}",
        ledger.text()
    );
    assert!(
        ledger.says("export roster, run by") && ledger.says(user.trim()),
        "{}",
        ledger.text()
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_notice_names_every_purpose_that_names_are_opened_for(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    let page = test.browser().get("/privacy").status(200);
    for purpose in Purpose::ALL {
        assert!(
            page.says(purpose.explanation()),
            "the notice is silent about {}",
            purpose.code()
        );
    }
    page.shows("365 days after the measurement")
        .shows("Test instrument");
    test.browser().get("/accessibility").status(200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_access_log_shows_who_opened_what_and_why(#[case] test: TestApp) {
    let id = child(&test, "2026-27", "Maya", "Okonkwo", "");
    let identities = &test.app.identities;
    test.db()
        .write_now(|tx| {
            identities.open(
                tx,
                &Actor::person(7, "A Nurse"),
                Purpose::ViewingRecord,
                Whose::Pupils(&[id]),
            )
        })
        .unwrap();
    let browser = test.signed_in(Role::Governance, &[], &[]);
    let page = browser
        .get("/privacy/log")
        .shows("A Nurse")
        .shows(Purpose::ViewingRecord.explanation());
    assert!(!page.html.contains("Okonkwo"), "the log names a child");
    browser
        .get("/privacy/log?purpose=letters")
        .shows("No accesses to show");
    browser
        .get(&format!("/privacy/log?child={id}"))
        .shows("Showing 1 access");
    browser
        .get("/privacy/log?child=Maya")
        .status(400)
        .shows("whole number");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_ledger_shows_what_left_and_pages_through_it(#[case] test: TestApp) {
    let (actor, now) = (Actor::job("send-letters"), test.app.clock.now());
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            for number in 0..51 {
                let reference = format!("release:{number}");
                let what = Disclosure {
                    recipient: "school:900101",
                    purpose: "release",
                    fields: "participation",
                    children: 1218,
                    pupils: &[],
                    reference: Some(&reference),
                };
                audit::disclosed(tx, &actor, now, what)?;
            }
            Ok(())
        })
        .unwrap();
    let page = test
        .signed_in(Role::Governance, &[], &[])
        .get("/privacy/ledger?purpose=release");
    let page = page
        .shows("Showing 1 to 50 of 51 disclosures")
        .shows("1,218")
        .shows("release:50");
    page.follow("Next page")
        .shows("Showing 51 to 51 of 51")
        .shows("release:0");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_parent_gets_everything_held_over_all_years_and_the_books_say_so(#[case] test: TestApp) {
    let earlier = child(&test, "2025-26", "Zoë", "O’Neill", "9434765919");
    let later = child(&test, "2026-27", "Zoe", "O'Neill", "9434765919");
    let other = child(&test, "2026-27", "Ben", "O'Neill", "");
    let browser = test.signed_in(Role::Governance, &[], &[]);
    let form = browser.get("/privacy/subject-access");
    form.clone()
        .press("Find records")
        .status(422)
        .shows("Enter the child’s name and date of birth");
    form.clone()
        .fill("NHS number", "9434765918")
        .press("Find records")
        .status(422)
        .shows("Check the NHS number");
    let found = form
        .fill("NHS number", "943 476 5919")
        .press("Find records")
        .status(200)
        .shows("2 records found");
    assert!(!found.url.contains("943"), "the number is in the address");
    assert!(!found.says("Ben"));
    let (first, second) = (earlier.to_string(), later.to_string());
    let file = found
        .choose("Zoë O’Neill, born 9 January 2022")
        .press("Continue")
        .choose("Home address: another person may live there")
        .press("Make the file")
        .status(200);
    assert!(
        file.says("Zoë") && file.says("School 900101") && file.says("1 Mill Lane"),
        "{}",
        file.text()
    );
    browser
        .get(&format!("/privacy/ledger?child={first}"))
        .shows("everything held about the child; about other people 1 of 1 details");
    browser
        .get(&format!("/privacy/log?child={second}"))
        .shows(Purpose::SubjectAccess.explanation());
    browser
        .get(&format!("/privacy/log?child={other}"))
        .shows("No accesses to show");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_file_without_a_chosen_record_is_refused_and_nothing_is_written(#[case] test: TestApp) {
    child(&test, "2026-27", "Maya", "Okonkwo", "");
    let browser = test.signed_in(Role::Governance, &[], &[]);
    let found = browser
        .get("/privacy/subject-access")
        .fill("Child’s name", "okon may")
        .fill("Day", "9")
        .fill("Month", "1")
        .fill("Year", "2022")
        .press("Find records")
        .shows("1 record found");
    let reviewed = found
        .press("Continue")
        .status(422)
        .shows("Tick at least one record");
    let csrf = reviewed
        .html
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    browser
        .post("/privacy/subject-access/file", &[("csrf", &csrf)])
        .status(400)
        .shows("No record was chosen");
    browser
        .get("/privacy/ledger")
        .shows("No disclosures to show");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_other_parents_email_and_telephone_are_not_handed_over(#[case] test: TestApp) {
    let id = test.child(ChildSpec {
        nhs_number: "9990102694",
        contacts: vec![
            ("Sam Example", "sam@example.org"),
            ("Alex Other", "alex@example.org"),
        ],
        ..ChildSpec::default()
    });
    test.change_person(id, |person| {
        "07700 900123".clone_into(&mut person.contacts[1].phone);
        person.contacts[1].postal_address = vec!["9 Hidden Lane".to_owned()];
    });
    test.measure(
        id,
        1412,
        34_500,
        NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
    );
    let browser = test.signed_in(Role::Governance, &[], &[]);
    let review = browser
        .get("/privacy/subject-access")
        .fill("NHS number", "999 010 2694")
        .press("Find records")
        .choose("Robin Example, born 14 March 2016")
        .press("Continue")
        .status(200)
        .shows("alex@example.org");
    let lead = format!("A {}", Role::Governance.label());
    let none = review.clone().press("Make the file").status(200);
    for secret in [
        "Sam",
        "Alex",
        "sam@",
        "alex@",
        "07700",
        "Hidden Lane",
        "Example Street",
        lead.as_str(),
    ] {
        assert!(!none.html.contains(secret), "the file holds “{secret}”");
    }
    assert!(
        none.says("Robin")
            && none.says("141.2")
            && none.says("Left out: it is about another person"),
        "{}",
        none.text()
    );
    assert!(none.says("a member of staff"), "{}", none.text());
    let own = review
        .choose("Email address of contact 1")
        .press("Make the file")
        .status(200);
    assert!(
        own.says("sam@example.org") && !own.html.contains("alex@"),
        "{}",
        own.text()
    );
    browser
        .get(&format!("/privacy/ledger?child={id}"))
        .shows("about other people 0 of 7 details; names of staff left out")
        .shows("about other people 1 of 7 details");
}
