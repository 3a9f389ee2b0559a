//! The file: its headings understood, its cells cleaned, and itself given back with what is wrong.

use std::collections::HashMap;
use std::io;

use serde_json::{Map, Value, json};

use super::error::ImportError;
use programme::text;
use tabular::{self, Limits, Row, Synonyms, Table};

/// Headings of measurement files, and the fields they stand for.
const HEADINGS: &str = include_str!("headings.csv");

/// The fields that tell the child.
const IDENTIFYING: [&str; 5] = [
    "upn",
    "nhs_number",
    "given_name",
    "family_name",
    "date_of_birth",
];

/// A file read into rows, its headings understood.
#[derive(Debug)]
pub struct Parsed {
    table: Table,
    heading_row: usize,
    columns: HashMap<String, usize>,
    /// Heading → field of the columns that are used.
    pub used: Map<String, Value>,
}

/// Reads a file and understands its headings.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Parsed, ImportError> {
    let synonyms = Synonyms::parse(HEADINGS);
    let knows = |heading: &str| synonyms.field(heading).is_some();
    let table = tabular::read_table(bytes, limits, |table| {
        tabular::find_heading_row(table, 3, knows).is_some()
    })?;
    let heading_row = tabular::find_heading_row(&table, 3, knows)
        .ok_or(ImportError::NoHeadings)?
        .index;
    let mut columns: HashMap<String, usize> = HashMap::new();
    let mut used = Map::new();
    let headings = table.row(heading_row);
    for (index, heading) in headings.cells().enumerate() {
        let Some((field, _)) = synonyms.field(heading) else {
            continue;
        };
        if let Some(other) = columns.insert(field.to_owned(), index) {
            return Err(ImportError::TwoColumns(
                headings.cell(other).trim().to_owned(),
                heading.trim().to_owned(),
            ));
        }
        used.insert(heading.trim().to_owned(), json!(field));
    }
    let has = |field: &str| columns.contains_key(field);
    if !IDENTIFYING.iter().any(|field| has(field)) {
        return Err(ImportError::ColumnMissing(
            "the child: UPN, NHS number, or names and date of birth",
        ));
    }
    if !has("reason") {
        for (field, words) in [("height", "the height (cm)"), ("weight", "the weight (kg)")] {
            if !has(field) {
                return Err(ImportError::ColumnMissing(words));
            }
        }
    }
    Ok(Parsed {
        table,
        heading_row,
        columns,
        used,
    })
}

impl Parsed {
    /// The rows below the headings.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.table.rows().skip(self.heading_row + 1)
    }

    /// A cell, cleaned; empty where there is no such column.
    pub(super) fn cell(&self, row: Row<'_>, field: &str) -> String {
        self.columns.get(field).map_or_else(String::new, |column| {
            text::clean(tabular::restored(row.cell(*column))).into_owned()
        })
    }

    /// Writes the file back with what is wrong with each row: `wrong` by the row's number.
    pub(super) fn write_errors(
        &self,
        wrong: &HashMap<u32, &str>,
        out: impl io::Write,
    ) -> io::Result<()> {
        tabular::write_with_errors(
            &self.table,
            self.heading_row,
            |row| wrong.get(&row).map(|message| (*message).to_owned()),
            out,
        )
    }
}
