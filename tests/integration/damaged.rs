//! A damaged sealed record: it stops nobody else, and whoever meets it is told which child's it is.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::Error;
use stature::db::schema::{academic_year, identity, identity_damage, school};

use crate::support::{Browser, ChildSpec, TestApp};

const SCHOOL: i32 = 900_101;

/// Two children of one class, and the second one's record damaged.
fn whole_and_damaged(test: &TestApp) -> (i64, i64) {
    let whole = test.child(ChildSpec {
        given_name: "Zara",
        family_name: "Okonkwo",
        ..ChildSpec::default()
    });
    let damaged = test.child(ChildSpec {
        given_name: "Amelia",
        family_name: "Okonjo",
        ..ChildSpec::default()
    });
    test.damage(damaged);
    (whole, damaged)
}

fn named(pupil: i64) -> String {
    format!("The record of child {pupil} is damaged and its name cannot be read.")
}

fn nurse(test: &TestApp) -> Browser {
    test.signed_in(Role::Nurse, &[SCHOOL], &[])
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_damaged_record_hides_nobody_from_a_search_and_is_named_above_the_results(
    #[case] test: TestApp,
) {
    let (_, damaged) = whole_and_damaged(&test);
    let elsewhere = test.child(ChildSpec {
        family_name: "Farrell",
        school: 900_102,
        ..ChildSpec::default()
    });
    test.damage(elsewhere);
    let nurse = nurse(&test);
    let page = nurse
        .get("/children")
        .fill("Name or NHS number", "okon")
        .press("Find")
        .status(200)
        .shows("Okonkwo, Zara")
        .shows("Showing 1 child")
        .shows(&named(damaged))
        .shows("Tell your system administrator");
    assert!(
        page.text().find("damaged") < page.text().find("Okonkwo, Zara"),
        "the message stands below the results"
    );
    assert!(
        !page.says(&elsewhere.to_string()),
        "a child of another school is told of"
    );
    // The child's own page says so as well.
    nurse
        .get(&format!("/children/{damaged}"))
        .status(503)
        .shows(&named(damaged));
    nurse
        .get(&format!("/children/{damaged}/details"))
        .status(503)
        .shows(&named(damaged));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_damaged_record_stops_no_class_list_no_school_and_no_warnings(#[case] test: TestApp) {
    let (whole, damaged) = whole_and_damaged(&test);
    let nurse = nurse(&test);
    let page = nurse
        .get("/schools/900101/record")
        .status(200)
        .shows("Okonkwo, Zara")
        .shows(&format!("Child {damaged}: record damaged"))
        .shows(&named(damaged));
    assert!(
        !page.says("Name removed"),
        "a damaged record is taken for an erased one"
    );
    assert!(
        !page.html.contains(&format!("id=\"h{damaged}\"")),
        "a height can be typed that cannot be saved"
    );
    nurse
        .get("/schools/900101/record?class=Oak")
        .status(200)
        .shows("Okonkwo, Zara")
        .shows(&named(damaged));
    nurse
        .get("/schools/900101")
        .status(200)
        .shows("Oak")
        .shows("No class")
        .shows(&named(damaged));
    let saved = |child: i64| {
        nurse.get("/schools/900101/record").send_to(
            &format!("/schools/900101/record/{child}"),
            &[
                ("version", "0"),
                ("height", "141.2"),
                ("weight", "95"),
                ("action", "save"),
            ],
        )
    };
    saved(whole).status(200);
    saved(damaged).status(503).shows(&named(damaged));
    // Both have a warning that waits: the one who can be read has its name, the other its number.
    test.damage(damaged);
    test.measure(damaged, 1390, 95_000, test.app.clock.today());
    test.damage(damaged);
    nurse
        .get("/warnings")
        .status(200)
        .shows("Okonkwo, Zara")
        .shows(&format!("Child {damaged}: record damaged"))
        .shows(&named(damaged));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn one_damaged_record_keeps_no_parent_from_what_is_held_of_others(#[case] test: TestApp) {
    let (whole, damaged) = whole_and_damaged(&test);
    let governance = test.signed_in(Role::Governance, &[], &[]);
    let find = |name: &str| {
        governance
            .get("/privacy/subject-access")
            .fill("Child’s name", name)
            .fill_named("date_of_birth-day", "14")
            .fill_named("date_of_birth-month", "3")
            .fill_named("date_of_birth-year", "2016")
            .press("Find records")
            .status(200)
    };
    let waits = format!("record {damaged}: 2026-27, School 900101");
    find("Zara Okonkwo")
        .shows("1 record found")
        .shows("A record was not searched")
        .shows(&waits);
    // The request about that very child says what keeps it from being found.
    find("Amelia Okonjo")
        .shows("0 records found")
        .shows("it may be this child’s")
        .shows(&waits);
    let number = damaged.to_string();
    let chosen = [("pupil", number.as_str())];
    governance
        .get("/privacy/subject-access")
        .send_to("/privacy/subject-access/review", &chosen)
        .status(503)
        .shows(&named(damaged));
    governance
        .get("/privacy/subject-access")
        .send_to("/privacy/subject-access/file", &chosen)
        .status(503)
        .shows(&named(damaged));
    let garbled = [("pupil", "12x")];
    governance
        .get("/privacy/subject-access")
        .send_to("/privacy/subject-access/file", &garbled)
        .status(400);
    let both = whole.to_string();
    governance
        .get("/privacy/subject-access")
        .send_to("/privacy/subject-access/file", &[("pupil", &both)])
        .status(200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_export_goes_on_without_a_damaged_record_and_says_whose_is_missing(#[case] test: TestApp) {
    let (_, damaged) = whole_and_damaged(&test);
    let said = test
        .run(&[
            "export",
            "roster",
            "--year",
            "2026-27",
            "--out",
            "roster.csv",
            "--reason",
            "Asked for",
        ])
        .code(3);
    assert!(
        said.stdout.contains("1 children of 2026-27"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr
            .contains(&format!("Missing in the file: {}", named(damaged))),
        "{}",
        said.stderr
    );
    assert!(
        std::fs::read_to_string(test.path("roster.csv"))
            .unwrap()
            .contains("Okonkwo")
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_damaged_record_is_an_alarm_until_it_has_been_restored(#[case] test: TestApp) {
    let (_, damaged) = whole_and_damaged(&test);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let home = administrator.get("/");
    assert!(
        !home.says("damaged"),
        "nobody has met it yet: {}",
        home.text()
    );
    let nurse = nurse(&test);
    let find = || {
        nurse
            .get("/children")
            .fill("Name or NHS number", "okon")
            .press("Find")
    };
    find().status(200);
    find().status(200);
    administrator.get("/").shows(&named(damaged));
    administrator.get("/years").shows(&named(damaged));
    test.signed_in(Role::Governance, &[], &[])
        .get("/retention")
        .shows(&named(damaged));
    test.signed_in(Role::SystemAdministrator, &[], &[])
        .get("/jobs")
        .shows(&named(damaged));
    assert!(
        test.run(&["check-config"])
            .done()
            .stdout
            .contains(&named(damaged))
    );
    // A nurse cannot do anything about it and is not alarmed at home.
    assert!(!nurse.get("/").says("damaged"));
    test.damage(damaged);
    find().status(200).shows("Showing 2 children");
    assert!(
        !administrator.get("/").says("damaged"),
        "the alarm stays although the record was restored"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_damaged_records_note_goes_with_its_name(#[case] test: TestApp) {
    let (_, damaged) = whole_and_damaged(&test);
    nurse(&test)
        .get("/children")
        .fill("Name or NHS number", "okon")
        .press("Find")
        .status(200);
    test.app
        .clock
        .set_to_noon(chrono::NaiveDate::from_ymd_opt(2029, 1, 1).unwrap());
    let night = test
        .run(&["retention", "run", "--confirm-date", "2029-01-01"])
        .done();
    assert!(
        night.stdout.contains("2 names were removed"),
        "{}",
        night.stdout
    );
    let (identities, notes): (i64, i64) = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok((
                identity::table
                    .filter(identity::pupil_id.eq(damaged))
                    .count()
                    .get_result(tx)?,
                identity_damage::table.count().get_result(tx)?,
            ))
        })
        .unwrap();
    assert_eq!((identities, notes), (0, 0));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_wrong_key_is_told_once_of_the_year_and_of_no_child(#[case] test: TestApp) {
    let spec = |number: usize| ChildSpec {
        nhs_number: ["9990100284", "9990102694"][number],
        ..ChildSpec::default()
    };
    for number in 0..2 {
        test.child(spec(number));
    }
    let key = test.path("keyring/2026-27.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, "ab".repeat(32)).unwrap();
    std::fs::write(
        test.path("measurements.csv"),
        "NHS number,Date of birth,Height (cm),Weight (kg),Date measured\n\
            9990100284,14/03/2016,141.2,34.5,27/11/2026\n",
    )
    .unwrap();
    let import = [
        "import",
        "measurements",
        "measurements.csv",
        "--year",
        "2026-27",
    ];
    let refused = test.run(&import).code(1);
    assert_eq!(
        refused.stderr.matches("the key of 2026-27").count(),
        1,
        "{}",
        refused.stderr
    );
    assert!(
        !refused.stderr.contains("damaged") && !refused.stdout.contains("damaged"),
        "{refused:?}"
    );
    // The same where an earlier version kept no fingerprint of the key.
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(academic_year::table)
                .set(academic_year::key_fingerprint.eq(None::<String>))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let refused = test.run(&import).code(1);
    assert!(
        refused.stderr.contains("the key of 2026-27") && !refused.stderr.contains("damaged"),
        "{}",
        refused.stderr
    );
    let nurse = nurse(&test);
    nurse
        .get("/schools/900101/record")
        .status(503)
        .shows("The key of 2026-27");
    let noted: i64 = test
        .db()
        .read_now(|tx| -> Result<_, Error> { Ok(identity_damage::table.count().get_result(tx)?) })
        .unwrap();
    assert_eq!(
        noted, 0,
        "children were noted as damaged because of a wrong key"
    );
    std::fs::write(&key, right).unwrap();
    nurse.get("/schools/900101/record").status(200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_school_whose_urn_cannot_be_read_is_an_error_and_is_not_left_out(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.school(SCHOOL, "999");
    test.school(900_102, "999");
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(school::table.find(900_102))
                .set(school::urn.eq(-3))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    std::fs::write(
        test.path("list.csv"),
        "URN,Given name,Family name,Date of birth,Sex,\
        Year group\n\
        900101,Zara,Okonkwo,14/03/2016,F,6\n",
    )
    .unwrap();
    let refused = test
        .run(&["import", "roster", "list.csv", "--year", "2026-27"])
        .code(1);
    assert!(
        refused.stderr.contains("under the URN -3, which is none"),
        "{}",
        refused.stderr
    );
}
