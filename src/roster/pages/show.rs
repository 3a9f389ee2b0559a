//! Rows of a plan as a page shows them: the row number first, then the name,
//! then what would be done.

use serde_json::{Value, json};

use super::super::import::Prepared;
use super::shared::ROWS_A_PAGE;
use crate::web::Pager;
use programme::{Contact, Person};
use roster_reader::plan::{Action, PlannedRow};
use roster_reader::{code::Strength, matching::merge::Change, row::child::RosterChild};

/// The parts of a preview, in the order in which they need looking at: address
/// word, title, status.
pub(super) const PARTS: [(&str, &str, &str); 9] = [
    ("problems", "Rows with problems", "rejected"),
    ("review", "Close matches", "review"),
    ("warnings", "Rows with a warning", "warning"),
    ("movers", "In another school", "mover"),
    ("changed", "Changed", "changed"),
    ("leavers", "No longer in this list", "leaver"),
    ("new", "New", "new"),
    ("unchanged", "Unchanged", "matched"),
    ("others", "Left out", "skipped"),
];

/// The part of the preview a row belongs to; one with a warning is in that part
/// as well.
fn part_of(row: &PlannedRow) -> &'static str {
    match &row.action {
        Action::Rejected => "problems",
        Action::Review { .. } => "review",
        Action::Changed { changes, .. } if changes.contains(&Change::School) => "movers",
        Action::Changed { .. } => "changed",
        Action::New(_) => "new",
        Action::Unchanged { .. } => "unchanged",
        Action::Duplicate { .. } | Action::Skipped | Action::NotAChild(_) => "others",
    }
}

fn belongs(row: &PlannedRow, part: &str) -> bool {
    if part == "warnings" {
        return !matches!(row.action, Action::Rejected | Action::Skipped)
            && row.has(Strength::Warning);
    }
    part_of(row) == part
}

/// Whether the preview of an import has a part of this name.
pub(super) fn is_part(word: &str) -> bool {
    PARTS.iter().any(|(part, ..)| *part == word)
}

/// How many rows each part has.
pub(super) fn part_counts(prepared: &Prepared) -> Vec<Value> {
    PARTS
        .iter()
        .map(|(word, title, status)| {
            let count = if *word == "leavers" {
                prepared.plan.leavers.len()
            } else {
                prepared
                    .plan
                    .rows
                    .iter()
                    .filter(|row| belongs(row, word))
                    .count()
            };
            json!({"word": word, "title": title, "status": status, "count": count})
        })
        .collect()
}

/// One page of a part.
pub(super) fn rows_of(prepared: &Prepared, part: &str, pager: Pager) -> Vec<Value> {
    let (skip, rows_a_page) = ((pager.first - 1) as usize, ROWS_A_PAGE as usize);
    if part == "leavers" {
        return prepared
            .plan
            .leavers
            .iter()
            .skip(skip)
            .take(rows_a_page)
            .map(|place| {
                let child = &prepared.held[*place].child;
                json!({"row": null, "name": child.person.full_name(), "what": place_in_school(child), "changes": [], "message": null})
            })
            .collect();
    }
    let rows = prepared.plan.rows.iter().filter(|row| belongs(row, part));
    rows.skip(skip)
        .take(rows_a_page)
        .map(|row| show(prepared, row))
        .collect()
}

fn show(prepared: &Prepared, row: &PlannedRow) -> Value {
    let (name, what, changes) = match &row.action {
        Action::New(child) | Action::Review { child, .. } => {
            (child.person.full_name(), place_in_school(child), Vec::new())
        }
        Action::Unchanged { held } => {
            let child = &prepared.held[*held].child;
            (child.person.full_name(), place_in_school(child), Vec::new())
        }
        Action::Changed {
            held,
            merged,
            changes,
        } => {
            let before = &prepared.held[*held].child;
            (
                before.person.full_name(),
                place_in_school(merged),
                differences(before, merged, changes),
            )
        }
        Action::Duplicate { of_row } => (
            String::new(),
            format!("The same child as row {of_row}"),
            Vec::new(),
        ),
        Action::Rejected => (String::new(), String::new(), Vec::new()),
        Action::Skipped => (String::new(), "Another year group".to_owned(), Vec::new()),
        Action::NotAChild(kind) => (
            String::new(),
            match kind.as_str() {
                "instruction" => "An instruction, not a child",
                "header" => "The headings again",
                "subheading" => "A subheading, not a child",
                "contact" => "A further contact of the child above",
                "note" => "A note, not a child",
                _ => "A total, not a child",
            }
            .to_owned(),
            Vec::new(),
        ),
    };
    json!({"row": row.number, "name": name, "what": what, "changes": changes, "message": row.message()})
}

fn place_in_school(child: &RosterChild) -> String {
    let class = if child.class.is_empty() {
        String::new()
    } else {
        format!(", {}", child.class)
    };
    format!("{}{class}, school {}", child.year_group, child.urn)
}

/// What a newer list changes, field by field.
fn differences(before: &RosterChild, after: &RosterChild, changes: &[Change]) -> Vec<Value> {
    changes
        .iter()
        .map(|change| {
            let said = |child: &RosterChild| said(child, *change);
            json!({"field": words(*change), "from": said(before), "to": said(after)})
        })
        .collect()
}

fn words(change: Change) -> &'static str {
    match change {
        Change::School => "School and class",
        Change::YearGroup => "Year group",
        Change::Class => "Class",
        Change::NhsNumber => "NHS number",
        Change::Upn => "UPN",
        Change::GivenName => "Given name",
        Change::FamilyName => "Family name",
        Change::PreferredName => "Preferred name",
        Change::DateOfBirth => "Date of birth",
        Change::Sex => "Sex",
        Change::Ethnicity => "Ethnicity",
        Change::Address => "Address",
        Change::Contacts => "Parents and carers",
        Change::Sensitive => "Marked sensitive",
        Change::Returned => "On roll again",
    }
}

fn said(child: &RosterChild, change: Change) -> String {
    let person = &child.person;
    match change {
        Change::School => place_in_school(child),
        Change::YearGroup => child.year_group.to_string(),
        Change::Class => child.class.clone(),
        Change::NhsNumber => person
            .nhs_number
            .as_ref()
            .map(programme::NhsNumber::spaced)
            .unwrap_or_default(),
        Change::Upn => person
            .upn
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        Change::GivenName => person.given_name.clone(),
        Change::FamilyName => person.family_name.clone(),
        Change::PreferredName => person.preferred_name.clone(),
        Change::DateOfBirth => person.date_of_birth.format("%-d %B %Y").to_string(),
        Change::Sex => sex(child).to_owned(),
        Change::Ethnicity => child
            .ethnicity
            .map(|ethnicity| ethnicity.label().to_owned())
            .unwrap_or_default(),
        Change::Address => address(person),
        Change::Contacts => person
            .contacts
            .iter()
            .map(contact)
            .collect::<Vec<_>>()
            .join("; "),
        Change::Sensitive => if child.sensitive { "yes" } else { "no" }.to_owned(),
        Change::Returned => String::new(),
    }
}

fn sex(child: &RosterChild) -> &'static str {
    match child.sex {
        programme::Sex::Female => "Female",
        programme::Sex::Male => "Male",
    }
}

fn address(person: &Person) -> String {
    let postcode = person.postcode.as_ref().map(ToString::to_string);
    let parts = person
        .address_lines
        .iter()
        .cloned()
        .chain([person.town.clone()])
        .chain(postcode);
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn contact(contact: &Contact) -> String {
    let parts = [
        contact.addressed_as(),
        contact.relationship.clone(),
        contact.email.clone().unwrap_or_default(),
        contact.phone.clone(),
    ];
    parts
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// A child as a column of facts, to be laid beside another.
pub(super) fn facts(child: &RosterChild) -> Vec<Value> {
    [
        Change::GivenName,
        Change::FamilyName,
        Change::PreferredName,
        Change::DateOfBirth,
        Change::Sex,
        Change::NhsNumber,
        Change::Upn,
        Change::School,
        Change::Ethnicity,
        Change::Address,
        Change::Contacts,
    ]
    .into_iter()
    .map(|fact| json!({"field": words(fact), "value": said(child, fact)}))
    .collect()
}
