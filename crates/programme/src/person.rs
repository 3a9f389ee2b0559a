//! Who a child is: the part of the record that is encrypted.
//!
//! A `Person` exists in the clear only in memory, for as long as one piece of work needs it, and is
//! overwritten when dropped.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::particulars::Particulars;
use crate::{NhsNumber, Postcode, Upn};

/// The identity of one child.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Person {
    /// NHS number, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<NhsNumber>,
    /// Unique pupil number, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<Upn>,
    /// Given name or names, as supplied.
    pub given_name: String,
    /// Family name, as supplied.
    pub family_name: String,
    /// The name the child goes by, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub preferred_name: String,
    /// Date of birth.
    #[zeroize(skip)]
    pub date_of_birth: NaiveDate,
    /// Address without town and postcode, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address_lines: Vec<String>,
    /// Town, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub town: String,
    /// Home postcode, where readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<Postcode>,
    /// Parents and carers, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// Class, home area and other details that are sealed with the name.
    #[serde(default, skip_serializing_if = "Particulars::is_empty")]
    pub particulars: Particulars,
}

/// A parent or carer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Contact {
    /// Title ("Mrs"), or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Full name, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Relationship to the child in words, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub relationship: String,
    /// Email address, when there is a usable one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number as written, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Postal address where it differs from the child's, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postal_address: Vec<String>,
    /// Preferred language in words, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// Preferred format ("large print"), or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// Whether letters may go to this contact.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub send_letters: bool,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde calls"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

impl Default for Contact {
    fn default() -> Self {
        Self {
            title: String::new(),
            name: String::new(),
            relationship: String::new(),
            email: None,
            phone: String::new(),
            postal_address: Vec::new(),
            language: String::new(),
            format: String::new(),
            send_letters: true,
        }
    }
}

impl Contact {
    /// Whether nothing is known of the contact.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty()
            && self.email.is_none()
            && self.phone.is_empty()
            && self.postal_address.is_empty()
    }

    /// Title and name, as on an envelope.
    pub fn addressed_as(&self) -> String {
        if self.title.is_empty() {
            self.name.clone()
        } else {
            format!("{} {}", self.title, self.name)
        }
    }
}

impl Person {
    /// Given and family name, in that order.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// The name the child is called by, else the given name.
    pub fn called(&self) -> &str {
        if self.preferred_name.is_empty() {
            &self.given_name
        } else {
            &self.preferred_name
        }
    }

    /// The first contact to whom a letter can be sent by email.
    pub fn letter_contact(&self) -> Option<&Contact> {
        self.contacts
            .iter()
            .find(|contact| contact.send_letters && contact.email.is_some())
    }
}

/// Shows nothing, so that a value in a log or a panic gives nobody away.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// Shows nothing, so that a value in a log or a panic gives nobody away.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(…)")
    }
}
