//! Parents and carers of one row.

use super::check::RowChecker;
use super::code::Code;
use super::field::{Field, MOST_PARENTS, ParentPart};
use crate::fields::{self, EmailReading, PhoneReading, split_block, text};
use crate::identity::Contact;

const TITLES: [&str; 17] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "rev",
    "revd",
    "reverend",
    "sir",
    "lady",
    "lord",
    "dame",
    "master",
    "mstr",
];

/// Reads every contact of a row; those of which nothing is known are left out.
pub(super) fn read_contacts(row: &mut RowChecker<'_, '_>) -> Vec<Contact> {
    (1..=MOST_PARENTS)
        .filter_map(|number| read_contact(row, number))
        .collect()
}

fn read_contact(row: &mut RowChecker<'_, '_>, number: u8) -> Option<Contact> {
    let part = |part| Field::Parent(number, part);
    if !row.has_any_parent_column(number) {
        return None;
    }
    let mut contact = Contact::default();
    contact.title = row.text(part(ParentPart::Title));
    let name = row.text(part(ParentPart::Name));
    contact.name = if name.is_empty() {
        let (given, family) = (
            row.text(part(ParentPart::Given)),
            row.text(part(ParentPart::Family)),
        );
        [given, family]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    } else {
        turned_round(name)
    };
    if contact.title.is_empty()
        && let Some((title, rest)) = split_title(&contact.name)
    {
        (contact.title, contact.name) = (title.to_owned(), rest.to_owned());
    }
    contact.relationship = row.text(part(ParentPart::Relationship));
    contact.language = row.text(part(ParentPart::Language));
    contact.format = row.text(part(ParentPart::Format));
    contact.email = read_email(row, part(ParentPart::Email));
    contact.phone = read_phone(row, part(ParentPart::Phone));
    let (column, address) = row.raw(part(ParentPart::Address));
    if !address.trim().is_empty() {
        row.note_formula(column, address);
        let block = split_block(address);
        contact.postal_address = block
            .lines
            .into_iter()
            .chain(block.town)
            .chain(block.postcode.map(|p| p.to_string()))
            .collect();
    }
    let letters = row.text(part(ParentPart::Letters)).to_lowercase();
    contact.send_letters = !matches!(letters.as_str(), "no" | "n" | "false" | "0");
    (!contact.is_empty()).then_some(contact)
}

/// "Wright, Alfie" as "Alfie Wright".
fn turned_round(name: String) -> String {
    match name.split_once(", ") {
        Some((family, given)) if !given.contains(',') && !family.is_empty() => {
            format!("{given} {family}")
        }
        _ => name,
    }
}

fn split_title(name: &str) -> Option<(&str, &str)> {
    let (first, rest) = name.split_once(' ')?;
    let bare = first.trim_end_matches('.').to_ascii_lowercase();
    (TITLES.contains(&bare.as_str()) && !rest.is_empty())
        .then_some((first.trim_end_matches('.'), rest))
}

fn read_email(row: &mut RowChecker<'_, '_>, field: Field) -> Option<String> {
    let (column, cell) = row.raw(field);
    match fields::read_email(cell) {
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
    match fields::read_phone(cell) {
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
