//! What people and files hand in that is not what it should be: names that are none, years of two
//! digits, pages that do not exist, lines where one belongs, signs that only look like others.

use std::collections::BTreeSet;

use actix_web::http::Method;
use rstest::rstest;
use serde_json::Value;
use stature::access::Role;
use stature::routes;

use crate::permissions::sample_path;
use crate::support::{Browser, ChildSpec, TestApp};

/// Imports a list of children with these given and family names; the codes of each row.
fn codes_of(test: &TestApp, names: &[(&str, &str)]) -> Vec<Vec<String>> {
    test.set_year("2026-27", 365);
    test.school(900_101, "999");
    let mut list = "URN,Given name,Family name,Date of birth,Sex,Year group\n".to_owned();
    for (number, (given, family)) in names.iter().enumerate() {
        list = format!(
            "{list}900101,{given},{family},2016-03-{:02},F,6\n",
            number + 1
        );
    }
    std::fs::write(test.path("list.csv"), list).unwrap();
    let command = [
        "import",
        "roster",
        "list.csv",
        "--year",
        "2026-27",
        "--partial",
        "--report",
        "report.json",
    ];
    test.run(&command).code(3);
    let report: Value =
        serde_json::from_slice(&std::fs::read(test.path("report.json")).unwrap()).unwrap();
    let outcomes = report["row_outcomes"].as_array().unwrap();
    (0..names.len())
        .map(|number| {
            let row = outcomes.iter().find(|row| row["row"] == number + 2);
            row.map_or_else(Vec::new, |row| {
                let codes = row["codes"].as_array().unwrap().iter();
                codes
                    .map(|code| code.as_str().unwrap().to_owned())
                    .collect()
            })
        })
        .collect()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn names_without_a_letter_endless_names_and_unprintable_ones_are_told_at_the_import(
    #[case] test: TestApp,
) {
    let long = "a".repeat(5_000);
    let codes = codes_of(
        &test,
        &[
            ("\u{200b}", "Hill"),
            ("\u{3164}", "Ng"),
            ("Ava", &long),
            ("李", "Berg"),
            ("Zoë", "O’Brien"),
        ],
    );
    assert_eq!(codes[0], ["no_given_name"]);
    assert_eq!(codes[1], ["no_given_name"]);
    assert_eq!(codes[2], ["name_too_long"]);
    assert_eq!(codes[3], ["name_unprintable"]);
    assert_eq!(codes[4], Vec::<String>::new());
    let people = test.people();
    let mut families: Vec<&str> = people
        .values()
        .map(|person| person.family_name.as_str())
        .collect();
    families.sort_unstable();
    assert_eq!(families, ["Berg", "O’Brien"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_name_is_not_corrected_to_one_without_a_letter_or_without_an_end(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let form = nurse.get(&format!("/children/{child}/details"));
    let correct =
        |field: &str, name: &str| form.clone().fill(field, name).press("Correct the details");
    correct("Given name", "\u{200b}")
        .status(422)
        .shows("Enter the given name, with at least one letter");
    correct("Family name", "\u{3164}")
        .status(422)
        .shows("with at least one letter");
    correct("Family name", &"a".repeat(5_000))
        .status(422)
        .shows("in at most 200 characters");
    correct("Given name", "Ro\u{200b}bin").shows("The details were corrected");
    assert_eq!(test.people()[&child].given_name, "Robin");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_closing_year_of_two_digits_is_refused_and_not_taken_for_the_year_27(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/years/2026-27")
        .fill_named("closes-day", "31")
        .fill_named("closes-month", "7")
        .fill_named("closes-year", "27")
        .press_css("main form button")
        .status(422)
        .shows("Enter the year with four digits");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_page_beyond_the_last_one_leads_to_the_last_one(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let lead = test.signed_in(Role::Governance, &[], &[]);
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    for (browser, path) in [
        (&administrator, "/imports"),
        (&lead, "/privacy/log"),
        (&lead, "/privacy/ledger"),
        (&nurse, "/letters"),
        (&nurse, "/warnings"),
    ] {
        let page = browser.get(&format!("{path}?page=99999")).status(200);
        assert_eq!(page.url, format!("{path}?page=1"));
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_subject_of_two_lines_is_refused(#[case] test: TestApp) {
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/letters/texts")
        .fill_named("email_subject", "A letter\r\nBcc: everybody@example.org")
        .press("Save templates")
        .status(422)
        .shows("Enter this on one line");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn no_list_answers_an_unreadable_filter_with_another_list_or_an_error_of_its_own(
    #[case] test: TestApp,
) {
    let administrator = with_a_little_of_everything(&test);
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let lead = test.signed_in(Role::Governance, &[], &[]);
    let system = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let answered = |browser: &Browser, address: &str| {
        let page = browser.get(address);
        assert!(
            page.status < 500,
            "{address}: {} {}",
            page.status,
            page.text()
        );
        assert!(
            page.status < 400 || !page.all("h1").is_empty(),
            "{address} is refused without a page"
        );
    };
    let long = "a".repeat(5_000);
    let mut seen = BTreeSet::new();
    for (role, browser) in [
        (Role::Administrator, &administrator),
        (Role::Governance, &lead),
        (Role::SystemAdministrator, &system),
        (Role::Nurse, &nurse),
    ] {
        for route in routes::table()
            .into_iter()
            .filter(|route| route.method == Method::GET && role.may(route.permission))
        {
            if seen.insert(route.path) {
                let path = sample_path(route.path);
                answered(
                    browser,
                    &format!(
                        "{path}?page=-1&state=%00&due=%FF&show={long}&purpose=%0d%0aX:%20y&child=%\
                        EF%BC%91&class=%E2%80%8B&on=x&next=//x"
                    ),
                );
            }
        }
    }
    for (browser, path, keys) in [
        (&nurse, "/letters", &["page", "state", "due"][..]),
        (&nurse, "/warnings", &["page"][..]),
        (
            &nurse,
            "/schools/900101/record",
            &["class", "group", "on", "device", "again"][..],
        ),
        (&administrator, "/imports", &["page", "state"][..]),
        (&administrator, "/imports/1", &["page", "show", "made"][..]),
        (&administrator, "/imports/2", &["page", "show", "made"][..]),
        (&administrator, "/releases", &["show"][..]),
        (&lead, "/privacy/log", &["page", "purpose", "child"][..]),
        (&lead, "/privacy/ledger", &["page", "purpose", "child"][..]),
        (&system, "/accounts", &["state"][..]),
    ] {
        for key in keys {
            for value in [
                "-1",
                "0",
                "99999",
                "99999999999999999999",
                "%00",
                "\u{ff11}",
                "%E2%80%8B",
                "bogus",
            ] {
                answered(browser, &format!("{path}?{key}={value}"));
            }
        }
    }
    lead.get("/privacy/log?purpose=%00")
        .status(400)
        .shows("a character that no address of this service has");
    let refused = |browser: &Browser, address: &str| {
        browser
            .get(address)
            .status(400)
            .shows("The address asks for a part of the list that there is not");
    };
    for address in [
        "/letters?state=bogus",
        "/letters?due=bogus",
        "/schools/900101/record?group=bogus",
    ] {
        refused(&nurse, address);
    }
    nurse
        .get("/schools/900101/record?on=31/11/2026")
        .status(400)
        .shows("The date measured in the address is none");
    nurse
        .get("/schools/900101/record?class=Willow")
        .status(200)
        .shows("No child of this school is in the class");
    for address in [
        "/imports?state=bogus",
        "/imports/1?show=bogus",
        "/releases?show=bogus",
    ] {
        refused(&administrator, address);
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn no_form_answers_what_nobody_types_with_an_error_of_its_own(#[case] test: TestApp) {
    let long = "a".repeat(10_000);
    let junk = [
        "\u{200b}",
        "a\r\nBcc: everybody@example.org",
        "a\0b",
        "\u{ff11}\u{ff12}",
        "-1",
        "99999999999999999999",
        long.as_str(),
    ];
    let mut sent = BTreeSet::new();
    let administrator = with_a_little_of_everything(&test);
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let lead = test.signed_in(Role::Governance, &[], &[]);
    let system = test.signed_in(Role::SystemAdministrator, &[], &[]);
    for (role, browser) in [
        (Role::Administrator, &administrator),
        (Role::Governance, &lead),
        (Role::SystemAdministrator, &system),
        (Role::Nurse, &nurse),
    ] {
        for route in routes::table()
            .into_iter()
            .filter(|route| route.method == Method::GET && role.may(route.permission))
        {
            let page = browser.get(&sample_path(route.path));
            for (action, standing) in page.forms() {
                if !sent.insert(action.clone()) {
                    continue;
                }
                let names: BTreeSet<String> = standing
                    .iter()
                    .map(|(name, _)| name.clone())
                    .filter(|name| name != "csrf")
                    .collect();
                for (name, value) in names
                    .iter()
                    .flat_map(|name| junk.map(|value| (name, value)))
                {
                    let mut fields: Vec<(&str, &str)> = standing
                        .iter()
                        .map(|(name, value)| (name.as_str(), value.as_str()))
                        .collect();
                    fields.retain(|(other, _)| other != name);
                    fields.push((name, value));
                    let answer = browser.post(&action, &fields);
                    let start: String = value.chars().take(20).collect();
                    assert_ne!(
                        answer.status,
                        500,
                        "{action} with {start:?} as {name}: {}",
                        answer.text()
                    );
                    assert!(
                        !answer.all("h1").is_empty() || answer.status == 200,
                        "{action} with {start:?} as {name} is answered without a page"
                    );
                }
            }
        }
    }
    assert!(sent.len() > 20, "only {sent:?} were looked at");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_search_for_children_takes_everything_that_was_typed_into_account(#[case] test: TestApp) {
    test.child(ChildSpec {
        nhs_number: "9990100284",
        ..ChildSpec::default()
    });
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    let find = |typed: &str| {
        nurse
            .get("/children")
            .fill("Name or NHS number", typed)
            .press("Find")
    };
    find("Robin 999 010 0285")
        .status(422)
        .shows("Enter either parts of the name or the whole NHS number");
    find("Robin 12").status(422);
    find("\u{200b}\u{2060}")
        .status(422)
        .shows("at least two letters");
    find(&"a".repeat(10_000))
        .status(422)
        .shows("at most 200 characters");
    find("Ro\0bin")
        .status(400)
        .shows("a character that cannot be kept");
    find("Ro\u{7}bin").status(400);
    find("９９９ ０１０ ０２８４")
        .status(200)
        .shows("Example, Robin");
    find("Ｒｏｂｉｎ").status(200).shows("Example, Robin");
    find("Ro\u{200b}bin\texample")
        .status(200)
        .shows("Showing 1 child");
    let lead = test.signed_in(Role::Governance, &[], &[]);
    let ask = |name: &str, number: &str| {
        lead.get("/privacy/subject-access")
            .fill("Child’s name", name)
            .fill("NHS number", number)
            .fill_named("date_of_birth-day", "14")
            .fill_named("date_of_birth-month", "3")
            .fill_named("date_of_birth-year", "2016")
            .press("Find records")
    };
    ask("\u{200b}", "")
        .status(422)
        .shows("Enter a name with at least one letter");
    ask(&"a".repeat(10_000), "").shows("at most 200 characters");
    ask("", "９９９０１００２８４").shows("1 record found");
    ask("Ｒobin", "").shows("1 record found");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_account_has_a_name_with_a_letter_and_an_address_that_looks_like_no_other(
    #[case] test: TestApp,
) {
    let system = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let add = |name: &str, email: &str| {
        system
            .get("/accounts/add")
            .fill_named("email", email)
            .fill_named("name", name)
            .fill_named("role", "monitor")
            .press("Add account")
    };
    let count = || test.run(&["user", "list"]).done().stdout.lines().count();
    let before = count();
    add("\u{200b}\u{3164}", "a@example.org")
        .status(422)
        .shows("A name needs at least one letter");
    add(&"a".repeat(201), "a@example.org")
        .status(422)
        .shows("at most 200 characters");
    add("Ann\r\nBcc: everybody@example.org", "a@example.org")
        .status(422)
        .shows("Enter this on one line");
    add("Ann", "a@example.org\r\nBcc: b@example.org")
        .status(422)
        .shows("Enter an email address in the form");
    add("Ann", "a\u{200b}b@example.org")
        .status(422)
        .shows("Enter an email address in the form");
    let endless = format!("{}@example.org", "a".repeat(10_000));
    add("Ann", &endless)
        .status(422)
        .shows("Enter an email address in the form");
    assert_eq!(count(), before);
    add("A\u{200b}nn  Other", "ann@example.org")
        .status(200)
        .shows("Ann Other");
    let refused = test
        .run(&[
            "user",
            "add",
            "x@example.org",
            "--role",
            "monitor",
            "--name",
            "\u{200b}",
        ])
        .code(1);
    assert!(
        refused.stderr.contains("a name needs at least one letter"),
        "{}",
        refused.stderr
    );
    test.run(&["user", "add", "x\u{200b}@example.org", "--role", "monitor"])
        .code(1);
    assert_eq!(count(), before + 1);
}

/// A child with a warning and a letter, an import that is done and one that waits; returns an
/// administrator.
fn with_a_little_of_everything(test: &TestApp) -> Browser {
    let child = test.child(ChildSpec::default());
    test.school(900_102, "999");
    test.measure(child, 1412, 95_000, test.app.clock.today());
    test.run(&["letters", "prepare"]).done();
    let list = "URN,Given name,Family name,Date of birth,Sex,Year group\n\
        900101,Ava,Hill,2016-03-02,F,6\n\
        900101,,Ng,2016-03-03,F,6\n";
    std::fs::write(test.path("list.csv"), list).unwrap();
    let command = [
        "import",
        "roster",
        "list.csv",
        "--year",
        "2026-27",
        "--partial",
    ];
    test.run(&command).code(3);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .attach("The list", "list.csv", list.as_bytes())
        .press("Continue")
        .status(200);
    administrator
}
