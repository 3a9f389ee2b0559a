//! Packed workbooks that are read, and those that are refused.

use std::io::{Cursor, Write};

use crate::{Limits, ReadError};

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn opendocument(rows: &str) -> Vec<u8> {
    opendocument_file(&opendocument_content(rows))
}

fn opendocument_content(rows: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\">\
         <office:body><office:spreadsheet><table:table table:name=\"Sheet1\">{rows}</table:table></office:spreadsheet></office:body>\
         </office:document-content>"
    )
    .into_bytes()
}

fn opendocument_file(content: &[u8]) -> Vec<u8> {
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content),
        ("META-INF/manifest.xml", b"<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"></manifest:manifest>"),
    ])
}

fn refused(bytes: &[u8], limits: &Limits) -> ReadError {
    crate::read_sheets(bytes, limits).map(|_| ()).unwrap_err()
}

#[test]
fn a_zip_bomb_is_refused_before_it_unpacks() {
    let noughts = vec![0u8; 8 << 20];
    let bomb = zipped(&[
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/sharedStrings.xml", &noughts),
    ]);
    assert!(bomb.len() < 20_000, "the bomb is no bomb");
    let limits = Limits {
        unpacked_bytes: 1 << 20,
        ..Limits::UPLOAD
    };
    assert_eq!(refused(&bomb, &limits), ReadError::UnpacksTooLarge(1));
}

#[test]
fn shared_texts_that_claim_to_be_a_trillion_do_not_end_the_process() {
    let texts = |head: &str| {
        zipped(&[
            ("xl/workbook.xml", b"<workbook/>"),
            (
                "xl/SharedStrings.xml",
                format!("{head}<si><t>x</t></si></sst>").as_bytes(),
            ),
        ])
    };
    for head in [
        "<sst uniqueCount=\"1000000000000\">",
        "<sst count='1' a='>' uniqueCount = '99999999999999999999'>",
        "<a/><x:sst uniqueCount=\"4194305\">",
    ] {
        assert_eq!(
            refused(&texts(head), &Limits::UPLOAD),
            ReadError::SheetTooLarge,
            "{head}"
        );
    }
    assert_ne!(
        refused(&texts("<sst uniqueCount=\"1000\">"), &Limits::UPLOAD),
        ReadError::SheetTooLarge
    );
}

#[test]
fn a_sheet_of_nothing_but_empty_cells_is_refused_before_it_is_read() {
    let empty = |element: &str, count: usize| {
        let cells = element.repeat(count);
        zipped(&[
            ("xl/workbook.xml", b"<workbook/>"),
            (
                "xl/worksheets/sheet1.xml",
                format!("<worksheet><sheetData><row>{cells}</row></sheetData></worksheet>")
                    .as_bytes(),
            ),
        ])
    };
    let most = Limits::UPLOAD.workbook_cells() as usize;
    for element in [
        "<c/>",
        "<row/>",
        "<x:c/>",
        "<si/>",
        "<a/><b/><d/>",
        "&amp;&lt;&gt;",
    ] {
        assert_eq!(
            refused(&empty(element, most + 1), &Limits::UPLOAD),
            ReadError::SheetTooLarge,
            "{element}"
        );
    }
    // Fewer are no reason: here only the rest of the workbook is missing.
    assert_ne!(
        refused(&empty("<c/>", 1_000), &Limits::UPLOAD),
        ReadError::SheetTooLarge
    );
}

#[test]
fn other_packed_files_are_told_apart() {
    assert_eq!(
        refused(&zipped(&[("a.txt", b"x")]), &Limits::UPLOAD),
        ReadError::NotATable("a packed (ZIP) file")
    );
    let document = zipped(&[("word/document.xml", b"<x/>")]);
    assert_eq!(
        refused(&document, &Limits::UPLOAD),
        ReadError::NotATable("a word-processor document")
    );
}

#[test]
fn an_opendocument_sheet_is_read_with_its_repeats() {
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let row = |cells: &str| format!("<table:table-row>{cells}</table:table-row>");
    let blank = "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let bytes = opendocument(&format!(
        "{}{}{blank}",
        row(&(cell("Name") + &cell("Sex"))),
        row(&(cell("Jo") + &cell("F")))
    ));
    let sheets = crate::read_sheets(&bytes, &Limits::UPLOAD).unwrap();
    assert_eq!(sheets.len(), 1);
    assert_eq!(
        sheets[0].table.row(1).cells().collect::<Vec<_>>(),
        ["Jo", "F"]
    );
}

#[test]
fn filled_cells_repeated_a_million_times_are_refused() {
    let text = "<text:p>x</text:p></table:table-cell></table:table-row>";
    let rows = format!(
        "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell office:value-type=\"string\">{text}"
    );
    assert_eq!(
        refused(&opendocument(&rows), &Limits::UPLOAD),
        ReadError::TooManyRows(150_000)
    );
    let columns = format!(
        "<table:table-row><table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"16000\">{text}"
    );
    assert!(matches!(
        refused(&opendocument(&columns), &Limits::UPLOAD),
        ReadError::TooManyColumns { .. }
    ));
}

#[test]
fn an_opendocument_sheet_that_breaks_off_does_not_hang() {
    for rows in [
        "<table:table-row>",
        "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>x",
        "</table:table><table:table table:name=\"Sheet2\"><table:table-row>",
    ] {
        let whole = String::from_utf8(opendocument_content(rows)).unwrap();
        let cut = whole
            .split("</table:table></office:spreadsheet>")
            .next()
            .unwrap();
        let bytes = opendocument_file(cut.as_bytes());
        assert_eq!(
            refused(&bytes, &Limits::UPLOAD),
            ReadError::Damaged,
            "{rows}"
        );
    }
}

#[test]
fn opendocument_cells_far_apart_are_refused_whether_they_hold_text_or_numbers() {
    let blank = "<table:table-row table:number-rows-repeated=\"149000\"><table:table-cell/></table:table-row>";
    let number = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";
    let wide = "<table:table-cell table:number-columns-repeated=\"400\"/>";
    let rows = format!(
        "<table:table-row>{number}</table:table-row>{blank}<table:table-row>{wide}{number}</table:table-row>"
    );
    assert_eq!(
        refused(&opendocument(&rows), &Limits::UPLOAD),
        ReadError::SheetTooLarge
    );
    let far = "<table:table-cell table:number-columns-repeated=\"16000\"/>";
    let rows = format!("<table:table-row>{far}{number}</table:table-row>");
    assert!(matches!(
        refused(&opendocument(&rows), &Limits::UPLOAD),
        ReadError::TooManyColumns { row: 1, .. }
    ));
}

#[test]
fn a_cell_in_the_far_corner_takes_no_memory() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "Name").unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    assert_eq!(
        refused(&bytes, &Limits::UPLOAD),
        ReadError::TooManyRows(150_000)
    );
}
