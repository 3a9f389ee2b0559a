//! Common Transfer Files that are read, and those that are refused.

use tabular::{Limits, ReadError};

use super::read;
use super::table::columns;
use crate::columns::field::{Field, ParentPart};

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
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaa\">]><CTfile>&a;</CTfile>";
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
