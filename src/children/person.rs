//! What a child's page shows of the identity.

use chrono::NaiveDate;
use programme::{Contact, NhsNumber, Person};
use serde::Serialize;

/// What the page shows of the identity.
#[derive(Serialize)]
pub(super) struct PersonShown {
    name: String,
    preferred_name: String,
    born: NaiveDate,
    nhs_number: Option<String>,
    upn: Option<String>,
    address: Vec<String>,
    contacts: Vec<ContactShown>,
}

/// A parent or carer.
#[derive(Serialize)]
struct ContactShown {
    name: String,
    relationship: String,
    email: Option<String>,
    phone: String,
    language: String,
    send_letters: bool,
}

impl PersonShown {
    pub(super) fn of(person: &Person) -> Self {
        let mut address = person.address_lines.clone();
        address.push(person.town.clone());
        address.extend(person.postcode.as_ref().map(ToString::to_string));
        address.retain(|line| !line.is_empty());
        Self {
            name: person.full_name(),
            preferred_name: person.preferred_name.clone(),
            born: person.date_of_birth,
            nhs_number: person.nhs_number.as_ref().map(NhsNumber::spaced),
            upn: person.upn.as_ref().map(ToString::to_string),
            address,
            contacts: person.contacts.iter().map(ContactShown::of).collect(),
        }
    }
}

impl ContactShown {
    fn of(contact: &Contact) -> Self {
        Self {
            name: contact.addressed_as(),
            relationship: contact.relationship.clone(),
            email: contact.email.clone(),
            phone: contact.phone.clone(),
            language: contact.language.clone(),
            send_letters: contact.send_letters,
        }
    }
}
