//! What is known of the columns of a file, and what people chose for its layout.

use std::collections::BTreeMap;

use programme::text;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tabular::ERRORS;

use crate::columns::field::Field;

/// How a column came to its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By its heading.
    Heading,
    /// By its values.
    Values,
    /// By a choice made for this layout, now or earlier.
    Chosen,
    /// Not recognised, or another column is the better one.
    LeftAlone,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The heading as it came.
    pub heading: String,
    /// The field it fills.
    pub field: Option<Field>,
    /// How that was found.
    pub how: How,
    /// Among several columns for one field, the place of this one; only the
    /// first (0) is reported, the others fill its blanks.
    pub place: u8,
}

/// A doubt that a person has to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The field in doubt.
    pub field: Field,
    /// The positions of the columns that could be it.
    pub columns: Vec<usize>,
    /// The doubt in words.
    pub text: String,
}

/// The columns of one file.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Position in the table of the row of headings.
    pub heading_row: usize,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Doubts to settle before anything is imported.
    pub questions: Vec<Question>,
}

/// The choices a person made for a layout, by heading; `None` leaves the column
/// alone. A heading that comes several times has `#2`, `#3` … behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices(pub BTreeMap<String, Option<String>>);

/// Why a file's columns cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// No row of headings.
    #[error(
        "No row of column headings was found. The first row should name the columns, for instance \
         “Given name, Family name, Date of birth, Sex, Year group, URN”."
    )]
    NoHeadings,
    /// Columns that a roster cannot do without.
    #[error("There is no column for {}. Columns found: {}.", .missing.join(", "), .found.join(", "))]
    Missing {
        /// The fields, as people read them.
        missing: Vec<String>,
        /// The headings that were there.
        found: Vec<String>,
    },
}

/// What a column may be, with the rank of its heading, and how that was found.
pub(crate) type Candidate = (Option<(Field, u8)>, How);

/// The name a column goes by in [`Choices`]: its heading reduced to words, with
/// its number when the heading comes again.
pub(crate) fn choice_names(headings: &[String]) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    headings
        .iter()
        .map(|heading| {
            let label = text::label(heading);
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            if *count == 1 {
                label
            } else {
                format!("{label}#{count}")
            }
        })
        .collect()
}

/// A name for the layout of a file: the same for every export of one system,
/// different when a heading differs. Lower-case hexadecimal.
pub fn fingerprint(columns: &Columns) -> String {
    use std::fmt::Write;
    let mut hash = Sha256::new();
    let mut names = columns.choice_names();
    // A file that is uploaded again with its errors corrected has the same layout.
    while names.last().is_some_and(|name| {
        name.is_empty() || name.starts_with('#') || *name == text::label(ERRORS)
    }) {
        names.pop();
    }
    for name in names {
        hash.update(name.as_bytes());
        hash.update([0x1f]);
    }
    hash.finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

impl Columns {
    /// The names under which [`Choices`] know the columns, in order.
    pub fn choice_names(&self) -> Vec<String> {
        choice_names(
            &self
                .columns
                .iter()
                .map(|column| column.heading.clone())
                .collect::<Vec<_>>(),
        )
    }

    /// The column that is first for a field.
    pub fn first(&self, field: Field) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.field == Some(field) && column.place == 0)
    }

    /// The fields that a roster cannot do without and that no column fills.
    /// `school_known` when the school is named beside the file.
    pub fn check_complete(&self, school_known: bool) -> Result<(), ColumnsError> {
        let has = |field: Field| {
            self.columns
                .iter()
                .any(|column| column.field == Some(field))
        };
        let mut missing = Vec::new();
        if !has(Field::FullName) {
            for field in [Field::GivenName, Field::FamilyName] {
                if !has(field) {
                    missing.push(field.label());
                }
            }
        }
        for field in [Field::DateOfBirth, Field::Sex] {
            if !has(field) {
                missing.push(field.label());
            }
        }
        if !(school_known || has(Field::Urn) || has(Field::DfeNumber) || has(Field::SchoolName)) {
            missing
                .push("the school (its URN), and no school was named beside the file".to_owned());
        }
        if missing.is_empty() {
            return Ok(());
        }
        let found = self
            .columns
            .iter()
            .map(|column| column.heading.clone())
            .filter(|heading| !heading.is_empty());
        Err(ColumnsError::Missing {
            missing,
            found: found.take(60).collect(),
        })
    }
}
