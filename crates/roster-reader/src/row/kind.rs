//! Rows that are not children: instructions, headings again, subheadings, totals.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::columns::Columns;
use crate::columns::field::Field;
use crate::columns::values::is_plausible;
use programme::text;
use tabular::Row;

/// What a row is instead of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotAChild {
    /// Says how to fill the columns in.
    Instruction,
    /// The headings once more, as at the top of a printed page.
    Header,
    /// The name of a class or year above its children.
    Subheading,
    /// A count of the rows above it.
    Total,
    /// A further contact of the child above it.
    Contact,
    /// A note or a key to abbreviations under the table.
    Note,
}

impl NotAChild {
    /// The stable word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instruction => "instruction",
            Self::Header => "header",
            Self::Subheading => "subheading",
            Self::Total => "total",
            Self::Contact => "contact",
            Self::Note => "note",
        }
    }
}

/// Fields whose values can be told from words.
const TYPED: [Field; 9] = [
    Field::Urn,
    Field::DfeNumber,
    Field::Upn,
    Field::NhsNumber,
    Field::DateOfBirth,
    Field::Sex,
    Field::YearGroup,
    Field::Postcode,
    Field::Ethnicity,
];

/// Tells whether a row below the headings is something other than a child.
pub(crate) fn not_a_child(row: Row<'_>, columns: &Columns) -> Option<NotAChild> {
    let filled = row.cells().filter(|cell| !cell.trim().is_empty()).count();
    let total = || (filled <= 3 && is_total(row)).then_some(NotAChild::Total);
    // Nearly every row has a value where a value should be.
    if has_plausible_value(row, columns) {
        // "Yr" is a heading and a year group.
        let header = is_row_of_headings(row, columns).then_some(NotAChild::Header);
        return header.or_else(total);
    }
    if repeats_headings(row, columns, filled) {
        return Some(NotAChild::Header);
    }
    // The rows straight under the headings, with words where values should be.
    if row.index() <= columns.heading_row + 2
        && typed_cells(row, columns).count() >= 2
        && has_words_for_names(row, columns)
    {
        return Some(NotAChild::Instruction);
    }
    if only_about_a_contact(row, columns) {
        return Some(NotAChild::Contact);
    }
    if filled <= 3 && is_foot_of_page(row) {
        return Some(NotAChild::Note);
    }
    total().or((filled == 1 && columns.columns.len() > 2).then_some(NotAChild::Subheading))
}

/// Whether only columns about contacts are filled, two of them at least: the
/// second contact of a child whose own cells are merged or not repeated.
fn only_about_a_contact(row: Row<'_>, columns: &Columns) -> bool {
    let mut contact = 0;
    for (index, column) in columns.columns.iter().enumerate() {
        if row.cell(index).trim().is_empty() {
            continue;
        }
        match column.field {
            Some(Field::Parent(..)) => contact += 1,
            Some(_) => return false,
            None => {}
        }
    }
    contact >= 2
}

/// Whether a row that cannot be a child looks like a line of a key or a note:
/// few cells, and no value where a value should be.
pub(crate) fn could_be_note(row: Row<'_>, columns: &Columns) -> bool {
    let filled = row.cells().filter(|cell| !cell.trim().is_empty()).count();
    filled <= 3 && !has_plausible_value(row, columns)
}

/// The cells of typed fields that are filled.
fn typed_cells<'t>(row: Row<'t>, columns: &Columns) -> impl Iterator<Item = (Field, Cow<'t, str>)> {
    columns
        .columns
        .iter()
        .enumerate()
        .filter_map(move |(index, column)| {
            let field = column.field.filter(|field| TYPED.contains(field))?;
            let cell = text::clean(row.cell(index));
            (!cell.is_empty()).then_some((field, cell))
        })
}

/// Whether any cell of a typed field could be such a value.
fn has_plausible_value(row: Row<'_>, columns: &Columns) -> bool {
    typed_cells(row, columns).any(|(field, cell)| is_plausible(field, &cell) == Some(true))
}

/// Whether every cell is its column's heading, letter for letter.
fn is_row_of_headings(row: Row<'_>, columns: &Columns) -> bool {
    columns.columns.iter().enumerate().all(|(index, column)| {
        let cell = row.cell(index).trim();
        cell.is_empty() || cell.eq_ignore_ascii_case(&column.heading)
    })
}

fn repeats_headings(row: Row<'_>, columns: &Columns, filled: usize) -> bool {
    let same = columns
        .columns
        .iter()
        .enumerate()
        .filter(|(index, column)| {
            let cell = text::clean(row.cell(*index));
            !cell.is_empty() && text::label(&cell) == text::label(&column.heading)
        })
        .count();
    same >= 2 && same * 10 >= filled * 8
}

/// Whether the name columns are blank or hold what an instruction says.
fn has_words_for_names(row: Row<'_>, columns: &Columns) -> bool {
    const WORDS: [&str; 16] = [
        "required",
        "optional",
        "mandatory",
        "text",
        "enter",
        "please",
        "as ",
        "must",
        "do not",
        "format",
        "e.g",
        "eg ",
        "example",
        "leave",
        "legal",
        "name",
    ];
    let mut named = columns.columns.iter().enumerate().filter(|(_, column)| {
        matches!(
            column.field,
            Some(Field::GivenName | Field::FamilyName | Field::FullName | Field::DateOfBirth)
        )
    });
    named.all(|(index, column)| {
        let cell = row.cell(index).trim().to_lowercase();
        let words = WORDS.iter().any(|word| cell.contains(word));
        cell.is_empty()
            || words
            || (column.field == Some(Field::DateOfBirth) && cell.contains("yy"))
    })
}

/// "Page 1 of 3", "Printed 14/09/2026".
fn is_foot_of_page(row: Row<'_>) -> bool {
    row.cells().any(|cell| {
        let label = text::label(cell);
        let mut words = label.split(' ');
        let number = |word: Option<&str>| {
            word.is_some_and(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()))
        };
        match words.next() {
            Some("page") => number(words.next()),
            Some("printed" | "report") => label.bytes().any(|b| b.is_ascii_digit()),
            _ => false,
        }
    })
}

fn is_total(row: Row<'_>) -> bool {
    const WORDS: [&str; 9] = [
        "total",
        "totals",
        "grand total",
        "count",
        "number of pupils",
        "total pupils",
        "number of children",
        "total children",
        "pupils",
    ];
    row.cells().any(|cell| {
        let label = text::label(cell);
        let words = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let words = words.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        WORDS.contains(&words) || words.starts_with("total ")
    })
}
