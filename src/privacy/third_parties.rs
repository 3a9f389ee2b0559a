//! What a child's file says of other people: left out until the person who answers has decided otherwise.
//!
//! A parent who asks may get everything about the child and about themself, but not the other parent's telephone number,
//! nor the address to which that parent has moved. So every detail of a contact, the home address and the names of staff
//! stay out of the file unless they were ticked, one by one.

use std::collections::BTreeSet;

use serde::Serialize;

use programme::{Contact, Person};

/// What the file shows in place of a detail that was left out.
pub(super) const LEFT_OUT: &str = "Left out: it is about another person";

/// What it shows in place of a name of staff.
const STAFF: &str = "a member of staff";

/// The word for the names of staff among the ticked details.
const STAFF_KEY: &str = "staff";

/// A detail about another person, for the one who decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// What is sent back when it is ticked, such as `7.contact-0.email`.
    pub key: String,
    /// What it is: "Email address of Sam Example (mother)".
    pub label: String,
    /// What it says.
    pub value: String,
}

/// The details that were ticked.
#[derive(Clone, Debug, Default)]
pub struct Ticked(BTreeSet<String>);

impl Ticked {
    /// From the values of a form.
    pub fn new<'a>(keys: impl Iterator<Item = &'a str>) -> Self {
        Self(keys.map(str::to_owned).collect())
    }

    /// Whether a detail goes into the file.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    /// The name of somebody on the staff as the file shows it.
    pub fn staff(&self, name: &str) -> String {
        if self.has(STAFF_KEY) {
            name.to_owned()
        } else {
            STAFF.to_owned()
        }
    }

    /// How many of these details go into the file, for the ledger; never what they say.
    pub fn in_words(&self, details: &[Detail]) -> String {
        let included = details
            .iter()
            .filter(|detail| self.has(&detail.key))
            .count();
        let staff = if self.has(STAFF_KEY) {
            "names of staff included"
        } else {
            "names of staff left out"
        };
        format!(
            "everything held about the child; about other people {included} of {} details; {staff}",
            details.len()
        )
    }
}

/// Every detail about other people that a child's record holds, in the order in which the file shows them.
pub(super) fn details(pupil: i64, person: &Person) -> Vec<Detail> {
    let mut details = Vec::new();
    let address = address_of(person);
    if !address.is_empty() {
        details.push(Detail {
            key: format!("{pupil}.address"),
            label: "Home address: another person may live there".to_owned(),
            value: address,
        });
    }
    for (index, contact) in person.contacts.iter().enumerate() {
        let who = format!("contact {}", index + 1);
        details.extend(
            contact_fields(contact)
                .into_iter()
                .map(|(field, words, value)| Detail {
                    key: format!("{pupil}.contact-{index}.{field}"),
                    label: format!("{words} of {who}"),
                    value,
                }),
        );
    }
    details
}

/// The home address in one line.
fn address_of(person: &Person) -> String {
    let mut lines: Vec<String> = person.address_lines.clone();
    lines.push(person.town.clone());
    lines.extend(person.postcode.as_ref().map(ToString::to_string));
    lines.retain(|line| !line.is_empty());
    lines.join(", ")
}

/// The details of a contact that are known: the word in the form, what it is, what it says.
fn contact_fields(contact: &Contact) -> Vec<(&'static str, &'static str, String)> {
    let relationship = match contact.relationship.as_str() {
        "" => String::new(),
        words => format!(" ({words})"),
    };
    let name = contact.addressed_as();
    [
        (
            "name",
            "Name",
            if name.is_empty() {
                name
            } else {
                format!("{name}{relationship}")
            },
        ),
        (
            "email",
            "Email address",
            contact.email.clone().unwrap_or_default(),
        ),
        ("phone", "Telephone number", contact.phone.clone()),
        ("post", "Postal address", contact.postal_address.join(", ")),
        (
            "language",
            "Language and format",
            [contact.language.as_str(), contact.format.as_str()]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
        ),
    ]
    .into_iter()
    .filter(|(_, _, value)| !value.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Person {
        serde_json::from_value(serde_json::json!({
            "given_name": "Zara", "family_name": "Khan", "date_of_birth": "2021-10-01",
            "address_lines": ["27 Orchard Street"], "town": "Northbridge",
            "contacts": [
                {"title": "Ms", "name": "Amina Khan", "relationship": "mother", "email": "amina@example.org"},
                {"name": "Bilal Khan", "phone": "07700 900123", "language": "Urdu"},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn every_detail_of_every_contact_is_asked_about_by_itself() {
        let details = details(7, &person());
        let keys: Vec<&str> = details.iter().map(|detail| detail.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "7.address",
                "7.contact-0.name",
                "7.contact-0.email",
                "7.contact-1.name",
                "7.contact-1.phone",
                "7.contact-1.language",
            ]
        );
        assert_eq!(details[1].value, "Ms Amina Khan (mother)");
    }

    #[test]
    fn nothing_is_included_that_was_not_ticked() {
        let details = details(7, &person());
        let none = Ticked::default();
        assert!(details.iter().all(|detail| !none.has(&detail.key)));
        assert_eq!(none.staff("A Nurse"), "a member of staff");
        let some = Ticked::new(["7.contact-0.email", "staff"].into_iter());
        assert_eq!(some.staff("A Nurse"), "A Nurse");
        assert_eq!(
            some.in_words(&details),
            "everything held about the child; about other people 1 of 6 details; names of staff included"
        );
    }
}
