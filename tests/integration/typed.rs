//! What people and files hand in that is not what it should be: names that are none, years of two digits, pages that do
//! not exist, lines where one belongs, signs that only look like others.

use serde_json::Value;
use stature::access::Role;

use crate::support::{ChildSpec, TestApp};

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

both_databases! {
    fn names_without_a_letter_endless_names_and_unprintable_ones_are_told_at_the_import(test: TestApp) {
        let long = "a".repeat(5_000);
        let codes = codes_of(test, &[
            ("\u{200b}", "Hill"),
            ("\u{3164}", "Ng"),
            ("Ava", &long),
            ("李", "Berg"),
            ("Zoë", "O’Brien"),
        ]);
        assert_eq!(codes[0], ["no_given_name"]);
        assert_eq!(codes[1], ["no_given_name"]);
        assert_eq!(codes[2], ["name_too_long"]);
        assert_eq!(codes[3], ["name_unprintable"]);
        assert_eq!(codes[4], Vec::<String>::new());
        let people = test.people();
        let mut families: Vec<&str> = people.values().map(|person| person.family_name.as_str()).collect();
        families.sort_unstable();
        assert_eq!(families, ["Berg", "O’Brien"]);
    }

    fn a_name_is_not_corrected_to_one_without_a_letter_or_without_an_end(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
        let form = nurse.get(&format!("/children/{child}/details"));
        let correct = |field: &str, name: &str| form.clone().fill(field, name).press("Correct the details");
        correct("Given name", "\u{200b}").status(422).shows("Enter the given name, with at least one letter");
        correct("Family name", "\u{3164}").status(422).shows("with at least one letter");
        correct("Family name", &"a".repeat(5_000)).status(422).shows("in at most 200 characters");
        correct("Given name", "Ro\u{200b}bin").shows("The details were corrected");
        assert_eq!(test.people()[&child].given_name, "Robin");
    }

    fn a_closing_year_of_two_digits_is_refused_and_not_taken_for_the_year_27(test: TestApp) {
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

    fn a_page_beyond_the_last_one_leads_to_the_last_one(test: TestApp) {
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

    fn a_subject_of_two_lines_is_refused(test: TestApp) {
        let administrator = test.signed_in(Role::Administrator, &[], &[]);
        administrator
            .get("/letters/texts")
            .fill_named("email_subject", "A letter\r\nBcc: everybody@example.org")
            .press("Save templates")
            .status(422)
            .shows("Enter this on one line");
    }
}
