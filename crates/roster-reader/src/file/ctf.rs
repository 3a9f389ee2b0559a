//! The Common Transfer File: the XML in which schools pass pupils on.
//!
//! Read as a stream into the same kind of table as every other layout, with the
//! canonical headings, so that everything after it is the same. The one thing
//! to know: no document type and no entity is ever accepted, and what is read
//! has a limit in depth and length.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::columns::field::{Field, ParentPart};
use tabular::{Limits, ReadError, Table, TableBuilder, decode};

/// The deepest an element may stand; the format needs nine.
const DEEPEST: usize = 32;

/// The most contacts kept of one pupil.
const CONTACTS: usize = crate::columns::field::MOST_PARENTS as usize;

/// One pupil while it is read.
#[derive(Default)]
struct Pupil {
    upn: String,
    surname: String,
    legal_surname: String,
    forename: String,
    legal_forename: String,
    preferred: String,
    birth: String,
    sex: String,
    year: String,
    class: String,
    ethnicity: String,
    in_care: String,
    address: Address,
    /// An address or telephone of the pupil's own.
    email: String,
    contacts: Vec<Contact>,
}

#[derive(Default)]
struct Address {
    /// House, street and so on, in the order they came.
    lines: Vec<String>,
    /// Flat, house name and number, which belong before the street.
    house: String,
    town: String,
    postcode: String,
}

#[derive(Default)]
struct Contact {
    order: String,
    title: String,
    surname: String,
    forename: String,
    relationship: String,
    responsibility: String,
    phone: String,
    email: String,
    address: Address,
}

/// The columns of the table that comes out.
fn columns() -> Vec<Field> {
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
    for number in 1..=crate::columns::field::MOST_PARENTS {
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

/// Reads a Common Transfer File. The first row of the table are canonical
/// headings; the row at position *n* is the *n*th pupil, numbered *n*.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Table, ReadError> {
    limits.check_size(bytes.len() as u64)?;
    let text = decode(bytes)?;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().trim_text(false);
    let mut builder = TableBuilder::headed(limits, columns().into_iter().map(Field::label))?;
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let (mut authority, mut establishment) = (String::new(), String::new());
    let mut pupil = None;
    let mut is_ctf = false;
    loop {
        let position = reader.buffer_position();
        match reader.read_event().map_err(|_| ReadError::Xml(position))? {
            Event::Start(element) => {
                if path.len() >= DEEPEST {
                    return Err(ReadError::XmlDepth);
                }
                let name = element.local_name().as_ref().to_owned();
                is_ctf |= path.is_empty() && name == "CTfile";
                if path.is_empty() && !is_ctf {
                    return Err(ReadError::NotCtf);
                }
                match name.as_str() {
                    "Pupil" => pupil = Some(Pupil::default()),
                    "Contact" => {
                        if let Some(pupil) = &mut pupil {
                            pupil.contacts.push(Contact::default());
                        }
                    }
                    _ => {}
                }
                path.push(name);
                value.clear();
            }
            Event::Text(text) => push_text(&mut value, text.as_ref(), limits, &builder)?,
            Event::CData(data) => push_text(&mut value, data.as_ref(), limits, &builder)?,
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    Ok(None) => quick_xml::escape::resolve_xml_entity(reference.as_ref())
                        .ok_or(ReadError::XmlEntities)?
                        .to_owned(),
                    Err(_) => return Err(ReadError::XmlEntities),
                };
                push_text(&mut value, &character, limits, &builder)?;
            }
            Event::End(_) => {
                let Some(name) = path.pop() else {
                    return Err(ReadError::Xml(position));
                };
                let text = value.trim();
                match (&mut pupil, name.as_str()) {
                    (Some(_), "Pupil") => {
                        if let Some(pupil) = pupil.take() {
                            write_pupil(pupil, &authority, &establishment, &mut builder)?;
                        }
                    }
                    (Some(pupil), _) if !text.is_empty() => take_value(pupil, &path, &name, text),
                    (None, "LEA") if path.last().is_some_and(|p| p == "SourceSchool") => {
                        text.clone_into(&mut authority);
                    }
                    (None, "Estab") if path.last().is_some_and(|p| p == "SourceSchool") => {
                        text.clone_into(&mut establishment);
                    }
                    _ => {}
                }
                value.clear();
            }
            Event::DocType(_) => return Err(ReadError::XmlEntities),
            Event::Eof => break,
            _ => {}
        }
    }
    if !is_ctf {
        return Err(ReadError::NotCtf);
    }
    if !path.is_empty() {
        return Err(ReadError::Xml(text.len() as u64));
    }
    builder.finish()
}

fn push_text(
    value: &mut String,
    text: &str,
    limits: &Limits,
    builder: &TableBuilder,
) -> Result<(), ReadError> {
    if value.len() + text.len() > limits.cell_bytes {
        return Err(ReadError::CellTooLong {
            row: builder.row_number() + 1,
            limit: limits.cell_bytes,
        });
    }
    value.push_str(text);
    Ok(())
}

/// Puts the text of one element where it belongs.
fn take_value(pupil: &mut Pupil, path: &[String], name: &str, text: &str) {
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

impl Address {
    /// The lines, with the house before the street.
    fn into_lines(self) -> Vec<String> {
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

fn write_pupil(
    mut pupil: Pupil,
    authority: &str,
    establishment: &str,
    builder: &mut TableBuilder,
) -> Result<(), ReadError> {
    let or = |first: String, second: String| if first.is_empty() { second } else { first };
    let school = if authority.is_empty() {
        String::new()
    } else {
        format!("{authority}/{establishment}")
    };
    let town = std::mem::take(&mut pupil.address.town);
    let postcode = std::mem::take(&mut pupil.address.postcode);
    let lines = pupil.address.into_lines();
    let line = |index: usize| lines.get(index).cloned().unwrap_or_default();
    let last_line = if lines.len() > 3 {
        lines[2..].join(", ")
    } else {
        line(2)
    };
    for cell in [
        school,
        pupil.upn,
        or(pupil.legal_forename, pupil.forename),
        or(pupil.legal_surname, pupil.surname),
        pupil.preferred,
        pupil.birth,
        pupil.sex,
        pupil.year,
        pupil.class,
        pupil.ethnicity,
        line(0),
        line(1),
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
    for contact in pupil.contacts.into_iter().take(CONTACTS) {
        let (relationship, writes) = relationship(&contact.relationship);
        let letters = writes && contact.responsibility != "false" && contact.responsibility != "0";
        let name = [contact.forename, contact.surname]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>();
        let mut address = Address {
            postcode: String::new(),
            ..contact.address
        };
        let town = std::mem::take(&mut address.town);
        let mut lines = address.into_lines();
        lines.extend((!town.is_empty()).then_some(town));
        for cell in [
            contact.title,
            name.join(" "),
            relationship.to_owned(),
            contact.email,
            contact.phone,
            lines.join(", "),
            if letters {
                String::new()
            } else {
                "no".to_owned()
            },
        ] {
            builder.push(&cell)?;
        }
    }
    builder.end_row()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(pupils: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><CTfile><Header><SourceSchool><LEA>999</LEA><Estab>2104</Estab></SourceSchool>\
             <DestSchool><LEA>111</LEA><Estab>LLLL</Estab></DestSchool></Header><CTFpupilData>{pupils}</CTFpupilData></CTfile>"
        )
    }

    fn cells(xml: &str, row: usize, field: Field) -> String {
        let table = read(xml.as_bytes(), &Limits::UPLOAD).unwrap();
        let column = columns()
            .iter()
            .position(|candidate| *candidate == field)
            .unwrap();
        assert_eq!(table.row(row).number(), row as u32);
        table.row(row).cell(column).to_owned()
    }

    #[test]
    fn a_pupil_becomes_a_row_under_canonical_headings() {
        let xml = file(
            "<Pupil><UPN>X</UPN><Surname>A</Surname><LegalSurname>O&apos;B &amp; C&#233;</LegalSurname><Forename>F</Forename>\
             <Address><AddressLines><AddressLine1>1 Road</AddressLine1></AddressLines></Address>\
             <Contacts><Contact><Order>2</Order><Surname>Two</Surname></Contact><Contact><Order>1</Order>\
             <Surname>One</Surname><Forename>Ann</Forename><Relationship>MOT</Relationship></Contact></Contacts></Pupil>",
        );
        assert_eq!(cells(&xml, 1, Field::DfeNumber), "999/2104");
        assert_eq!(cells(&xml, 1, Field::FamilyName), "O'B & Cé");
        assert_eq!(cells(&xml, 1, Field::GivenName), "F");
        assert_eq!(cells(&xml, 1, Field::AddressLine(1)), "1 Road");
        assert_eq!(
            cells(&xml, 1, Field::Parent(1, ParentPart::Name)),
            "Ann One"
        );
        assert_eq!(
            cells(&xml, 1, Field::Parent(1, ParentPart::Relationship)),
            "Mother"
        );
        assert_eq!(cells(&xml, 1, Field::Parent(2, ParentPart::Name)), "Two");
    }

    #[test]
    fn entities_and_document_types_are_refused() {
        let bomb =
            "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaa\">]><CTfile>&a;</CTfile>";
        assert_eq!(
            read(bomb.as_bytes(), &Limits::UPLOAD).unwrap_err(),
            ReadError::XmlEntities
        );
        let undeclared = file("<Pupil><Surname>&boom;</Surname></Pupil>");
        assert_eq!(
            read(undeclared.as_bytes(), &Limits::UPLOAD).unwrap_err(),
            ReadError::XmlEntities
        );
    }

    #[test]
    fn broken_deep_and_foreign_documents_are_refused() {
        let read = |xml: &str| read(xml.as_bytes(), &Limits::UPLOAD).unwrap_err();
        assert!(matches!(read(&file("<Pupil>")[..200]), ReadError::Xml(_)));
        assert_eq!(
            read("<?xml version=\"1.0\"?><feed></feed>"),
            ReadError::NotCtf
        );
        assert_eq!(read(&file(&"<a>".repeat(100))), ReadError::XmlDepth);
        assert_eq!(
            read(&file(&format!(
                "<Pupil><Surname>{}</Surname></Pupil>",
                "x".repeat(1 << 20)
            ))),
            ReadError::CellTooLong {
                row: 1,
                limit: 100_000
            }
        );
    }
}
