//! Parents and carers of one row.

use crate::code::Code;
use crate::columns::field::{Field, MOST_PARENTS, ParentPart};
use crate::row::checker::RowChecker;
use crate::row::names::{ContactName, is_title, read_contact_name};
use programme::Contact;
use programme::{EmailReading, LONGEST_NAME, PhoneReading, split_block, text};

/// Relationships of people who get no letters about a child's results, unless
/// the list says that they do.
const NOT_FAMILY: [&str; 14] = [
    "childminder",
    "child minder",
    "doctor",
    "gp",
    "head teacher",
    "headteacher",
    "teacher",
    "social worker",
    "health visitor",
    "religious contact",
    "neighbour",
    "friend",
    "family friend",
    "nanny",
];

/// Relationships that may stand in brackets behind a name.
const FAMILY: [&str; 16] = [
    "mother",
    "father",
    "mum",
    "dad",
    "mummy",
    "daddy",
    "step mother",
    "step father",
    "stepmother",
    "stepfather",
    "grandmother",
    "grandfather",
    "carer",
    "guardian",
    "foster carer",
    "parent",
];

/// A contact with its place among the child's contacts, when the list says it.
#[derive(Clone)]
pub(crate) struct Ranked {
    pub(crate) priority: Option<u8>,
    pub(crate) contact: Contact,
}

/// Reads every contact of a row, the first to turn to first; those of which
/// nothing is known are left out.
pub(crate) fn read_contacts(row: &mut RowChecker<'_, '_>) -> Vec<Ranked> {
    let mut contacts: Vec<Ranked> = (1..=MOST_PARENTS)
        .filter_map(|number| read_contact(row, number))
        .collect();
    in_order(&mut contacts);
    contacts
}

/// Puts contacts in the order of their priorities, when all have one.
pub(crate) fn in_order(contacts: &mut [Ranked]) {
    if contacts.iter().all(|ranked| ranked.priority.is_some()) {
        contacts.sort_by_key(|ranked| ranked.priority);
    }
}

fn read_contact(row: &mut RowChecker<'_, '_>, number: u8) -> Option<Ranked> {
    if !row.has_any_parent_column(number) {
        return None;
    }
    let part = |part| Field::Parent(number, part);
    let mut contact = Contact::default();
    let aside = read_name(row, number, &mut contact);
    contact.relationship = row.text(part(ParentPart::Relationship));
    if contact.relationship.is_empty() {
        contact.relationship = if FAMILY.contains(&text::label(&aside).as_str()) {
            aside
        } else {
            row.implied_relationship(number).to_owned()
        };
    }
    contact.language = row.text(part(ParentPart::Language));
    contact.format = row.text(part(ParentPart::Format));
    contact.email = read_email(row, part(ParentPart::Email));
    contact.phone = read_phone(row, part(ParentPart::Phone));
    contact.postal_address = read_postal_address(row, part(ParentPart::Address));
    let letters = row.text(part(ParentPart::Letters)).to_lowercase();
    contact.send_letters = match letters.as_str() {
        "no" | "n" | "false" | "0" => false,
        "" => !NOT_FAMILY.contains(&text::label(&contact.relationship).as_str()),
        _ => true,
    };
    let priority = row
        .text(part(ParentPart::Priority))
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .ok();
    (!contact.is_empty()).then_some(Ranked { priority, contact })
}

/// Reads the title and name of a contact, and returns what stands beside the name in brackets.
fn read_name(row: &mut RowChecker<'_, '_>, number: u8, contact: &mut Contact) -> String {
    let part = |part| Field::Parent(number, part);
    contact.title = row.text(part(ParentPart::Title));
    let name = row.text(part(ParentPart::Name));
    let given_and_family = [
        row.text(part(ParentPart::Given)),
        row.text(part(ParentPart::Family)),
    ];
    let name = if name.is_empty() {
        given_and_family
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    } else {
        name
    };
    // "Mr & Mrs Smith" under the heading "Salutation".
    let name = if name.is_empty() && !contact.title.is_empty() && !is_title(&contact.title) {
        std::mem::take(&mut contact.title)
    } else {
        name
    };
    let ContactName { title, name, aside } = read_contact_name(name);
    if name.chars().count() > LONGEST_NAME {
        let (column, _) = row.raw(part(ParentPart::Name));
        row.find(Code::NameTooLong, column, || {
            format!("The name of a parent or carer is longer than {LONGEST_NAME} characters. Enter the name alone.")
        });
    }
    contact.name = name;
    if contact.title.is_empty() {
        contact.title = title;
    }
    aside
}

fn read_postal_address(row: &mut RowChecker<'_, '_>, field: Field) -> Vec<String> {
    let (column, address) = row.raw(field);
    if address.trim().is_empty() {
        return Vec::new();
    }
    row.note_formula(column, address);
    let block = split_block(address);
    block
        .lines
        .into_iter()
        .chain(block.town)
        .chain(block.postcode.map(|p| p.to_string()))
        .collect()
}

fn read_email(row: &mut RowChecker<'_, '_>, field: Field) -> Option<String> {
    let (column, cell) = row.raw(field);
    match programme::read_email(cell) {
        EmailReading::None => None,
        EmailReading::One {
            address,
            trailing_dot,
        } => {
            if trailing_dot {
                row.find(Code::EmailTrailingDot, column, || {
                    "The full stop after the email address was dropped.".to_owned()
                });
            }
            Some(address)
        }
        EmailReading::Several { first } => {
            row.find(Code::SeveralEmails, column, || {
                format!(
                    "“{}” holds several email addresses: {first} is used, the others are given to nobody. Put one address in each cell.",
                    text::clean(cell)
                )
            });
            Some(first)
        }
        EmailReading::Unusable => {
            row.find(Code::EmailUnusable, column, || {
                format!("“{}” is not an email address, so it was left out. It should look like name@example.org.", text::clean(cell))
            });
            None
        }
    }
}

fn read_phone(row: &mut RowChecker<'_, '_>, field: Field) -> String {
    let (column, cell) = row.raw(field);
    match programme::read_phone(cell) {
        PhoneReading::None => String::new(),
        PhoneReading::Number {
            number,
            zero_restored,
        } => {
            if zero_restored {
                row.find(Code::PhoneZeroRestored, column, || {
                    "The telephone's leading 0 was put back.".to_owned()
                });
            }
            number
        }
        PhoneReading::Unusable => {
            row.find(Code::PhoneUnusable, column, || {
                format!(
                    "“{}” is not a telephone number; it was kept as it is.",
                    text::clean(cell)
                )
            });
            text::clean(cell).into_owned()
        }
    }
}
