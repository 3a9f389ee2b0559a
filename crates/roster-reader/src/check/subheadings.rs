//! Subheadings and names of sheets that say the year group or class of the rows below them.

use programme::{YearGroup, YearGroupReading, text};
use tabular::Table;

use crate::columns::Columns;
use crate::row::check_row::check_child;
use crate::row::checked::{Context, Reading, Verdict};
use crate::row::kind::NotAChild;
use crate::row::layout::Layout;

/// Gives the rows under a subheading, or on a sheet, the year group or class
/// that its name says.
pub(super) fn apply_subheadings(
    table: &Table,
    columns: &Columns,
    layout: &Layout,
    context: &Context<'_>,
    rows: &mut [Reading],
) {
    let mut heading = Subheading::default();
    let mut sheet = None;
    for (index, reading) in rows.iter_mut().enumerate() {
        let position = columns.heading_row + 1 + index;
        let row = table.row(position);
        let here = table.sheet_of(position);
        if here != sheet {
            sheet = here;
            heading = Subheading::read(here.unwrap_or_default());
        }
        if let Verdict::NotAChild(NotAChild::Subheading) = reading.row.verdict {
            let words = row
                .cells()
                .map(text::clean)
                .find(|cell| !cell.is_empty())
                .unwrap_or_default();
            heading = Subheading::read(&words);
            continue;
        }
        if layout.year_from_subheading
            && heading.year_group.is_some()
            && !matches!(reading.row.verdict, Verdict::NotAChild(_))
        {
            *reading = check_child(row, columns, layout, context, heading.year_group).0;
        }
        if let (Verdict::Child(child), Some(class)) = (&mut reading.row.verdict, &heading.class)
            && layout.class_from_subheading
        {
            child.class.clone_from(class);
        }
    }
}

/// The year group and class that a subheading gives the rows below it.
#[derive(Default)]
struct Subheading {
    year_group: Option<YearGroupReading>,
    class: Option<String>,
}

impl Subheading {
    /// Reads texts such as "Year 6", "Class: Acorns", "6B" and "Reception - RA (Mrs Ash)".
    fn read(words: &str) -> Self {
        let mut heading = Self::default();
        for part in words
            .split([',', ';', '(', ')', '–'])
            .flat_map(|part| part.split(" - "))
        {
            let part = part.trim_matches([':', ' ']);
            if let Some(reading) = YearGroup::read(part) {
                heading.year_group = heading.year_group.or(Some(reading));
            } else if heading.class.is_none() {
                heading.class = class_named(part);
            }
        }
        heading
    }
}

/// The class a text names: "Class: Acorns", "Oak class", "6B", "RA".
fn class_named(words: &str) -> Option<String> {
    let label = text::label(words);
    for prefix in [
        "class ",
        "form ",
        "registration group ",
        "reg group ",
        "tutor group ",
    ] {
        if label.starts_with(prefix) {
            let class: String = words.chars().skip(prefix.chars().count()).collect();
            return Some(class.trim_matches([':', ' ']).to_owned());
        }
    }
    if let Some(class) = words
        .strip_suffix(" class")
        .or_else(|| words.strip_suffix(" Class"))
    {
        return Some(class.trim().to_owned());
    }
    let short = words.len() <= 4 && words.chars().all(char::is_alphanumeric);
    let coded = words.starts_with(|c: char| c.is_ascii_digit() || c == 'R')
        && words.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    (short && coded && words.len() >= 2).then(|| words.to_owned())
}
