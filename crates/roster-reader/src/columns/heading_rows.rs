//! Headings that stand in one row or in two.
//!
//! Two rows are taken for the headings only when more columns are recognised from the two together
//! than from the one that was found.

use std::collections::{BTreeMap, BTreeSet};

use crate::columns::field::{Field, MOST_PARENTS, ParentPart};
use crate::columns::headings::{Recognised, recognise};
use programme::{read_date, text};
use tabular::Table;

/// A row of headings, put together from two where the table has two.
pub(crate) struct Headings {
    /// Position of the lower of its rows.
    pub(crate) row: usize,
    /// A text for each column.
    pub(crate) texts: Vec<String>,
}

/// Puts headings together that stand in two rows: groups of columns ("Parent 1",
/// "Parent 2") above the columns' own names, or words cut in two by a merged
/// cell. Two rows are only taken when they say more than one.
pub(crate) fn whole_headings(table: &Table, found: usize) -> Headings {
    let single = heading_texts(table, found);
    let mut best = (recognised_fields(&single), found, single);
    let neighbours = [
        found.checked_sub(1).map(|upper| (upper, found)),
        (found + 1 < table.len()).then_some((found, found + 1)),
    ];
    for (upper, lower) in neighbours.into_iter().flatten() {
        if !is_part_of_headings(table, upper, found) || !is_part_of_headings(table, lower, found) {
            continue;
        }
        let texts = joined(&heading_texts(table, upper), &heading_texts(table, lower));
        let recognised = recognised_fields(&texts);
        if recognised > best.0 {
            best = (recognised, lower, texts);
        }
    }
    Headings {
        row: best.1,
        texts: best.2,
    }
}

/// Whether a row beside the one found could belong to the headings: several
/// short texts and no value.
fn is_part_of_headings(table: &Table, row: usize, found: usize) -> bool {
    if row == found {
        return true;
    }
    let mut filled = 0;
    for cell in table.row(row).cells().map(str::trim) {
        if cell.is_empty() {
            continue;
        }
        filled += 1;
        if cell.len() > 60 || read_date(cell).is_ok() || cell.contains('@') {
            return false;
        }
    }
    filled >= 2
}

/// How many different fields are recognised in the headings.
fn recognised_fields(headings: &[String]) -> usize {
    let mut unnumbered: BTreeMap<ParentPart, u8> = BTreeMap::new();
    let fields: BTreeSet<Field> = headings
        .iter()
        .filter_map(|heading| match recognise(heading)? {
            Recognised::Field(field, _) => Some(field),
            Recognised::Parent(part, _) => {
                let seen = unnumbered.entry(part).or_default();
                *seen += 1;
                Some(Field::Parent((*seen).min(MOST_PARENTS), part))
            }
        })
        .collect();
    fields.len()
}

/// Two rows of headings as one. A group's name stands over the first of its
/// columns only, because the cells beside it are merged into it.
fn joined(upper: &[String], lower: &[String]) -> Vec<String> {
    let mut group = "";
    upper
        .iter()
        .zip(lower)
        .map(|(above, own)| {
            if !above.is_empty() {
                group = above;
            }
            if own.is_empty() {
                return above.clone();
            }
            let both = format!("{group} {own}");
            let both = both.trim();
            match (recognise(both), recognise(own)) {
                (Some(_), _) | (None, None) => both.to_owned(),
                (None, Some(_)) => own.clone(),
            }
        })
        .collect()
}

fn heading_texts(table: &Table, heading_row: usize) -> Vec<String> {
    let row = table.row(heading_row);
    (0..table.width())
        .map(|column| text::clean(row.cell(column)).into_owned())
        .collect()
}
