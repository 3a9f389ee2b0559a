//! The roster as a file in the canonical columns.

use std::io::Write;

use super::child::RosterChild;
use super::import::{By, ImportError};
use super::plan::Held;
use super::queries;
use super::roll::held_child;
use crate::audit::{self, Disclosure};
use crate::db::Conn;
use crate::fields::Urn;
use crate::identity::{Contact, Purpose, Whose};
use crate::tabular;

/// The fields that leave with the file, for the ledger.
const FIELDS: &str = "school, UPN, NHS number, names, date of birth, sex, year group, class, ethnicity, address, parents and carers";

/// What a file of the roster holds.
pub struct Exported {
    /// The children.
    pub children: Vec<RosterChild>,
    /// Children who are missing because their record cannot be read, in words.
    pub damaged: Option<String>,
}

/// The children of a year (and of one school), for a file. Notes in the same
/// transaction that their identities were opened, and that they leave in a file and why.
pub fn children_for_export(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    school: Option<Urn>,
    reason: &str,
) -> Result<Exported, ImportError> {
    let mut pupils = queries::pupils_of_year(tx, year)?;
    if let Some(urn) = school {
        pupils.retain(|pupil| pupil.school_urn == urn.number() as i32);
    }
    pupils.retain(|pupil| pupil.on_roll);
    let numbers: Vec<i64> = pupils.iter().map(|pupil| pupil.id).collect();
    let mut opened = by.identities.open(
        tx,
        by.actor,
        Purpose::ExportingRoster,
        Whose::Pupils(&numbers),
    )?;
    let mut held: Vec<Held> = pupils
        .into_iter()
        .filter_map(|row| {
            let person = opened.people.remove(&row.id)?;
            Some(held_child(&row, person))
        })
        .collect::<Result<_, _>>()?;
    held.sort_by(|a, b| sort_key(&a.child).cmp(&sort_key(&b.child)));
    let numbers: Vec<i64> = held.iter().map(|held| held.pupil).collect();
    let reference = format!("roster:{year}");
    let disclosure = audit::disclosed(
        tx,
        by.actor,
        by.now,
        Disclosure {
            recipient: "file",
            purpose: Purpose::ExportingRoster.code(),
            fields: FIELDS,
            children: numbers.len(),
            pupils: &numbers,
            reference: Some(&reference),
        },
    )?;
    audit::put_reason(tx, disclosure, reason)?;
    Ok(Exported {
        children: held.into_iter().map(|held| held.child).collect(),
        damaged: opened.notice(),
    })
}

fn sort_key(child: &RosterChild) -> (Urn, &'static str, &str, &str, &str) {
    let person = &child.person;
    (
        child.urn,
        child.year_group.code(),
        &child.class,
        &person.family_name,
        &person.given_name,
    )
}

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
    tabular::write_csv_row(&mut writer, &headings)?;
    let nobody = Contact::default();
    for child in children {
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
            match child.sex {
                growth::Sex::Female => "F",
                growth::Sex::Male => "M",
            }
            .to_owned(),
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
        tabular::write_csv_row(&mut writer, &cells)?;
    }
    writer.flush()?;
    Ok(())
}
