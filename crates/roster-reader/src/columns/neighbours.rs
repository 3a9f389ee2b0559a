//! Recognises columns by the columns beside them.
//!
//! A column that a person chose is never changed.

use crate::columns::column::{Candidate, How};
use crate::columns::field::{Field, MOST_LINES, MOST_PARENTS, ParentPart};
use crate::columns::values;
use programme::text;
use tabular::Table;

/// Takes another look at every column, now that all of them were looked at one
/// by one.
pub(crate) fn consider_neighbours(
    table: &Table,
    heading_row: usize,
    headings: &[String],
    candidates: &mut [Candidate],
) {
    repeated_addresses_are_lines(headings, candidates);
    name_beside_surname(table, heading_row, candidates);
    first_and_last(headings, candidates);
    drop_superseded(candidates);
}

/// Takes columns that are all headed "Address" for its lines.
fn repeated_addresses_are_lines(headings: &[String], candidates: &mut [Candidate]) {
    let blocks: Vec<usize> = candidates
        .iter()
        .enumerate()
        .filter(|(_, (candidate, how))| {
            let block = candidate.is_some_and(|(field, _)| field == Field::AddressBlock);
            block && *how == How::Heading
        })
        .map(|(index, _)| index)
        .collect();
    let alike = |index: &usize| text::label(&headings[*index]) == text::label(&headings[blocks[0]]);
    if blocks.len() < 2 || !blocks.iter().all(alike) {
        return;
    }
    for (line, index) in (1..=MOST_LINES).zip(blocks) {
        candidates[index].0 = Some((Field::AddressLine(line), 5));
    }
}

/// Takes "First" and "Last" for names where nothing else is headed as one.
fn first_and_last(headings: &[String], candidates: &mut [Candidate]) {
    let named = |(candidate, _): &Candidate| {
        candidate.is_some_and(|(field, _)| {
            matches!(
                field,
                Field::GivenName | Field::FamilyName | Field::FullName
            )
        })
    };
    let place = |word: &str| {
        headings
            .iter()
            .position(|heading| text::label(heading) == word)
    };
    let (Some(first), Some(last)) = (place("first"), place("last")) else {
        return;
    };
    if candidates.iter().any(named) {
        return;
    }
    for (index, field) in [(first, Field::GivenName), (last, Field::FamilyName)] {
        if candidates[index].1 == How::LeftAlone {
            candidates[index] = (Some((field, 3)), How::Heading);
        }
    }
}

/// Takes "Name" for the given name where it stands beside a column of family
/// names that it does not repeat.
fn name_beside_surname(table: &Table, heading_row: usize, candidates: &mut [Candidate]) {
    let place = |wanted: Field| {
        candidates
            .iter()
            .position(|(candidate, _)| candidate.is_some_and(|(field, _)| field == wanted))
    };
    let (None, Some(family), Some(full)) = (
        place(Field::GivenName),
        place(Field::FamilyName),
        place(Field::FullName),
    ) else {
        return;
    };
    if candidates[full].1 == How::Chosen {
        return;
    }
    let repeats = table
        .rows()
        .skip(heading_row + 1)
        .take(values::SAMPLE)
        .any(|row| {
            let family = text::folded(row.cell(family));
            !family.is_empty() && text::folded(row.cell(full)).contains(&family)
        });
    if !repeats {
        candidates[full].0 = Some((Field::GivenName, 3));
    }
}

/// Leaves alone what a better column says already: a full name beside its two
/// parts, an address in one cell beside its lines, the school's name beside its
/// number.
fn drop_superseded(candidates: &mut [Candidate]) {
    let has = |candidates: &[Candidate], wanted: Field| {
        candidates
            .iter()
            .any(|(field, _)| field.is_some_and(|(field, _)| field == wanted))
    };
    let mut dropped = Vec::new();
    if has(candidates, Field::GivenName) && has(candidates, Field::FamilyName) {
        dropped.push(Field::FullName);
    }
    let lines = (1..=MOST_LINES).filter(|line| has(candidates, Field::AddressLine(*line)));
    if lines.count() > 0 || has(candidates, Field::Street) {
        dropped.push(Field::AddressBlock);
    }
    if has(candidates, Field::Urn) || has(candidates, Field::DfeNumber) {
        dropped.push(Field::SchoolName);
    }
    for number in 1..=MOST_PARENTS {
        let part = |part| Field::Parent(number, part);
        let both =
            has(candidates, part(ParentPart::Given)) && has(candidates, part(ParentPart::Family));
        if both {
            dropped.push(part(ParentPart::Name));
        }
    }
    for (field, how) in candidates.iter_mut() {
        if *how != How::Chosen && field.is_some_and(|(field, _)| dropped.contains(&field)) {
            (*field, *how) = (None, How::LeftAlone);
        }
    }
}
