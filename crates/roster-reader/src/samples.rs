//! Every sample roster, row by row against what a correct import of it does.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::check::{self, Context};
use crate::code::Code;
use crate::columns::{Choices, Columns, find_columns};
use crate::plan::{Action, Held, Plan, PlannedRow, plan};
use crate::progress::Progress;
use crate::report::{Report, report};
use crate::row::child::RosterChild;
use crate::schools::{School, Schools};
use programme::{DfeNumber, Urn};
use tabular::{Limits, Table, read_table};

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/rosters")
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

fn schools() -> Schools {
    let bytes = std::fs::read(folder().join("schools.csv")).unwrap();
    let table = read_table(&bytes, &Limits::UPLOAD, |_| true).unwrap();
    let column = |name: &str| {
        table
            .row(0)
            .cells()
            .position(|heading| heading == name)
            .unwrap()
    };
    let (urn, la, number, name, status) = (
        column("URN"),
        column("LA (code)"),
        column("EstablishmentNumber"),
        column("EstablishmentName"),
        column("EstablishmentStatus (code)"),
    );
    let school = |row: tabular::Row<'_>| School {
        urn: Urn::parse(row.cell(urn)).unwrap(),
        dfe_number: DfeNumber::from_parts(row.cell(la), row.cell(number)).ok(),
        name: row.cell(name).to_owned(),
        open: row.cell(status) != "2",
    };
    Schools::new(table.rows().skip(1).map(school).collect())
}

pub(crate) fn import(name: &str, school: Option<&str>, held: &[Held]) -> (Plan, Columns, Table) {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    let table = crate::read(&bytes, &Limits::UPLOAD).unwrap();
    let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
    assert_eq!(columns.questions, [], "{name}");
    columns.check_complete(school.is_some()).unwrap();
    let schools = schools();
    let context = Context {
        start_year: 2026,
        schools: &schools,
        school: school.map(|urn| Urn::parse(urn).unwrap()),
        progress: &Progress::default(),
    };
    let checked = check::check(&table, &columns, &context);
    (plan(checked, held, &|_| None), columns, table)
}

/// The children a plan leaves behind, as if it had been confirmed.
fn after(plan: Plan, held: Vec<Held>) -> Vec<Held> {
    let mut children = held;
    for row in plan.rows {
        match row.action {
            Action::New(child) => {
                children.push(Held {
                    pupil: children.len() as i64,
                    on_roll: true,
                    child: *child,
                });
            }
            Action::Changed { held, merged, .. } => children[held].child = *merged,
            _ => {}
        }
    }
    children
}

fn fits(expected: &Value, actual: &str) -> bool {
    match expected {
        Value::String(text) => text == actual,
        Value::Object(object) => object["any_of"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one == actual),
        _ => false,
    }
}

fn compare_rows(name: &str, expected: &Value, plan: &Plan, report: &Report) {
    let file = &expected["files"][name];
    let mut listed = BTreeSet::new();
    for notable in file["notable_rows"].as_array().unwrap() {
        let row = u32::try_from(notable["row"].as_u64().unwrap()).unwrap();
        listed.insert(row);
        let planned = plan.rows.iter().find(|planned| planned.number == row);
        if notable["outcome"] == "blank" {
            assert!(planned.is_none(), "{name} row {row} is blank");
            continue;
        }
        let planned = planned.unwrap_or_else(|| panic!("{name} row {row} is missing"));
        compare_findings(name, notable, planned);
        compare_report(name, row, notable, report);
    }
    for planned in &plan.rows {
        if !listed.contains(&planned.number) {
            assert_is_plain(name, planned);
        }
    }
    compare_counts(name, file, report);
}

/// Compares the outcome of a row, and the codes found, with those expected.
fn compare_findings(name: &str, notable: &Value, planned: &PlannedRow) {
    let row = planned.number;
    let outcome = notable["outcome"].as_str().unwrap();
    assert_eq!(
        planned.action.outcome(),
        outcome,
        "{name} row {row}: {:?}",
        planned.findings
    );
    let mut wanted: Vec<&str> = Vec::new();
    wanted.extend(notable["reason"].as_str());
    for list in ["warnings", "repairs"] {
        let codes = notable[list].as_array().into_iter().flatten();
        wanted.extend(codes.filter_map(Value::as_str));
    }
    let mut found: Vec<&str> = planned
        .findings
        .iter()
        .filter(|finding| finding.code != Code::ContactNotAdded)
        .map(|finding| finding.code.as_str())
        .collect();
    // A rejected row may be faulty in more ways than the one it is there for.
    if outcome == "rejected" {
        assert!(
            found.contains(&wanted[0]),
            "{name} row {row}: {found:?} without {wanted:?}"
        );
    } else {
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted, "{name} row {row}");
    }
}

/// Compares what the report says of a row: the row it repeats, and what changed.
fn compare_report(name: &str, row: u32, notable: &Value, report: &Report) {
    let reported = || {
        report
            .row_outcomes
            .iter()
            .find(|reported| reported.row == row)
            .unwrap()
    };
    if let Some(of_row) = notable["of_row"].as_u64() {
        assert_eq!(
            reported().of_row.map(u64::from),
            Some(of_row),
            "{name} row {row}"
        );
    }
    if let Some(change) = notable["change"].as_array() {
        let change: Vec<&str> = change.iter().filter_map(Value::as_str).collect();
        assert_eq!(reported().change, change, "{name} row {row}");
    }
}

fn assert_is_plain(name: &str, planned: &PlannedRow) {
    assert!(
        matches!(planned.action, Action::New(_) | Action::Unchanged { .. }),
        "{name} row {} should be plain: {} {:?}",
        planned.number,
        planned.action.outcome(),
        planned.findings
    );
    assert!(
        planned.findings.is_empty(),
        "{name} row {}: {:?}",
        planned.number,
        planned.findings
    );
}

/// Compares the counts of a whole file, and what its columns were recognised as.
fn compare_counts(name: &str, file: &Value, report: &Report) {
    let counts = serde_json::to_value(&report.counts).unwrap();
    for (word, count) in file["counts"].as_object().unwrap() {
        assert_eq!(&counts[word], count, "{name} {word}");
    }
    assert_eq!(report.rows as u64, file["rows"].as_u64().unwrap(), "{name}");
    assert_eq!(
        report.counts.rows_with_warnings as u64,
        file["rows_with_warnings"].as_u64().unwrap(),
        "{name}"
    );
    for (heading, field) in file["columns"].as_object().into_iter().flatten() {
        assert_eq!(report.columns.get(heading), Some(field), "{name} {heading}");
    }
}

fn compare_child(name: &str, row: u64, fields: &Value, child: &RosterChild) {
    let person = &child.person;
    let line = |index: usize| person.address_lines.get(index).cloned().unwrap_or_default();
    let optional = |value: Option<String>| value.unwrap_or_default();
    for (field, wanted) in fields.as_object().unwrap() {
        let actual = match field.as_str() {
            "urn" => child.urn.to_string(),
            "upn" => optional(person.upn.as_ref().map(ToString::to_string)),
            "nhs_number" => optional(person.nhs_number.as_ref().map(ToString::to_string)),
            "given_name" => person.given_name.clone(),
            "family_name" => person.family_name.clone(),
            "preferred_name" => person.preferred_name.clone(),
            "date_of_birth" => person.date_of_birth.to_string(),
            "sex" => if child.sex == programme::Sex::Female {
                "F"
            } else {
                "M"
            }
            .to_owned(),
            "year_group" => child.year_group.code().to_owned(),
            "class" => child.class.clone(),
            "ethnicity" => optional(child.ethnicity.map(|ethnicity| ethnicity.to_string())),
            "address_line_1" => line(0),
            "address_line_2" => line(1),
            "town" => person.town.clone(),
            "postcode" => optional(person.postcode.as_ref().map(ToString::to_string)),
            "sensitive" => child.sensitive.to_string(),
            "contacts" => {
                compare_contacts(name, row, wanted.as_array().unwrap(), child);
                continue;
            }
            other => panic!("{name} row {row}: no field {other}"),
        };
        if field == "sensitive" {
            assert_eq!(wanted.to_string(), actual, "{name} row {row}");
        } else {
            assert!(
                fits(wanted, &actual),
                "{name} row {row} {field}: {actual:?} is not {wanted}"
            );
        }
    }
}

fn compare_contacts(name: &str, row: u64, wanted: &[Value], child: &RosterChild) {
    let contacts = &child.person.contacts;
    assert_eq!(contacts.len(), wanted.len(), "{name} row {row}");
    let digits = |phone: &str| {
        phone
            .chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    for (contact, wanted) in contacts.iter().zip(wanted) {
        for (part, wanted) in wanted.as_object().unwrap() {
            let actual = match part.as_str() {
                "title" => contact.title.clone(),
                "name" => contact.name.clone(),
                "relationship" => contact.relationship.clone(),
                "email" => contact.email.clone().unwrap_or_default(),
                "phone" => digits(&contact.phone),
                "language" => contact.language.clone(),
                other => panic!("{name} row {row}: no contact {other}"),
            };
            assert!(
                fits(wanted, &actual),
                "{name} row {row} contact {part}: {actual:?} is not {wanted}"
            );
        }
    }
}

fn compare_samples(name: &str, expected: &Value, plan: &Plan, held: &[Held]) {
    for sample in expected["files"][name]["sample"].as_array().unwrap() {
        let row = sample["row"].as_u64().unwrap();
        let planned = plan
            .rows
            .iter()
            .find(|planned| u64::from(planned.number) == row)
            .unwrap();
        let child = match &planned.action {
            Action::New(child) | Action::Changed { merged: child, .. } => child,
            Action::Unchanged { held: place } => &held[*place].child,
            other => panic!("{name} row {row}: {}", other.outcome()),
        };
        compare_child(name, row, &sample["fields"], child);
    }
}

fn check_sample(name: &str, school: Option<&str>) {
    let expected = expected();
    let (plan, columns, _) = import(name, school, &[]);
    let report = report(&plan, &columns, Vec::new());
    compare_rows(name, &expected, &plan, &report);
    compare_samples(name, &expected, &plan, &[]);
    // The same file once more changes nothing and makes nobody new.
    let held = after(plan, Vec::new());
    let (again, ..) = import(name, school, &held);
    let counts = again.counts();
    assert_eq!(
        (counts.new, counts.unchanged, counts.matched),
        (0, held.len(), held.len()),
        "{name} twice"
    );
    assert!(again.leavers.is_empty(), "{name} twice");
}

#[test]
fn the_canonical_roster_is_clean() {
    check_sample("canonical.csv", None);
}

#[test]
fn a_sims_like_export_is_read() {
    check_sample("sims_like.csv", Some("900103"));
}

#[test]
fn an_arbor_like_workbook_is_read() {
    check_sample("arbor_like.xlsx", Some("900201"));
}

#[test]
fn a_bromcom_like_export_is_read() {
    check_sample("bromcom_like.csv", None);
}

#[test]
fn a_common_transfer_file_is_read() {
    check_sample("school_ctf.xml", None);
    let (plan, ..) = import("school_ctf.xml", None, &[]);
    let row = plan.rows.iter().find(|row| row.number == 11).unwrap();
    assert!(matches!(&row.action, Action::New(child) if child.sensitive));
}

#[test]
fn every_trap_is_seen() {
    check_sample("traps.csv", None);
    let (plan, columns, table) = import("traps.csv", None, &[]);
    assert_eq!(plan.slips.len(), 1);
    let message = plan.slips[0].message(&table, &columns);
    assert!(
        message.starts_with("Columns appear to have moved one column to the right from row 53 on"),
        "{message}"
    );
}

#[test]
fn the_list_of_a_month_later_shows_exactly_what_differs() {
    let expected = expected();
    let held = after(import("canonical.csv", None, &[]).0, Vec::new());
    let (plan, columns, _) = import("second_import.csv", None, &held);
    let report = report(&plan, &columns, Vec::new());
    compare_rows("second_import.csv", &expected, &plan, &report);
    compare_samples("second_import.csv", &expected, &plan, &held);
    let file = &expected["files"]["second_import.csv"];
    assert_eq!(
        serde_json::to_value(&report.counts.changed).unwrap(),
        file["changed"]
    );
    assert_eq!(
        report.counts.unchanged as u64,
        file["unchanged"].as_u64().unwrap()
    );
    let mut left: Vec<String> = plan
        .leavers
        .iter()
        .map(|place| held[*place].child.person.full_name())
        .collect();
    left.sort();
    let mut wanted: Vec<String> = file["proposed_to_have_left"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["given_name"].as_str().unwrap(),
                one["family_name"].as_str().unwrap()
            )
        })
        .collect();
    wanted.sort();
    assert_eq!(left, wanted);
    assert_eq!(after(plan, held).len(), 123);
}
