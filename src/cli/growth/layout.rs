//! Which column is which: read from the header once.

use super::blocks::first_row_end;

/// The columns that are added, in their order.
pub(super) const ADDED: [&str; 9] = [
    "decimal_age",
    "bmi",
    "height_z",
    "weight_z",
    "bmi_z",
    "bmi_centile",
    "population_category",
    "clinical_category",
    "assessment_note",
];

/// The columns that are needed, each with other names it is known by.
const NEEDED: [&[&str]; 5] = [
    &["sex", "gender"],
    &["birth_date", "date of birth", "dob"],
    &["measurement_date", "date measured", "measured on"],
    &["height_cm", "height"],
    &["weight_kg", "weight"],
];

/// What a row of the file looks like.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Parts the cells.
    pub(super) delimiter: u8,
    /// Ends the rows that are written.
    pub(super) line_break: &'static [u8],
    /// How many columns the header has.
    pub(super) width: usize,
    /// Where sex, birth date, measurement date, height and weight are.
    pub(super) needed: [usize; 5],
    /// Columns the file already has under an added column's name; they are
    /// worked out anew, so the old ones are left out.
    pub(super) replaced: Vec<usize>,
    /// The header's cells.
    pub(super) names: Vec<Vec<u8>>,
    /// The header's length in the file.
    pub(super) length: usize,
}

/// Why a file's header cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LayoutError {
    /// No bytes, or only blank lines.
    #[error("the input is empty: its first row must name the columns {}", needed_names().join(", "))]
    Empty,
    /// Some columns are not there.
    #[error("the header has no column {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// Two columns with one meaning.
    #[error("the header has more than one column {0}: keep one")]
    Twice(&'static str),
    /// Two bytes a character.
    #[error("the input is UTF-16: save it as CSV UTF-8")]
    Utf16,
}

fn needed_names() -> [&'static str; 5] {
    NEEDED.map(|names| names[0])
}

impl Layout {
    /// Reads the header at the beginning of `bytes`, which begin without a
    /// byte-order mark. The delimiter (comma, semicolon or tab) is the one that
    /// finds most of the columns.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, LayoutError> {
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(LayoutError::Utf16);
        }
        if bytes.trim_ascii().is_empty() {
            return Err(LayoutError::Empty);
        }
        let mut fewest_missing: Option<Vec<&'static str>> = None;
        for delimiter in [b',', b';', b'\t'] {
            match Self::parted_by(bytes, delimiter) {
                Err(LayoutError::Missing(missing)) => {
                    if fewest_missing
                        .as_ref()
                        .is_none_or(|fewest| missing.len() < fewest.len())
                    {
                        fewest_missing = Some(missing);
                    }
                }
                found => return found,
            }
        }
        Err(LayoutError::Missing(fewest_missing.unwrap_or_default()))
    }

    fn parted_by(bytes: &[u8], delimiter: u8) -> Result<Self, LayoutError> {
        let length = first_row_end(bytes, delimiter).unwrap_or(bytes.len());
        let mut record = csv::ByteRecord::new();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .from_reader(bytes);
        // Reading from memory cannot fail, and one row has one length.
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            return Err(LayoutError::Empty);
        }
        let keys: Vec<String> = record.iter().map(key).collect();
        let mut needed = [None; 5];
        for (place, names) in needed.iter_mut().zip(NEEDED) {
            let mut columns =
                (0..keys.len()).filter(|at| names.iter().any(|n| key(n.as_bytes()) == keys[*at]));
            *place = columns.next();
            if columns.next().is_some() {
                return Err(LayoutError::Twice(names[0]));
            }
        }
        let [
            Some(sex),
            Some(birth),
            Some(measured),
            Some(height),
            Some(weight),
        ] = needed
        else {
            let missing = needed
                .iter()
                .zip(needed_names())
                .filter(|(place, _)| place.is_none());
            return Err(LayoutError::Missing(
                missing.map(|(_, name)| name).collect(),
            ));
        };
        let replaced = (0..keys.len())
            .filter(|at| {
                ADDED
                    .iter()
                    .any(|name| record[*at].trim_ascii() == name.as_bytes())
            })
            .collect();
        Ok(Self {
            delimiter,
            line_break: if bytes[..length].ends_with(b"\r\n") {
                b"\r\n"
            } else {
                b"\n"
            },
            width: keys.len(),
            needed: [sex, birth, measured, height, weight],
            replaced,
            names: record.iter().map(<[u8]>::to_vec).collect(),
            length,
        })
    }

    /// The header that is written.
    pub(super) fn header(&self) -> Vec<u8> {
        let kept = self
            .names
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.replaced.contains(at));
        let mut line = Vec::new();
        for (_, name) in kept {
            push_cell(&mut line, name, self.delimiter);
            line.push(self.delimiter);
        }
        for name in ADDED {
            line.extend_from_slice(name.as_bytes());
            line.push(self.delimiter);
        }
        line.pop();
        line.extend_from_slice(self.line_break);
        line
    }
}

/// Writes a cell, in quotation marks where it needs them.
pub(super) fn push_cell(line: &mut Vec<u8>, cell: &[u8], delimiter: u8) {
    let special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if !cell.iter().any(special) {
        line.extend_from_slice(cell);
        return;
    }
    line.push(b'"');
    for byte in cell {
        if *byte == b'"' {
            line.push(b'"');
        }
        line.push(*byte);
    }
    line.push(b'"');
}

/// A column's name by its letters and digits alone: "Height (cm)" and
/// `height_cm` are the same.
fn key(name: &[u8]) -> String {
    String::from_utf8_lossy(name)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Layout, LayoutError> {
        Layout::read(header.as_bytes())
    }

    #[test]
    fn columns_are_found_in_any_order_and_spelling() {
        let layout =
            read("id,weight_kg,Height (cm),SEX,measurement_date,Birth Date\r\n1,2").unwrap();
        assert_eq!(layout.needed, [3, 5, 4, 2, 1]);
        assert_eq!((layout.width, layout.line_break), (6, b"\r\n".as_slice()));
    }

    #[test]
    fn semicolons_and_tabs_part_cells_too() {
        for delimiter in [';', '\t'] {
            let header = "sex,birth_date,measurement_date,height_cm,weight_kg"
                .replace(',', &delimiter.to_string());
            assert_eq!(char::from(read(&header).unwrap().delimiter), delimiter);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            read("sex;birth_date;height_cm;notes, if any\n"),
            Err(LayoutError::Missing(vec!["measurement_date", "weight_kg"]))
        );
        assert_eq!(read(" \r\n\n"), Err(LayoutError::Empty));
        assert_eq!(
            read("sex,birth_date,dob,measurement_date,height_cm,weight_kg"),
            Err(LayoutError::Twice("birth_date"))
        );
    }

    #[test]
    fn assessed_columns_of_an_earlier_run_are_replaced() {
        let layout =
            read("sex,bmi,birth_date,measurement_date,height_cm,\"a \"\"name\",weight_kg\n")
                .unwrap();
        assert_eq!(layout.replaced, [1]);
        let header = String::from_utf8(layout.header()).unwrap();
        assert!(header.starts_with(
            "sex,birth_date,measurement_date,height_cm,\"a \"\"name\",weight_kg,decimal_age,bmi,"
        ));
        assert!(header.ends_with(",assessment_note\n"));
    }
}
