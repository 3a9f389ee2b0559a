//! Workbooks: the bytes of a file as they are, or one part of a packed workbook.
//!
//! A packed workbook checks its parts by a sum, so damage to the file itself
//! seldom gets beyond the container. The first byte says which part the others
//! are, and the rest of the workbook is sound.

#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use stature_fuzz::{LIMITS, check_table};
use tabular::read_sheets;

const TYPES: &[u8] = br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const RELATIONS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &[u8] = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const SHEET: &[u8] = br#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>42436</v></c></row></sheetData></worksheet>"#;
const STRINGS: &[u8] = br#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Name</t></si></sst>"#;
const STYLES: &[u8] = br#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
const MANIFEST: &[u8] = br#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"></manifest:manifest>"#;

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in parts {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn office(name: &str, part: &[u8]) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/sheet1.xml", SHEET),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
    ];
    packed(&parts.map(|(other, content)| (other, if other == name { part } else { content })))
}

fuzz_target!(init: stature_fuzz::let_panics_be_caught(), |bytes: &[u8]| {
    let Some((kind, part)) = bytes.split_first() else {
        return;
    };
    let file = match kind {
        b'o' => packed(&[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("content.xml", part),
            ("META-INF/manifest.xml", MANIFEST),
        ]),
        b's' => office("xl/worksheets/sheet1.xml", part),
        b't' => office("xl/sharedStrings.xml", part),
        b'b' => office("xl/workbook.xml", part),
        b'y' => office("xl/styles.xml", part),
        _ => bytes.to_vec(),
    };
    if let Ok(sheets) = read_sheets(&file, &LIMITS) {
        assert!(!sheets.is_empty());
        for sheet in &sheets {
            check_table(&sheet.table);
        }
    }
});
