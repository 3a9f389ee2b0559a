//! One pupil of a Common Transfer File, filled element by element.

/// One pupil while it is read.
#[derive(Default)]
pub(super) struct Pupil {
    pub(super) upn: String,
    pub(super) surname: String,
    pub(super) legal_surname: String,
    pub(super) forename: String,
    pub(super) legal_forename: String,
    pub(super) preferred: String,
    pub(super) birth: String,
    pub(super) sex: String,
    pub(super) year: String,
    pub(super) class: String,
    pub(super) ethnicity: String,
    pub(super) in_care: String,
    pub(super) address: Address,
    /// An address or telephone of the pupil's own.
    pub(super) email: String,
    pub(super) contacts: Vec<Contact>,
}

/// An address while it is read.
#[derive(Default)]
pub(super) struct Address {
    /// House, street and so on, in the order they came.
    pub(super) lines: Vec<String>,
    /// Flat, house name and number, which belong before the street.
    pub(super) house: String,
    pub(super) town: String,
    pub(super) postcode: String,
}

/// A contact while it is read.
#[derive(Default)]
pub(super) struct Contact {
    pub(super) order: String,
    pub(super) title: String,
    pub(super) surname: String,
    pub(super) forename: String,
    pub(super) relationship: String,
    pub(super) responsibility: String,
    pub(super) phone: String,
    pub(super) email: String,
    pub(super) address: Address,
}

impl Address {
    /// The lines, with the house before the street.
    pub(super) fn into_lines(self) -> Vec<String> {
        let mut lines = self.lines;
        if !self.house.is_empty() {
            match lines.first_mut() {
                Some(first) => *first = format!("{} {first}", self.house),
                None => lines.push(self.house),
            }
        }
        lines
    }
}

/// Puts the text of one element where it belongs.
pub(super) fn take_value(pupil: &mut Pupil, path: &[String], name: &str, text: &str) {
    let within = |element: &str| path.iter().any(|parent| parent == element);
    if within("Contacts") {
        if let Some(contact) = pupil.contacts.last_mut() {
            take_contact_value(contact, within("Address"), name, text);
        }
        return;
    }
    if within("Address") {
        take_address_value(&mut pupil.address, name, text);
        return;
    }
    let target = match name {
        "UPN" => &mut pupil.upn,
        "Surname" => &mut pupil.surname,
        "LegalSurname" => &mut pupil.legal_surname,
        "Forename" => &mut pupil.forename,
        "LegalForename" | "LegalForenames" => &mut pupil.legal_forename,
        "PreferredForename" => &mut pupil.preferred,
        "DOB" => &mut pupil.birth,
        "Gender" | "Sex" => &mut pupil.sex,
        "NCyearActual" => &mut pupil.year,
        "ClassName" | "RegGroup" | "RegistrationGroup" => &mut pupil.class,
        "Ethnicity" => &mut pupil.ethnicity,
        "InCare" => &mut pupil.in_care,
        "Email" => &mut pupil.email,
        _ => return,
    };
    if target.is_empty() {
        text.clone_into(target);
    }
}

fn take_contact_value(contact: &mut Contact, in_address: bool, name: &str, text: &str) {
    if in_address {
        take_address_value(&mut contact.address, name, text);
        return;
    }
    let target = match name {
        "Order" => &mut contact.order,
        "Title" => &mut contact.title,
        "Surname" => &mut contact.surname,
        "Forename" => &mut contact.forename,
        "Relationship" => &mut contact.relationship,
        "Responsibility" => &mut contact.responsibility,
        "PhoneNo" => &mut contact.phone,
        "Email" => &mut contact.email,
        _ => return,
    };
    if target.is_empty() {
        text.clone_into(target);
    }
}

fn take_address_value(address: &mut Address, name: &str, text: &str) {
    match name {
        "AddressLine1" | "AddressLine2" | "AddressLine3" | "AddressLine4" | "AddressLine5"
        | "Street" | "Locality" => {
            address.lines.push(text.to_owned());
        }
        "SAON" | "PAON" => {
            if !address.house.is_empty() {
                address.house.push(' ');
            }
            address.house.push_str(text);
        }
        "Town" | "PostTown" => text.clone_into(&mut address.town),
        "PostCode" | "Postcode" => text.clone_into(&mut address.postcode),
        _ => {}
    }
}
