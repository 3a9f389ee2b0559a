//! Reads the cells of one row by field, and collects what is found.

use programme::text;
use tabular::{Row, restored};

use crate::code::{Code, Finding, Strength};
use crate::columns::Columns;
use crate::columns::field::{Field, MOST_PARENTS, ParentPart};
use crate::row::layout::Layout;

/// Reads the cells of one row and collects what is found.
pub(crate) struct RowChecker<'r, 't> {
    pub(crate) row: Row<'t>,
    pub(crate) columns: &'r Columns,
    pub(crate) layout: &'r Layout,
    pub(crate) findings: Vec<Finding>,
}

impl<'t> RowChecker<'_, 't> {
    /// The first column for the field that is filled, and its cell as it came.
    pub(crate) fn raw(&self, field: Field) -> (Option<u16>, &'t str) {
        let places = &self.layout.columns[field.ordinal()];
        for column in places {
            let cell = bare(field, self.row.cell(usize::from(*column)));
            if !cell.trim().is_empty() && !text::is_no_value(cell) {
                return (Some(*column), cell);
            }
        }
        (places.first().copied(), "")
    }

    /// Every filled cell of a field, cleaned, in the order of the columns.
    pub(crate) fn texts(&mut self, field: Field) -> Vec<String> {
        let mut places = self.layout.columns[field.ordinal()].clone();
        places.sort_unstable();
        let mut texts = Vec::new();
        for column in places {
            let cell = bare(field, self.row.cell(usize::from(column)));
            if !text::says_nothing(cell.trim()) && !text::is_no_value(cell) {
                self.note_formula(Some(column), cell);
                texts.push(text::clean(cell).into_owned());
            }
        }
        texts
    }

    /// The relationship that the headings give a contact, or empty.
    pub(crate) fn implied_relationship(&self, number: u8) -> &'static str {
        self.layout.relationships[usize::from(number.clamp(1, MOST_PARENTS)) - 1]
    }

    /// The cleaned text of a field of free text.
    pub(crate) fn text(&mut self, field: Field) -> String {
        let (column, cell) = self.raw(field);
        if cell.is_empty() {
            return String::new();
        }
        let clean = text::clean(cell);
        // "None" and "Na" are names of people.
        let a_name = matches!(
            field,
            Field::GivenName | Field::FamilyName | Field::FullName
        );
        if !a_name && text::says_nothing(&clean) {
            return String::new();
        }
        self.note_formula(column, cell);
        clean.into_owned()
    }

    /// Whether the heading of a column of full names puts the family name first.
    pub(crate) fn family_name_first(&self, column: Option<u16>) -> bool {
        column.is_some_and(|column| {
            let label = text::label(&self.columns.columns[usize::from(column)].heading);
            let place = |words: &[&str]| words.iter().filter_map(|word| label.find(word)).min();
            let family = place(&["surname", "last name", "family name"]);
            let given = place(&["forename", "first name", "given name"]);
            matches!((family, given), (Some(family), Some(given)) if family < given)
        })
    }

    /// Warns of a cell that a spreadsheet would take for a formula.
    pub(crate) fn note_formula(&mut self, column: Option<u16>, cell: &str) {
        let cell = cell.trim_start();
        let formula = cell.starts_with(['=', '@'])
            || (cell.starts_with(['+', '-'])
                && cell.len() > 1
                && !cell[1..]
                    .starts_with(|c: char| c.is_ascii_digit() || c == ' ' || c == '-' || c == '('));
        if formula {
            self.find(Code::LooksLikeFormula, column, || {
                format!(
                    "“{}” begins like a spreadsheet formula. It was kept as plain text; check that it is what was meant.",
                    shortened(&text::clean(cell))
                )
            });
        }
    }

    /// Notes a matter with a column of the row.
    pub(crate) fn find(
        &mut self,
        code: Code,
        column: Option<u16>,
        message: impl FnOnce() -> String,
    ) {
        let heading =
            column.map(|column| self.columns.columns[usize::from(column)].heading.clone());
        self.findings.push(Finding {
            code,
            heading,
            message: message(),
        });
    }

    /// Whether the file has any column about this contact.
    pub(crate) fn has_any_parent_column(&self, number: u8) -> bool {
        let first = Field::Parent(number, ParentPart::Title).ordinal();
        self.layout.columns[first..first + ParentPart::COUNT]
            .iter()
            .any(|columns| !columns.is_empty())
    }

    pub(crate) fn has_problem(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code.strength() == Strength::Problem)
    }
}

/// A cell without the apostrophe that made it text in a spreadsheet.
fn bare(field: Field, cell: &str) -> &str {
    let typed = matches!(
        field,
        Field::Urn
            | Field::DfeNumber
            | Field::Upn
            | Field::NhsNumber
            | Field::DateOfBirth
            | Field::Sex
            | Field::YearGroup
            | Field::Ethnicity
            | Field::Postcode
            | Field::Parent(_, ParentPart::Phone | ParentPart::Email)
    );
    match cell.strip_prefix('\'') {
        Some(rest) if typed => rest,
        _ => restored(cell),
    }
}

/// A value as it is quoted in a message.
pub(crate) fn shortened(value: &str) -> String {
    if value.chars().count() <= 60 {
        value.to_owned()
    } else {
        value.chars().take(57).chain("…".chars()).collect()
    }
}
