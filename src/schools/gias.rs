//! The national schools register (GIAS) as it is downloaded.
//!
//! A column is found by its heading, because the
//! register gains columns every year.

use crate::records::school::Status;
use programme::Urn;
use tabular::{Row, Table};

/// Type groups of the state's schools: maintained, academies, free schools.
const STATE_GROUPS: [i32; 3] = [4, 10, 11];

/// A school of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredSchool {
    /// URN.
    pub urn: Urn,
    /// Local authority code, three digits.
    pub la_code: String,
    /// Local authority name.
    pub la_name: String,
    /// Establishment number, four digits.
    pub establishment_number: String,
    /// Name.
    pub name: String,
    /// Type in words.
    pub type_name: String,
    /// Code of the type group.
    pub type_group: i32,
    /// Whether children go there.
    pub status: Status,
    /// Phase in words.
    pub phase: String,
    /// Youngest age taken.
    pub low_age: Option<i32>,
    /// Oldest age taken.
    pub high_age: Option<i32>,
    /// Street.
    pub street: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// Telephone.
    pub telephone: Option<String>,
}

impl RegisteredSchool {
    /// Whether its children count in the statistics: open, of the state, and
    /// mainstream.
    pub fn is_in_statistics(&self) -> bool {
        let kind = self.type_name.to_lowercase();
        let other = [
            "special",
            "alternative provision",
            "pupil referral",
            "secure unit",
            "hospital",
        ];
        self.status.is_open()
            && STATE_GROUPS.contains(&self.type_group)
            && !other.iter().any(|word| kind.contains(word))
    }
}

/// A register that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Columns are missing.
    #[error("This is not a schools register: there is no column {}.", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// A row that cannot be read.
    #[error("Row {row}: “{value}” is not right for {column}. Nothing was imported.")]
    Row {
        /// The row as a spreadsheet shows it.
        row: u32,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
}

/// Headings without which a file is no register.
const NEEDED: [&str; 7] = [
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "EstablishmentStatus (code)",
    "EstablishmentTypeGroup (code)",
];

/// Reads the register. The first row of the table holds the headings.
pub fn read_register(table: &Table) -> Result<Vec<RegisteredSchool>, RegisterError> {
    let headings = table.row(0);
    let missing: Vec<&'static str> = NEEDED
        .into_iter()
        .filter(|name| column(headings, name).is_none())
        .collect();
    if !missing.is_empty() {
        return Err(RegisterError::Missing(missing));
    }
    // Looked up once, not once a row.
    let positions: Vec<usize> = NEEDED
        .iter()
        .filter_map(|name| column(headings, name))
        .collect();
    table
        .rows()
        .skip(1)
        .map(|row| read_school(row, headings, &positions))
        .collect()
}

/// The position of the column with a heading.
fn column(headings: Row<'_>, name: &str) -> Option<usize> {
    headings
        .cells()
        .position(|heading| heading.trim().eq_ignore_ascii_case(name))
}

/// Reads one school; `positions` are those of the columns that are needed.
fn read_school(
    row: Row<'_>,
    headings: Row<'_>,
    positions: &[usize],
) -> Result<RegisteredSchool, RegisterError> {
    let needed = |index: usize| programme::text::clean(row.cell(positions[index])).into_owned();
    let wrong = |index: usize| RegisterError::Row {
        row: row.number(),
        column: NEEDED[index],
        value: needed(index),
    };
    let cell = |name: &str| {
        column(headings, name)
            .map(|column| programme::text::clean(row.cell(column)).into_owned())
            .unwrap_or_default()
    };
    let some = |name: &str| Some(cell(name)).filter(|text| !text.is_empty());
    let number = needed(3);
    Ok(RegisteredSchool {
        urn: Urn::parse(&needed(0)).map_err(|_| wrong(0))?,
        la_code: Some(needed(1))
            .filter(|code| code.len() == 3)
            .ok_or_else(|| wrong(1))?,
        la_name: needed(2),
        // Some kinds of school have none.
        establishment_number: if number.is_empty() {
            number
        } else {
            format!("{number:0>4}")
        },
        name: Some(needed(4))
            .filter(|name| !name.is_empty())
            .ok_or_else(|| wrong(4))?,
        status: needed(5).parse().map(Status::new).map_err(|_| wrong(5))?,
        type_group: needed(6).parse().map_err(|_| wrong(6))?,
        type_name: cell("TypeOfEstablishment (name)"),
        phase: cell("PhaseOfEducation (name)"),
        low_age: cell("StatutoryLowAge").parse().ok(),
        high_age: cell("StatutoryHighAge").parse().ok(),
        street: some("Street"),
        town: some("Town"),
        postcode: some("Postcode"),
        telephone: some("TelephoneNum"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tabular::{Limits, read_table};

    fn sample() -> Vec<RegisteredSchool> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/rosters/schools.csv"
        );
        let table = read_table(&std::fs::read(path).unwrap(), &Limits::UPLOAD, |_| true).unwrap();
        read_register(&table).unwrap()
    }

    #[test]
    fn open_state_mainstream_schools_count_in_the_statistics() {
        let schools = sample();
        assert_eq!(schools.len(), 12);
        assert_eq!(
            schools
                .iter()
                .filter(|school| school.status.is_open())
                .count(),
            11
        );
        assert_eq!(
            schools
                .iter()
                .filter(|school| school.is_in_statistics())
                .count(),
            9
        );
        let academy = schools
            .iter()
            .find(|school| school.urn.to_string() == "900103")
            .unwrap();
        assert_eq!(academy.name, "Saint-Exupéry Academy");
        assert_eq!(
            (
                academy.la_code.as_str(),
                academy.establishment_number.as_str()
            ),
            ("999", "2103")
        );
    }

    #[test]
    fn a_file_that_is_no_register_is_refused_with_what_is_missing() {
        let table = read_table(b"URN,Name\n900101,Hill\n", &Limits::UPLOAD, |_| true).unwrap();
        let message = read_register(&table).unwrap_err().to_string();
        assert!(
            message.contains("LA (code)") && message.contains("EstablishmentName"),
            "{message}"
        );
    }

    #[test]
    fn a_wrong_urn_is_named_by_its_row() {
        let headings = "URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,EstablishmentStatus (code),EstablishmentTypeGroup (code)\n";
        let table = read_table(
            format!("{headings}12,999,X,2101,Hill,1,4\n").as_bytes(),
            &Limits::UPLOAD,
            |_| true,
        )
        .unwrap();
        assert!(
            read_register(&table)
                .unwrap_err()
                .to_string()
                .starts_with("Row 2: “12”")
        );
    }
}
