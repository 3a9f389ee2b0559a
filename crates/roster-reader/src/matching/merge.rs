//! What a newer list changes in a child already held.
//!
//! A blank cell in a newer list erases nothing. The exception is the address: when its first line or
//! its postcode changes, the whole address is replaced by the newer one.

use serde::{Deserialize, Serialize};

use crate::row::child::RosterChild;
use programme::{Contact, Person, Upn, text};

/// A part of a child's record in which a newer list differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// On another school's list: a move, which takes the class along.
    School,
    /// Year group.
    YearGroup,
    /// Class, within the school.
    Class,
    /// NHS number.
    NhsNumber,
    /// UPN.
    Upn,
    /// Given name.
    GivenName,
    /// Family name.
    FamilyName,
    /// Preferred name.
    PreferredName,
    /// Date of birth.
    DateOfBirth,
    /// Sex.
    Sex,
    /// Ethnic group.
    Ethnicity,
    /// Address.
    Address,
    /// Parents and carers.
    Contacts,
    /// Marked sensitive.
    Sensitive,
    /// Had left, and is on a list again.
    Returned,
}

impl Change {
    /// The stable word for it, as in reports: `family_name`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::YearGroup => "year_group",
            Self::Class => "class",
            Self::NhsNumber => "nhs_number",
            Self::Upn => "upn",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::PreferredName => "preferred_name",
            Self::DateOfBirth => "date_of_birth",
            Self::Sex => "sex",
            Self::Ethnicity => "ethnicity",
            Self::Address => "address",
            Self::Contacts => "contacts",
            Self::Sensitive => "sensitive",
            Self::Returned => "returned",
        }
    }
}

/// What a newer list changes, collected field by field.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn note(&mut self, changed: bool, change: Change) {
        if changed {
            self.0.push(change);
        }
    }
}

/// The child as it is after a newer list, and what that list changed.
pub fn merge(held: &RosterChild, newer: &RosterChild) -> (RosterChild, Vec<Change>) {
    let mut merged = held.clone();
    let mut changes = Changes::default();
    merge_record(&mut merged, held, newer, &mut changes);
    let (person, old, new) = (&mut merged.person, &held.person, &newer.person);
    merge_numbers(person, old, new, &mut changes);
    merge_names(person, old, new, &mut changes);
    person.date_of_birth = new.date_of_birth;
    changes.note(
        person.date_of_birth != old.date_of_birth,
        Change::DateOfBirth,
    );
    merge_address(person, old, new, &mut changes);
    merge_contacts(&mut person.contacts, &new.contacts);
    changes.note(
        contacts_differ(&person.contacts, &old.contacts),
        Change::Contacts,
    );
    (merged, changes.0)
}

/// Merges school, year group, class, sex, ethnic group and the mark of a sensitive record.
fn merge_record(
    merged: &mut RosterChild,
    held: &RosterChild,
    newer: &RosterChild,
    changes: &mut Changes,
) {
    let moved = held.urn != newer.urn;
    merged.urn = newer.urn;
    changes.note(moved, Change::School);
    merged.year_group = newer.year_group;
    changes.note(held.year_group != newer.year_group, Change::YearGroup);
    if moved || !newer.class.is_empty() {
        merged.class.clone_from(&newer.class);
    }
    changes.note(!moved && merged.class != held.class, Change::Class);
    merged.sex = newer.sex;
    changes.note(held.sex != newer.sex, Change::Sex);
    if newer.ethnicity.is_some() {
        merged.ethnicity = newer.ethnicity;
    }
    changes.note(merged.ethnicity != held.ethnicity, Change::Ethnicity);
    // The mark is taken off by a person, never by a list without it.
    merged.sensitive |= newer.sensitive;
    changes.note(merged.sensitive != held.sensitive, Change::Sensitive);
}

fn merge_numbers(person: &mut Person, old: &Person, new: &Person, changes: &mut Changes) {
    if new.nhs_number.is_some() {
        person.nhs_number.clone_from(&new.nhs_number);
    }
    changes.note(person.nhs_number != old.nhs_number, Change::NhsNumber);
    // A temporary UPN does not replace a lasting one.
    let replaces = new
        .upn
        .as_ref()
        .is_some_and(|upn| !upn.is_temporary() || old.upn.as_ref().is_none_or(Upn::is_temporary));
    if replaces {
        person.upn.clone_from(&new.upn);
    }
    changes.note(person.upn != old.upn, Change::Upn);
}

fn merge_names(person: &mut Person, old: &Person, new: &Person, changes: &mut Changes) {
    person.given_name.clone_from(&new.given_name);
    changes.note(person.given_name != old.given_name, Change::GivenName);
    person.family_name.clone_from(&new.family_name);
    changes.note(person.family_name != old.family_name, Change::FamilyName);
    if !new.preferred_name.is_empty() {
        person.preferred_name.clone_from(&new.preferred_name);
    }
    changes.note(
        person.preferred_name != old.preferred_name,
        Change::PreferredName,
    );
}

/// Replaces the whole address when its first line or its postcode differs, and else only what the
/// newer list gives.
fn merge_address(person: &mut Person, old: &Person, new: &Person, changes: &mut Changes) {
    let first_line_differs = new
        .address_lines
        .first()
        .is_some_and(|line| old.address_lines.first() != Some(line));
    let postcode_differs = new.postcode.is_some() && new.postcode != old.postcode;
    if first_line_differs || postcode_differs {
        person.address_lines.clone_from(&new.address_lines);
        person.town.clone_from(&new.town);
        person.postcode.clone_from(&new.postcode);
    } else {
        if new.address_lines.len() > 1
            && new.address_lines.join(", ") != old.address_lines.join(", ")
        {
            person.address_lines.clone_from(&new.address_lines);
        }
        if !new.town.is_empty() {
            person.town.clone_from(&new.town);
        }
    }
    let differs = (&person.address_lines, &person.town, &person.postcode)
        != (&old.address_lines, &old.town, &old.postcode);
    changes.note(differs, Change::Address);
}

/// Contact by contact: another name in a place is another contact; the same
/// name keeps what the newer list leaves blank.
fn merge_contacts(held: &mut Vec<Contact>, newer: &[Contact]) {
    for (place, contact) in newer.iter().enumerate() {
        match held.get_mut(place) {
            Some(old)
                if contact.name.is_empty()
                    || text::folded(&old.name) == text::folded(&contact.name) =>
            {
                let keep = |old: &mut String, new: &String| {
                    if !new.is_empty() {
                        old.clone_from(new);
                    }
                };
                keep(&mut old.title, &contact.title);
                keep(&mut old.name, &contact.name);
                keep(&mut old.relationship, &contact.relationship);
                keep(&mut old.phone, &contact.phone);
                keep(&mut old.language, &contact.language);
                keep(&mut old.format, &contact.format);
                if contact.email.is_some() {
                    old.email.clone_from(&contact.email);
                }
                if !contact.postal_address.is_empty() {
                    old.postal_address.clone_from(&contact.postal_address);
                }
                old.send_letters = contact.send_letters;
            }
            Some(old) => *old = contact.clone(),
            None => held.push(contact.clone()),
        }
    }
}

/// Whether anything but the spacing of a telephone number differs.
fn contacts_differ(a: &[Contact], b: &[Contact]) -> bool {
    let digits = |phone: &str| {
        phone
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
    };
    let same = |a: &Contact, b: &Contact| {
        let mut a = a.clone();
        if digits(&a.phone) == digits(&b.phone) {
            a.phone.clone_from(&b.phone);
        }
        a == *b
    };
    a.len() != b.len() || a.iter().zip(b).any(|(a, b)| !same(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use programme::{NhsNumber, Postcode, Urn, YearGroup};

    fn child() -> RosterChild {
        let mut contact = Contact::default();
        contact.name = "Ann Ng".to_owned();
        contact.phone = "07700 900123".to_owned();
        contact.email = Some("ann@example.org".to_owned());
        RosterChild {
            urn: Urn::parse("900101").unwrap(),
            year_group: YearGroup::Year6,
            class: "6A".to_owned(),
            sex: programme::Sex::Female,
            ethnicity: None,
            sensitive: false,
            person: Person {
                nhs_number: NhsNumber::parse("9990135614").ok(),
                upn: None,
                given_name: "Ava".to_owned(),
                family_name: "Ng".to_owned(),
                preferred_name: "Avie".to_owned(),
                date_of_birth: "2016-01-01".parse().unwrap(),
                address_lines: vec!["1 Road".to_owned(), "Village".to_owned()],
                town: "Town".to_owned(),
                postcode: Postcode::parse("EB1 4PU").ok(),
                contacts: vec![contact],
                particulars: programme::Particulars::default(),
            },
        }
    }

    #[test]
    fn blank_cells_erase_nothing() {
        let mut newer = child();
        newer.class.clear();
        newer.person.nhs_number = None;
        newer.person.preferred_name.clear();
        newer.person.contacts[0].email = None;
        newer.person.address_lines.truncate(1);
        newer.person.town.clear();
        let (merged, changes) = merge(&child(), &newer);
        assert_eq!(changes, []);
        assert_eq!(merged, child());
    }

    #[test]
    fn a_new_first_line_brings_the_whole_address() {
        let mut newer = child();
        newer.person.address_lines = vec!["2 Street".to_owned()];
        newer.person.town.clear();
        newer.person.postcode = None;
        let (merged, changes) = merge(&child(), &newer);
        assert_eq!(changes, [Change::Address]);
        assert_eq!(
            (merged.person.town.as_str(), &merged.person.postcode),
            ("", &None)
        );
    }

    #[test]
    fn a_move_takes_the_class_along_and_a_mark_is_not_lost() {
        let mut held = child();
        held.sensitive = true;
        let mut newer = child();
        newer.urn = Urn::parse("900102").unwrap();
        newer.class = "6T".to_owned();
        let (merged, changes) = merge(&held, &newer);
        assert_eq!(changes, [Change::School]);
        assert_eq!((merged.class.as_str(), merged.sensitive), ("6T", true));
    }

    #[test]
    fn another_name_is_another_contact_and_spacing_is_no_change() {
        let mut newer = child();
        newer.person.contacts[0].phone = "07700900123".to_owned();
        assert_eq!(merge(&child(), &newer).1, []);
        newer.person.contacts[0].name = "Bo Ng".to_owned();
        newer.person.contacts[0].email = None;
        let (merged, changes) = merge(&child(), &newer);
        assert_eq!(changes, [Change::Contacts]);
        assert_eq!(merged.person.contacts[0].email, None);
    }
}
