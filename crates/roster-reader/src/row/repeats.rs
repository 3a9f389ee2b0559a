//! Children who stand on several rows, one for each contact.
//!
//! Several systems write a row for every contact of a child, with the child's own cells repeated or
//! left blank. Contacts are moved to the child's first row; the later rows stay duplicates of the
//! child, so that nothing is counted twice. Where a list has columns for a second contact, a repeated
//! row is not one for a further contact: its contacts are reported and not added.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::code::{Code, Finding};
use crate::columns::field::MOST_PARENTS;
use crate::row::checked::{CheckedRow, Reading, Verdict};
use crate::row::child::RosterChild;
use crate::row::contacts::{Ranked, in_order};
use crate::row::kind::NotAChild;
use programme::Contact;
use programme::text;

/// Takes the contacts of later rows to the first row of the same child.
/// `one_each` when the list has columns for one contact only.
pub(crate) fn gather_contacts(rows: &mut [Reading], one_each: bool) {
    for (from, to) in later_rows(rows) {
        let (before, after) = rows.split_at_mut(from);
        let (first, later) = (&mut before[to], &mut after[0]);
        if one_each || matches!(later.row.verdict, Verdict::NotAChild(_)) {
            gather(first, later);
        } else {
            note_others(first, later);
        }
    }
}

/// Says that a repeated row names a contact whom the first does not.
fn note_others(first: &Reading, later: &mut Reading) {
    let (Verdict::Child(child), Verdict::Child(again)) = (&first.row.verdict, &later.row.verdict)
    else {
        return;
    };
    let known = |new: &Contact| {
        let held = &child.person.contacts;
        held.iter().any(|held| is_same_contact(held, new))
    };
    if again.person.contacts.iter().all(known) {
        return;
    }
    let number = first.row.number;
    later.row.findings.push(Finding {
        code: Code::ContactNotAdded,
        heading: None,
        message: format!(
            "The same child as row {number}, with another contact. It was not added: put it into the columns for a further contact of row {number}."
        ),
    });
}

/// The rows with contacts of a child that an earlier row describes: position,
/// and the position of that row.
fn later_rows(rows: &[Reading]) -> Vec<(usize, usize)> {
    let mut first_rows: HashMap<(NaiveDate, &str, &str), usize> =
        HashMap::with_capacity(rows.len());
    let mut later = Vec::new();
    let mut above = None;
    for (index, reading) in rows.iter().enumerate() {
        match &reading.row.verdict {
            Verdict::Child(child) => {
                let person = &child.person;
                let key = (
                    person.date_of_birth,
                    person.given_name.as_str(),
                    person.family_name.as_str(),
                );
                let first = *first_rows.entry(key).or_insert(index);
                if first != index && is_same(child, &rows[first]) {
                    later.push((index, first));
                    above = Some(first);
                } else {
                    above = Some(index);
                }
            }
            Verdict::NotAChild(NotAChild::Contact) => {
                later.extend(above.map(|first| (index, first)));
            }
            Verdict::Rejected(_) | Verdict::Skipped | Verdict::NotAChild(_) => above = None,
        }
    }
    later
}

/// Whether nothing but the name and date of birth speaks against one child.
fn is_same(child: &RosterChild, first: &Reading) -> bool {
    let Verdict::Child(other) = &first.row.verdict else {
        return false;
    };
    let (one, two) = (&child.person, &other.person);
    let agree = |a: Option<String>, b: Option<String>| a.is_none() || b.is_none() || a == b;
    child.urn == other.urn
        && agree(
            one.nhs_number.as_ref().map(ToString::to_string),
            two.nhs_number.as_ref().map(ToString::to_string),
        )
        && agree(
            one.upn.as_ref().map(ToString::to_string),
            two.upn.as_ref().map(ToString::to_string),
        )
}

fn gather(first: &mut Reading, later: &mut Reading) {
    let Verdict::Child(child) = &mut first.row.verdict else {
        return;
    };
    let number = first.row.number;
    let arriving = match &later.row.verdict {
        Verdict::Child(other) => ranked(&other.person.contacts, &later.priorities),
        _ => std::mem::take(&mut later.contacts),
    };
    let home_of_later = match &later.row.verdict {
        Verdict::Child(other) => home(other),
        _ => Vec::new(),
    };
    let elsewhere = !home_of_later.is_empty() && home_of_later != home(child);
    let mut contacts = ranked(&child.person.contacts, &first.priorities);
    let mut added = 0;
    let mut left_out = 0;
    for mut new in arriving {
        if contacts
            .iter()
            .any(|held| is_same_contact(&held.contact, &new.contact))
        {
            continue;
        }
        if contacts.len() >= usize::from(MOST_PARENTS) {
            left_out += 1;
            continue;
        }
        // The address of a row that only stands there for this contact.
        if elsewhere && new.contact.postal_address.is_empty() {
            new.contact.postal_address.clone_from(&home_of_later);
        }
        contacts.push(new);
        added += 1;
    }
    if added + left_out == 0 {
        return;
    }
    in_order(&mut contacts);
    first.priorities = contacts.iter().map(|ranked| ranked.priority).collect();
    child.person.contacts = contacts.into_iter().map(|ranked| ranked.contact).collect();
    say(&mut later.row, number, left_out);
}

fn ranked(contacts: &[Contact], priorities: &[Option<u8>]) -> Vec<Ranked> {
    contacts
        .iter()
        .enumerate()
        .map(|(index, contact)| Ranked {
            priority: priorities.get(index).copied().flatten(),
            contact: contact.clone(),
        })
        .collect()
}

fn home(child: &RosterChild) -> Vec<String> {
    let person = &child.person;
    person
        .address_lines
        .iter()
        .cloned()
        .chain((!person.town.is_empty()).then(|| person.town.clone()))
        .chain(person.postcode.as_ref().map(ToString::to_string))
        .collect()
}

fn is_same_contact(one: &Contact, two: &Contact) -> bool {
    let name = |contact: &Contact| text::folded(&contact.addressed_as());
    name(one) == name(two) && one.email == two.email && one.phone == two.phone
}

fn say(row: &mut CheckedRow, first: u32, left_out: usize) {
    row.findings.push(if left_out == 0 {
        Finding {
            code: Code::ContactAdded,
            heading: None,
            message: format!("A further contact of the child in row {first}, added there."),
        }
    } else {
        Finding {
            code: Code::ContactLeftOut,
            heading: None,
            message: format!(
                "The child in row {first} has {MOST_PARENTS} contacts already, so the one of this row was left out."
            ),
        }
    });
}
