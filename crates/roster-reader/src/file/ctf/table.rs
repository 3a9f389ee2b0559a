//! The table that a Common Transfer File becomes: its columns, and a row for each pupil.

use tabular::{ReadError, TableBuilder};

use super::pupil::{Contact, Pupil};
use crate::columns::field::{Field, MOST_PARENTS, ParentPart};

/// The columns of the table.
pub(super) fn columns() -> Vec<Field> {
    let mut columns = vec![
        Field::DfeNumber,
        Field::Upn,
        Field::GivenName,
        Field::FamilyName,
        Field::PreferredName,
        Field::DateOfBirth,
        Field::Sex,
        Field::YearGroup,
        Field::Class,
        Field::Ethnicity,
        Field::AddressLine(1),
        Field::AddressLine(2),
        Field::AddressLine(3),
        Field::Town,
        Field::Postcode,
        Field::Sensitive,
    ];
    for number in 1..=MOST_PARENTS {
        for part in [
            ParentPart::Title,
            ParentPart::Name,
            ParentPart::Relationship,
            ParentPart::Email,
            ParentPart::Phone,
            ParentPart::Address,
            ParentPart::Letters,
        ] {
            columns.push(Field::Parent(number, part));
        }
    }
    columns
}

/// Writes a pupil of the school as the next row.
pub(super) fn write_pupil(
    mut pupil: Pupil,
    school: &str,
    builder: &mut TableBuilder,
) -> Result<(), ReadError> {
    let or = |first: String, second: String| if first.is_empty() { second } else { first };
    let address = pupil.address;
    let (town, postcode) = (address.town.clone(), address.postcode.clone());
    let [first_line, second_line, last_line] = three_lines(address.into_lines());
    for cell in [
        school.to_owned(),
        pupil.upn,
        or(pupil.legal_forename, pupil.forename),
        or(pupil.legal_surname, pupil.surname),
        pupil.preferred,
        pupil.birth,
        pupil.sex,
        pupil.year,
        pupil.class,
        pupil.ethnicity,
        first_line,
        second_line,
        last_line,
        town,
        postcode,
        pupil.in_care,
    ] {
        builder.push(&cell)?;
    }
    pupil
        .contacts
        .sort_by_key(|contact| contact.order.parse::<u32>().unwrap_or(u32::MAX));
    for contact in pupil.contacts.into_iter().take(MOST_PARENTS.into()) {
        write_contact(contact, builder)?;
    }
    builder.end_row()
}

/// An address in three lines, the third of which holds the rest.
fn three_lines(lines: Vec<String>) -> [String; 3] {
    let mut lines = lines.into_iter();
    let mut next = || lines.next().unwrap_or_default();
    let (first, second) = (next(), next());
    [first, second, lines.collect::<Vec<_>>().join(", ")]
}

fn write_contact(contact: Contact, builder: &mut TableBuilder) -> Result<(), ReadError> {
    let (relationship, writes) = relationship(&contact.relationship);
    let letters = writes && contact.responsibility != "false" && contact.responsibility != "0";
    let name = [contact.forename, contact.surname]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    let town = contact.address.town.clone();
    let mut lines = contact.address.into_lines();
    lines.extend((!town.is_empty()).then_some(town));
    for cell in [
        contact.title,
        name.join(" "),
        relationship.to_owned(),
        contact.email,
        contact.phone,
        lines.join(", "),
        if letters { "" } else { "no" }.to_owned(),
    ] {
        builder.push(&cell)?;
    }
    Ok(())
}

/// A relationship code in words, and whether such a contact may have letters
/// about the child.
fn relationship(code: &str) -> (&str, bool) {
    match code {
        "MOT" => ("Mother", true),
        "FAT" => ("Father", true),
        "PAR" => ("Parent", true),
        "STM" => ("Stepmother", true),
        "STF" => ("Stepfather", true),
        "STP" => ("Step-parent", true),
        "FOM" => ("Foster mother", true),
        "FOF" => ("Foster father", true),
        "CAR" => ("Carer", true),
        "GUA" | "GRD" => ("Guardian", true),
        "REL" => ("Other relative", true),
        "FAM" => ("Other family member", true),
        "SEL" => ("Self", false),
        "CHM" => ("Childminder", false),
        "DOC" => ("Doctor", false),
        "HTC" => ("Head teacher", false),
        "SOW" | "SWR" => ("Social worker", false),
        "RLG" => ("Religious contact", false),
        "NBR" => ("Neighbour", false),
        "FRD" => ("Friend", false),
        "OTH" => ("Other contact", true),
        other => (other, true),
    }
}
