//! Children as a file in the canonical columns: what reading such a file gives back.

use std::io::Write;

use programme::Contact;

use crate::row::child::RosterChild;

/// Writes children in the canonical columns, every cell harmless to a
/// spreadsheet. UTF-8 with a byte-order mark.
pub fn write_canonical(children: &[RosterChild], mut out: impl Write) -> Result<(), csv::Error> {
    out.write_all("\u{feff}".as_bytes())?;
    let parents = children
        .iter()
        .map(|child| child.person.contacts.len())
        .max()
        .unwrap_or(0)
        .max(2);
    let mut writer = csv::Writer::from_writer(out);
    tabular::write_csv_row(&mut writer, headings(parents))?;
    for child in children {
        tabular::write_csv_row(&mut writer, cells(child, parents))?;
    }
    writer.flush()?;
    Ok(())
}

fn headings(parents: usize) -> Vec<String> {
    let mut headings: Vec<String> = [
        "URN",
        "UPN",
        "NHS number",
        "Given name",
        "Family name",
        "Preferred name",
        "Date of birth",
        "Sex",
        "Year group",
        "Class",
        "Ethnicity",
        "Address line 1",
        "Address line 2",
        "Town",
        "Postcode",
    ]
    .map(str::to_owned)
    .to_vec();
    for number in 1..=parents {
        for part in [
            "title",
            "name",
            "relationship",
            "email",
            "phone",
            "language",
        ] {
            headings.push(format!("Parent {number} {part}"));
        }
    }
    headings
}

fn cells(child: &RosterChild, parents: usize) -> Vec<String> {
    let nobody = Contact::default();
    let person = &child.person;
    let text = |value: Option<String>| value.unwrap_or_default();
    let mut cells = vec![
        child.urn.to_string(),
        text(person.upn.as_ref().map(ToString::to_string)),
        text(person.nhs_number.as_ref().map(ToString::to_string)),
        person.given_name.clone(),
        person.family_name.clone(),
        person.preferred_name.clone(),
        person.date_of_birth.to_string(),
        child.sex.code().to_owned(),
        child.year_group.code().to_owned(),
        child.class.clone(),
        text(child.ethnicity.map(|ethnicity| ethnicity.to_string())),
        person.address_lines.first().cloned().unwrap_or_default(),
        person
            .address_lines
            .get(1..)
            .map(|lines| lines.join(", "))
            .unwrap_or_default(),
        person.town.clone(),
        text(person.postcode.as_ref().map(ToString::to_string)),
    ];
    for index in 0..parents {
        let contact = person.contacts.get(index).unwrap_or(&nobody);
        cells.extend([
            contact.title.clone(),
            contact.name.clone(),
            contact.relationship.clone(),
            contact.email.clone().unwrap_or_default(),
            contact.phone.clone(),
            contact.language.clone(),
        ]);
    }
    cells
}
