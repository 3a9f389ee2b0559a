//! Nothing that names a child lies in clear anywhere, and whoever opens a name leaves a row that
//! says so.

use std::fmt::Write as _;

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::audit::Actor;
use stature::db::schema::{access, access_pupil, audit_event, pupil};
use stature::db::{Conn, Error};
use stature::identity::{IdentityError, Purpose, Whose};
use stature::letters::delay::{self, Delay};

use crate::support::{ChildSpec, Served, TestApp};

/// Two children whose every detail is a word or a number that stands nowhere else.
fn children() -> [ChildSpec; 2] {
    [
        ChildSpec {
            given_name: "Bartholomew",
            family_name: "Quartermaine",
            born: (2016, 3, 14),
            nhs_number: "9990102694",
            upn: "J999200126012",
            postcode: "EB1 4NQ",
            contacts: vec![("Philippa Quartermaine", "philippa.q@family.example")],
            ..ChildSpec::default()
        },
        ChildSpec {
            given_name: "Zoë-Marguerite",
            family_name: "O’Shaughnessy",
            born: (2016, 5, 28),
            nhs_number: "9990104174",
            upn: "H999200126019",
            postcode: "EB1 3BY",
            contacts: vec![("Declan Featherstonehaugh", "declan@family.example")],
            ..ChildSpec::default()
        },
    ]
}

/// Everything about a child that nobody may read in the bytes, in the spellings that a program
/// would use.
fn secrets(spec: &ChildSpec) -> Vec<String> {
    let (year, month, day) = spec.born;
    let born = chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let mut secrets = vec![
        spec.given_name.to_owned(),
        spec.family_name.to_owned(),
        spec.nhs_number.to_owned(),
        spec.upn.to_owned(),
        spec.postcode.to_owned(),
        spec.postcode.replace(' ', ""),
        "1 Example Street".to_owned(),
    ];
    for format in ["%Y-%m-%d", "%d/%m/%Y", "%-d/%-m/%Y", "%Y%m%d", "%-d %B %Y"] {
        secrets.push(born.format(format).to_string());
    }
    for (name, email) in &spec.contacts {
        secrets.extend(name.split(' ').chain([*email]).map(str::to_owned));
    }
    // Numbers are also shown in groups.
    secrets.push(format!(
        "{} {} {}",
        &spec.nhs_number[..3],
        &spec.nhs_number[3..6],
        &spec.nhs_number[6..]
    ));
    secrets
}

/// Insists that none of it is in the bytes; tells which kind it was without repeating it.
#[track_caller]
fn holds_no_secret(bytes: &[u8], place: &str) {
    for (number, spec) in children().iter().enumerate() {
        for (kind, secret) in secrets(spec).iter().enumerate() {
            let found = bytes
                .windows(secret.len())
                .any(|window| window.eq_ignore_ascii_case(secret.as_bytes()));
            assert!(
                !found,
                "{place}: secret {kind} of child {number} lies in clear"
            );
        }
    }
}

fn accesses(test: &TestApp) -> i64 {
    test.db()
        .read_now(|tx| -> Result<i64, Error> { Ok(access::table.count().get_result(tx)?) })
        .unwrap()
}

/// A roster of the two children, with the date of birth of the second one as `born`.
fn roster(born: &str) -> String {
    let mut list = "URN,UPN,NHS number,Given name,Family name,Date of birth,Sex,Year group,Class,\
        Address line 1,Postcode,Parent 1 name,Parent 1 email\n"
        .to_owned();
    for (number, spec) in children().iter().enumerate() {
        let (year, month, day) = spec.born;
        let written = if number == 1 {
            born.to_owned()
        } else {
            format!("{year}-{month:02}-{day:02}")
        };
        let (parent, email) = spec.contacts[0];
        writeln!(
            list,
            "900101,{},{},{},{},{written},M,6,Oak,1 Example Street,{},{parent},{email}",
            spec.upn, spec.nhs_number, spec.given_name, spec.family_name, spec.postcode
        )
        .unwrap();
    }
    list
}

/// The subject lines of the messages in the test's mail folder, and how many there are.
fn subjects_and_file_names(test: &TestApp) -> (usize, String) {
    let mut told = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(test.path("mail")).unwrap() {
        let path = entry.unwrap().path();
        let message = std::fs::read_to_string(&path).unwrap();
        count += 1;
        told.push_str(&path.file_name().unwrap().to_string_lossy());
        for line in message.lines().filter(|line| line.starts_with("Subject:")) {
            told.push_str(line);
        }
    }
    (count, told)
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn nothing_that_names_a_child_lies_in_clear_anywhere(#[case] test: TestApp) {
    let numbers = children().map(|spec| test.child(spec));
    let email = test.account(Role::Governance, &[], &[]);
    let served = Served::start(&test, "server.log");
    let browser = TestApp::browser_of(&served.address);
    browser
        .get("/sign-in")
        .fill("Email address", &email)
        .fill("Password", crate::support::PASSWORD)
        .press("Sign in")
        .status(200);
    for spec in children() {
        let (year, month, day) = spec.born;
        browser
            .get("/privacy/subject-access")
            .fill(
                "Child’s name",
                &format!("{} {}", spec.given_name, spec.family_name),
            )
            .fill_named("date_of_birth-day", &day.to_string())
            .fill_named("date_of_birth-month", &month.to_string())
            .fill_named("date_of_birth-year", &year.to_string())
            .press("Find records")
            .status(200)
            .shows(spec.family_name);
        browser
            .get("/privacy/subject-access")
            .fill("NHS number", spec.nhs_number)
            .press("Find records")
            .status(200);
        // What nobody should ask for is not written down either.
        assert_eq!(
            browser
                .get(&format!("/privacy/subject-access/{}", spec.nhs_number))
                .status,
            404
        );
    }
    drop(served);
    for purpose in Purpose::ALL {
        test.db()
            .write_now(|tx| {
                test.app.identities.open(
                    tx,
                    &Actor::command("test"),
                    purpose,
                    Whose::Pupils(&numbers),
                )
            })
            .unwrap();
    }
    let ended = [
        test.run(&["backup", "saved"]).done(),
        test.run(&["retention", "plan"]).done(),
        test.run(&["audit", "verify"]).done(),
    ];
    for finished in ended {
        holds_no_secret(finished.stdout.as_bytes(), "standard output");
        holds_no_secret(finished.stderr.as_bytes(), "standard error");
    }
    holds_no_secret(&test.database_bytes(), "the database");
    let log = std::fs::read(test.path("server.log")).unwrap();
    assert!(log.len() > 200, "the server logged next to nothing");
    holds_no_secret(&log, "the server’s log");
    // Erasing leaves no trace either.
    test.app
        .clock
        .set_to_noon(chrono::NaiveDate::from_ymd_opt(2029, 1, 1).unwrap());
    let ended = test
        .run(&["retention", "run", "--confirm-date", "2029-01-01"])
        .done();
    assert!(
        ended.stdout.contains("2 names were removed"),
        "{}",
        ended.stdout
    );
    holds_no_secret(ended.stdout.as_bytes(), "standard output");
    holds_no_secret(&test.database_bytes(), "the database afterwards");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_roster_and_the_letters_that_follow_it_leave_nothing_in_clear(#[case] test: TestApp) {
    test.school(900_101, "999");
    test.set_year("2026-27", 365);
    let email = test.account(Role::Administrator, &[], &[]);
    let served = Served::start(&test, "server.log");
    let browser = TestApp::browser_of(&served.address);
    browser
        .get("/sign-in")
        .fill("Email address", &email)
        .fill("Password", crate::support::PASSWORD)
        .press("Sign in")
        .status(200);
    // The second child has no such birthday: its row waits while the first one goes in.
    let preview = browser
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .attach("The list", "list.csv", roster("31/02/2016").as_bytes())
        .press("Continue")
        .status(200)
        .shows("Rows with problems");
    holds_no_secret(preview.url.as_bytes(), "the address of the preview");
    holds_no_secret(
        &test.database_bytes(),
        "the database with a list that waits",
    );
    preview.press("Import the good rows now").status(200);
    holds_no_secret(&test.database_bytes(), "the database with a row that waits");
    let (year, month, day) = children()[1].born;
    std::fs::write(
        test.path("list.csv"),
        roster(&format!("{day:02}/{month:02}/{year}")),
    )
    .unwrap();
    let command = ["import", "roster", "list.csv", "--year", "2026-27"];
    let mut ended = vec![
        test.run(&[&command[..], &["--dry-run"]].concat()).done(),
        test.run(&command).done(),
    ];
    let numbers: Vec<i64> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(pupil::table.order(pupil::id).select(pupil::id).load(tx)?)
        })
        .unwrap();
    assert_eq!(numbers.len(), 2);
    // Figures of their own: the same ones twice in a row would have to be confirmed first.
    for (height, number) in (1412..).zip(numbers) {
        test.measure(number, height, 34_500, test.app.clock.today());
    }
    // They may go on the day of the measurement.
    let actor = Actor::command("test");
    test.app
        .write_now(&actor, |work| delay::set_delay(work, Delay::None))
        .unwrap();
    browser.get("/letters").press("Prepare letters").status(200);
    browser
        .get("/letters")
        .follow("Bartholomew Quartermaine")
        .status(200)
        .shows("philippa.q@family.example");
    let run = browser
        .get("/letters/send")
        .press("Send 2 letters")
        .status(200);
    // The process that serves sends them; its page shows the end.
    while !browser.get(&run.url).status(200).says("Letters sent") {
        std::thread::yield_now();
    }
    served.end();
    let (letters, told) = subjects_and_file_names(&test);
    assert_eq!(letters, 2);
    holds_no_secret(told.as_bytes(), "a subject or a file’s name");
    for command in [
        &["letters", "prepare"][..],
        &["letters", "status"],
        &["job", "run", "send-letters"],
        &["job", "list"],
    ] {
        ended.push(test.run(command).done());
    }
    for finished in ended {
        holds_no_secret(finished.stdout.as_bytes(), "standard output");
        holds_no_secret(finished.stderr.as_bytes(), "standard error");
    }
    holds_no_secret(&test.database_bytes(), "the database");
    let log = std::fs::read(test.path("server.log")).unwrap();
    assert!(log.len() > 200, "the server logged next to nothing");
    holds_no_secret(&log, "the server’s log");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn whoever_opens_a_name_leaves_a_row_with_the_purpose_and_the_children(#[case] test: TestApp) {
    let numbers = children().map(|spec| test.child(spec));
    for purpose in Purpose::ALL {
        let before = accesses(&test);
        let opened = test
            .db()
            .write_now(|tx| {
                test.app.identities.open(
                    tx,
                    &Actor::person(7, "A nurse"),
                    purpose,
                    Whose::Pupils(&numbers),
                )
            })
            .unwrap();
        assert_eq!(opened.people.len(), 2);
        assert_eq!(accesses(&test), before + 1);
    }
    let (purposes, children, by): (Vec<String>, i64, Vec<Option<i64>>) = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok((
                access::table
                    .order(access::id)
                    .select(access::purpose)
                    .load(tx)?,
                access_pupil::table.count().get_result(tx)?,
                access::table.select(access::actor_id).distinct().load(tx)?,
            ))
        })
        .unwrap();
    assert_eq!(purposes, Purpose::ALL.map(Purpose::code));
    assert_eq!(children, 2 * Purpose::ALL.len() as i64);
    assert_eq!(by, [Some(7)]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_transaction_that_fails_gives_no_name_and_leaves_no_row(#[case] test: TestApp) {
    let numbers = children().map(|spec| test.child(spec));
    let outcome = test.db().write_now(|tx| {
        let opened = test.app.identities.open(
            tx,
            &Actor::command("test"),
            Purpose::Letters,
            Whose::Pupils(&numbers),
        )?;
        assert_eq!(opened.people.len(), 2);
        // The name leaves the transaction with its result only, and this one has none.
        diesel::insert_into(pupil::table)
            .values(pupil::sex.eq("F"))
            .execute(tx)
            .map_err(Error::from)?;
        Ok::<_, IdentityError>(opened)
    });
    assert!(outcome.is_err(), "a child without a school was taken");
    assert_eq!(accesses(&test), 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn where_the_log_cannot_be_written_no_name_is_given(#[case] test: TestApp) {
    let numbers = children().map(|spec| test.child(spec));
    let outcome = test.db().write_now(|tx| {
        let forbid = match tx {
            Conn::Sqlite(_) => "PRAGMA query_only = ON",
            Conn::Postgres(_) => "SET TRANSACTION READ ONLY",
        };
        diesel::sql_query(forbid).execute(tx).map_err(Error::from)?;
        let opened = test.app.identities.open(
            tx,
            &Actor::command("test"),
            Purpose::Letters,
            Whose::Pupils(&numbers),
        );
        if let Conn::Sqlite(_) = tx {
            diesel::sql_query("PRAGMA query_only = OFF")
                .execute(tx)
                .map_err(Error::from)?;
        }
        opened
    });
    assert!(
        matches!(outcome, Err(IdentityError::Database(_))),
        "a name was given without a row"
    );
    assert_eq!(accesses(&test), 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_books_hold_numbers_and_no_names(#[case] test: TestApp) {
    let numbers = children().map(|spec| test.child(spec));
    test.db()
        .write_now(|tx| {
            test.app.identities.open(
                tx,
                &Actor::command("test"),
                Purpose::Recording,
                Whose::Pupils(&numbers),
            )
        })
        .unwrap();
    let events: Vec<(String, String, String)> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(audit_event::table
                .select((
                    audit_event::action,
                    audit_event::subject,
                    audit_event::detail,
                ))
                .load(tx)?)
        })
        .unwrap();
    assert!(!events.is_empty());
    holds_no_secret(format!("{events:?}").as_bytes(), "the events");
}
