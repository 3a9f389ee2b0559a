//! Files as other systems and offices write them, each beside the children that
//! are in it, in the canonical columns.
//!
//! The expected children were written from the list the files were made of, not from the result of
//! an import.

use crate::canonical::write_canonical;
use crate::plan::{Action, Plan};
use crate::row::child::RosterChild;
use crate::samples::{folder, import};

/// The children that go in, a line each, without regard to their order.
fn canonical(plan: Plan) -> Vec<String> {
    let children: Vec<RosterChild> = plan
        .rows
        .into_iter()
        .filter_map(|row| match row.action {
            Action::New(child) => Some(*child),
            _ => None,
        })
        .collect();
    let mut out = Vec::new();
    write_canonical(&children, &mut out).unwrap();
    lines(&out)
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn check(name: &str, school: Option<&str>) {
    let (plan, ..) = import(&format!("layouts/{name}"), school, &[]);
    let expected = folder().join(format!("layouts/{name}.expected.csv"));
    assert_eq!(
        canonical(plan),
        lines(&std::fs::read(expected).unwrap()),
        "{name}"
    );
}

/// The school that a list is said to be of when its rows do not say it.
const HERE: Option<&str> = Some("900101");

#[test]
fn the_second_contact_of_a_child_may_stand_on_a_row_of_its_own() {
    check("contact_rows.csv", HERE);
    check("contact_rows_merged.xlsx", HERE);
    check("two_homes.csv", HERE);
}

#[test]
fn headings_may_stand_in_two_rows_and_a_key_below_the_table() {
    check("grouped_headings_and_key.xlsx", HERE);
    check("headings_in_two_rows.xls", HERE);
    check("pages.csv", HERE);
}

#[test]
fn each_class_may_have_a_sheet_of_its_own() {
    check("sheet_per_class.xlsx", HERE);
    let (plan, ..) = import("layouts/sheet_per_class.xlsx", HERE, &[]);
    assert!(
        plan.notices[0].contains("rows 6 to 9 are “RB”"),
        "{:?}",
        plan.notices
    );
}

#[test]
fn text_comes_in_any_encoding_and_with_any_line_ends() {
    check("utf16_without_mark.txt", HERE);
    check("mac_line_ends.csv", HERE);
}

#[test]
fn schools_and_sexes_come_as_numbers_and_as_words() {
    check("authority_pipes.txt", None);
    check("child_health.csv", None);
    check("schools_in_words.csv", None);
    check("joint_salutation.csv", None);
    check("web_form.csv", HERE);
}

#[test]
fn the_postcode_of_a_surgery_and_the_email_address_of_a_pupil_are_not_the_familys() {
    check("other_peoples_values.csv", HERE);
}

#[test]
fn a_column_with_the_month_first_throughout_is_read_that_way_and_says_so() {
    check("month_first.csv", HERE);
    let (plan, ..) = import("layouts/month_first.csv", HERE, &[]);
    assert!(
        plan.notices[0].contains("month first"),
        "{:?}",
        plan.notices
    );
}

#[test]
fn what_a_database_or_a_failed_formula_writes_for_nothing_is_nothing() {
    check("nulls.csv", HERE);
}

#[test]
fn dates_counted_from_1904_are_the_same_dates() {
    check("dates_1904.xlsx", HERE);
    check("numbers_1904.xlsx", HERE);
    check("dates_1904.xls", HERE);
    check("other_1904.xls", None);
    check("dates.ods", HERE);
}

#[test]
fn every_kind_of_workbook_an_office_program_saves_says_the_same() {
    let (plan, ..) = import("canonical.csv", None, &[]);
    let first: Vec<String> = {
        let mut plan = plan;
        plan.rows.retain(|row| row.number <= 9);
        canonical(plan)
    };
    assert_eq!(first.len(), 9);
    // A spreadsheet takes telephones for numbers, and their spaces with them.
    let plain = |lines: Vec<String>| -> Vec<String> {
        lines.iter().map(|line| line.replace(' ', "")).collect()
    };
    for name in ["libreoffice.xls", "libreoffice.xlsx", "libreoffice.ods"] {
        let (plan, ..) = import(name, None, &[]);
        assert!(
            plan.rows
                .iter()
                .all(|row| matches!(row.action, Action::New(_)))
        );
        assert_eq!(plain(canonical(plan)), plain(first.clone()), "{name}");
    }
}
