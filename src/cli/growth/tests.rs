//! The command's behaviour, from CSV to CSV.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use super::layout::LayoutError;
use super::options::Options;
use super::pipeline::{AssessError, Summary, assess};
use growth::Scheme;

const HEADER: &str = "sex,birth_date,measurement_date,height_cm,weight_kg";

fn options(threads: usize) -> Options {
    Options {
        threads: NonZeroUsize::new(threads).unwrap(),
        ..Options::default()
    }
}

fn assessed(input: impl AsRef<[u8]>) -> (String, Summary) {
    assessed_with(input, &options(1))
}

fn assessed_with(input: impl AsRef<[u8]>, options: &Options) -> (String, Summary) {
    let mut output = Vec::new();
    let summary = assess(input.as_ref(), &mut output, options).unwrap();
    (String::from_utf8_lossy(&output).into_owned(), summary)
}

/// The output's rows by column name.
fn rows(output: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(output.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn only_row(cells: &str) -> HashMap<String, String> {
    let (output, _) = assessed(format!("{HEADER}\n{cells}\n"));
    let mut rows = rows(&output);
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

fn vectors(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/growth/tests/data");
    std::fs::read_to_string(folder.join(file)).unwrap()
}

#[test]
fn golden_children_come_out_with_their_figures() {
    let golden = vectors("golden.csv");
    let (output, summary) = assessed(&golden);
    assert_eq!(summary.not_assessed, 0);
    assert_eq!(
        summary.replaced.join(","),
        "decimal_age,bmi,height_z,weight_z,bmi_z,bmi_centile"
    );
    let (expected, found) = (rows(&golden), rows(&output));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        for column in [
            "decimal_age",
            "bmi",
            "height_z",
            "weight_z",
            "bmi_z",
            "bmi_centile",
        ] {
            let [found, expected]: [f64; 2] =
                [&found[column], &expected[column]].map(|n| n.parse().unwrap());
            let tolerance = if column == "bmi_centile" {
                1e-9
            } else {
                1e-10 * expected.abs().max(1.0)
            };
            assert!(
                (found - expected).abs() <= tolerance,
                "{column}: {found} is not {expected}"
            );
        }
        assert_eq!(found["assessment_note"], "");
        for column in ["sex", "birth_date", "height_cm", "weight_kg"] {
            assert_eq!(found[column], expected[column]);
        }
    }
}

#[test]
fn categories_are_told_in_words_under_the_scheme_chosen() {
    for (scheme, column) in [
        (Scheme::ZScore, "clinical_category_zcut"),
        (Scheme::Centile, "clinical_category_nominal"),
    ] {
        for file in ["boundary_centile.csv", "boundary_zscore.csv"] {
            let boundary = vectors(file);
            let (output, _) = assessed_with(
                &boundary,
                &Options {
                    scheme,
                    ..options(2)
                },
            );
            for (found, expected) in rows(&output).iter().zip(rows(&boundary)) {
                assert_eq!(found["clinical_category"], expected[column]);
                assert_eq!(
                    found["population_category"],
                    expected["population_category"]
                );
                assert_eq!(found["delta_centile"], expected["delta_centile"]);
            }
        }
    }
}

#[test]
fn a_row_that_cannot_be_assessed_keeps_its_place_and_says_why() {
    for (cells, note) in [
        (
            "female,2020-01-01,2023-12-31,100,16",
            "younger than 4 years",
        ),
        ("female,2000-01-01,2023-12-31,160,60", "older than 20 years"),
        (
            "female,2024-01-01,2023-12-31,100,16",
            "before the date of birth",
        ),
        ("x,2016-01-01,2023-12-31,120,25", "the sex is not"),
        (",2016-01-01,2023-12-31,120,25", "there is no sex"),
        (
            "male,2016-02-30,2023-12-31,120,25",
            "the date of birth cannot be read",
        ),
        ("male,2016-02-03,,120,25", "there is no date of measurement"),
        (
            "male,2016-02-03,2023-12-31,tall,-",
            "not a number of centimetres; the weight is not",
        ),
        (
            "male,2016-02-03,2023-12-31,0,25",
            "the height is not a positive number",
        ),
        (
            "male,2016-02-03,2023-12-31,120,nan",
            "the weight is not a positive number",
        ),
        (
            "male,2016-02-03,2023-12-31,1e9,25",
            "beyond what can be computed",
        ),
        ("male,2016-02-03", "there is no weight"),
        (
            "male,2016-02-03,2023-12-31,120,25,,left over",
            "beyond them: left over",
        ),
    ] {
        let row = only_row(cells);
        assert_eq!(row["sex"], cells.split(',').next().unwrap());
        for column in [
            "decimal_age",
            "bmi",
            "bmi_z",
            "bmi_centile",
            "population_category",
        ] {
            assert_eq!(row[column], "", "{cells}");
        }
        assert!(
            row["assessment_note"].contains(note),
            "{cells}: {}",
            row["assessment_note"]
        );
    }
}

#[test]
fn rows_keep_their_order_and_every_cell_whatever_the_threads() {
    let mut input = format!("id,{HEADER},remark\n");
    for id in 0..30_000 {
        let remark = if id % 7 == 0 {
            "\"two\nlines, \"\"said\"\"\""
        } else {
            "5\" nails"
        };
        let year = 2010 + id % 12;
        let (height, weight) = (id % 90 + 10, id % 10);
        writeln!(
            input,
            "{id},M,{year}-05-04,2026-10-05,1{height}.5,3{weight}.25,{remark}"
        )
        .unwrap();
    }
    let (one, summary) = assessed_with(&input, &options(1));
    for threads in [2, 3, 8] {
        let (many, same) = assessed_with(&input, &options(threads));
        assert!(one == many, "{threads} threads write something else");
        assert_eq!(summary, same);
    }
    let found = rows(&one);
    assert_eq!(summary.assessed + summary.not_assessed, 30_000);
    assert_eq!(found.len(), 30_000);
    for (id, row) in found.iter().enumerate() {
        assert_eq!(row["id"], id.to_string());
        let remark = if id % 7 == 0 {
            "two\nlines, \"said\""
        } else {
            "5\" nails"
        };
        assert_eq!(row["remark"], remark);
    }
}

#[test]
fn the_bytes_of_other_columns_come_out_as_they_went_in() {
    let mut input =
        b"\xEF\xBB\xBFname,sex,birth_date,measurement_date,height_cm,weight_kg\r\n".to_vec();
    input.extend_from_slice(b"Zo\xEB,F,2016-05-04,2026-10-05,141.2,\"34,5\"\r\n\r\n");
    let mut output = Vec::new();
    let summary = assess(input.as_slice(), &mut output, &options(2)).unwrap();
    assert_eq!(summary.assessed, 1);
    let lines: Vec<&[u8]> = output.split(|byte| *byte == b'\n').collect();
    assert!(lines[0].starts_with(b"name,sex,") && lines[0].ends_with(b"assessment_note\r"));
    assert!(lines[1].starts_with(b"Zo\xEB,F,2016-05-04,2026-10-05,141.2,\"34,5\",10.4"));
    assert_eq!(lines[2], b"");
}

#[test]
fn assessing_the_output_again_changes_nothing() {
    let input = format!(
        "{HEADER}\nmale,2016-02-03,2023-12-31,120,25\nfemale,2022-02-03,2023-12-31,90,12\n"
    );
    let (once, _) = assessed(&input);
    let (twice, summary) = assessed(&once);
    assert_eq!(once, twice);
    assert_eq!(summary.replaced.len(), 9);
}

#[test]
fn checking_notes_what_is_implausible_and_still_assesses_it() {
    let input = format!(
        "{HEADER}\nmale,2016-02-03,2023-12-31,1.20,25\nmale,2016-02-03,2023-12-31,120,25\n"
    );
    let (output, summary) = assessed_with(
        &input,
        &Options {
            check: true,
            ..options(1)
        },
    );
    assert_eq!((summary.assessed, summary.implausible), (2, 1));
    let rows = rows(&output);
    assert!(rows[0]["assessment_note"].contains("outside 60 to 220 cm"));
    assert_ne!(rows[0]["bmi_z"], "");
    assert_eq!(rows[1]["assessment_note"], "");
}

#[test]
fn a_header_without_rows_is_a_file_without_rows() {
    let (output, summary) = assessed(HEADER);
    assert!(output.starts_with(HEADER) && output.lines().count() == 1);
    assert_eq!(summary, Summary::default());
}

#[test]
fn a_file_that_cannot_be_used_is_one_message_and_nothing_is_written() {
    for (input, words) in [
        ("", "the input is empty"),
        (
            "name,sex\nA,F\n",
            "no column birth_date, measurement_date, height_cm, weight_kg",
        ),
        ("%PDF-1.7\n%\n", "no column sex"),
        (
            "sex,sex,birth_date,measurement_date,height_cm,weight_kg\n",
            "more than one column sex",
        ),
    ] {
        let mut output = Vec::new();
        let error = assess(input.as_bytes(), &mut output, &options(2)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(output.is_empty());
    }
    let utf16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = assess(
        [b"\xFF\xFE", utf16.as_slice()].concat().as_slice(),
        io::sink(),
        &options(1),
    );
    assert!(matches!(
        error,
        Err(AssessError::Layout(LayoutError::Utf16))
    ));
}

#[test]
fn a_quotation_mark_never_closed_is_told_with_its_line() {
    let row = "male,2016-02-03,2023-12-31,120,25\n";
    let input = format!("{HEADER}\n{row}{row}\"male,2016-02-03,2023-12-31,120,25\n{row}");
    for threads in [1, 2] {
        let mut output = Vec::new();
        let error = assess(input.as_bytes(), &mut output, &options(threads)).unwrap_err();
        assert!(
            matches!(error, AssessError::NeverClosed { line: 4 }),
            "{error}"
        );
        assert_eq!(String::from_utf8(output).unwrap().lines().count(), 3);
    }
}

/// Fails after a while, as a full disk or an unplugged drive does.
struct Failing(usize);

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Failing {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::InvalidData)?;
        let text = format!("{HEADER}\n");
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(text.len())
    }
}

#[test]
fn a_full_disk_and_a_broken_input_end_the_work_with_the_reason() {
    let row = "male,2016-02-03,2023-12-31,120,25\n";
    let input = format!("{HEADER}\n{}", row.repeat(100_000));
    for threads in [1, 2] {
        let full = assess(input.as_bytes(), Failing(2), &options(threads));
        assert!(
            matches!(full, Err(AssessError::Write(error)) if error.kind() == io::ErrorKind::StorageFull)
        );
        let broken = assess(Failing(1), io::sink(), &options(threads));
        assert!(matches!(broken, Err(AssessError::Read(_))));
    }
}

proptest::proptest! {
    #[test]
    fn whatever_the_cells_hold_the_rows_come_out_with_them(
        cells in proptest::collection::vec(proptest::array::uniform7("\\PC{0,6}|[\"\n,;]{0,4}|2016-05-04|M|120"), 0..20),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record("a,sex,birth_date,measurement_date,height_cm,weight_kg,b".split(',')).unwrap();
        for row in &cells {
            writer.write_record(row).unwrap();
        }
        let (output, summary) = assessed(writer.into_inner().unwrap());
        let mut reader = csv::ReaderBuilder::new().from_reader(output.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        proptest::prop_assert_eq!(rows.len(), cells.len());
        proptest::prop_assert_eq!(summary.assessed + summary.not_assessed, cells.len() as u64);
        for (row, cells) in rows.iter().zip(&cells) {
            proptest::prop_assert!(row.iter().take(7).eq(cells.iter()));
            proptest::prop_assert!(row[7].is_empty() != row[15].is_empty());
        }
    }

    #[test]
    fn no_bytes_at_all_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = assess([HEADER.as_bytes(), b"\n", &bytes].concat().as_slice(), io::sink(), &options(2));
        let _ = assess(bytes.as_slice(), io::sink(), &options(1));
    }
}
