//! Which columns of a file fill which fields, and how they are written.

use programme::text;
use tabular::Table;

use crate::columns::Columns;
use crate::columns::dates::DateStyle;
use crate::columns::field::{Field, MOST_PARENTS, ParentPart};

/// Which columns fill each field, the best first, and how they are written.
pub(crate) struct Layout {
    pub(crate) columns: Vec<Vec<u16>>,
    pub(crate) dates: DateStyle,
    /// The relationship that the headings give each contact.
    pub(crate) relationships: [&'static str; MOST_PARENTS as usize],
    pub(crate) year_from_subheading: bool,
    pub(crate) class_from_subheading: bool,
}

impl Layout {
    pub(crate) fn new(table: &Table, columns: &Columns) -> Self {
        let mut by_field: Vec<Vec<(u8, u16)>> = vec![Vec::new(); Field::COUNT];
        for (index, column) in columns.columns.iter().enumerate() {
            if let Some(field) = column.field {
                by_field[field.ordinal()].push((column.place, index as u16));
            }
        }
        let by_field = by_field
            .into_iter()
            .map(|mut places| {
                places.sort_unstable();
                places.into_iter().map(|(_, index)| index).collect()
            })
            .collect();
        let mut layout = Self {
            columns: by_field,
            dates: DateStyle::USUAL,
            relationships: relationships(columns),
            year_from_subheading: false,
            class_from_subheading: false,
        };
        if let Some(column) = layout.columns[Field::DateOfBirth.ordinal()].first() {
            layout.dates = DateStyle::of_column(table, columns.heading_row, *column);
        }
        layout.year_from_subheading = !layout.has(Field::YearGroup);
        layout.class_from_subheading = !layout.has(Field::Class);
        layout
    }

    /// Whether there are columns for one contact only.
    pub(crate) fn one_contact_each(&self) -> bool {
        let second = Field::Parent(2, ParentPart::Title).ordinal();
        self.columns[second..].iter().all(Vec::is_empty)
    }

    pub(crate) fn has(&self, field: Field) -> bool {
        !self.columns[field.ordinal()].is_empty()
    }
}

/// The relationship that headings such as "Mother's name" give a contact.
fn relationships(columns: &Columns) -> [&'static str; MOST_PARENTS as usize] {
    let mut relationships = [""; MOST_PARENTS as usize];
    for column in &columns.columns {
        let Some(Field::Parent(number, _)) = column.field else {
            continue;
        };
        let label = text::label(&column.heading);
        let has = |words: &[&str]| label.split(' ').any(|word| words.contains(&word));
        // "Mother/carer" does not say which.
        if has(&["carer", "guardian", "parent"]) {
            continue;
        }
        let relationship = &mut relationships[usize::from(number.clamp(1, MOST_PARENTS)) - 1];
        if has(&["mother", "mothers", "mum", "mums"]) {
            *relationship = "Mother";
        } else if has(&["father", "fathers", "dad", "dads"]) {
            *relationship = "Father";
        }
    }
    relationships
}
