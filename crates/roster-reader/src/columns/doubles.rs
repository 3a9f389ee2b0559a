//! Several columns that are one field: which is first, and which are a question.

use std::collections::BTreeMap;

use programme::text;
use tabular::Table;

use crate::columns::column::{Candidate, Column, Question};
use crate::columns::field::{Field, ParentPart};

/// Where several columns are one field: the best heading first, the others
/// behind it to fill blanks. Equal headings with different values are a
/// question.
pub(crate) fn settle_doubles(
    table: &Table,
    heading_row: usize,
    columns: &mut [Column],
    candidates: &[Candidate],
) -> Vec<Question> {
    let mut by_field: BTreeMap<Field, Vec<(u8, usize)>> = BTreeMap::new();
    for (index, (candidate, _)) in candidates.iter().enumerate() {
        if let Some((field, rank)) = candidate {
            by_field.entry(*field).or_default().push((*rank, index));
        }
    }
    let mut questions = Vec::new();
    for (field, mut places) in by_field {
        places.sort_by_key(|(rank, index)| (std::cmp::Reverse(*rank), *index));
        let best = places[0].0;
        let equal: Vec<usize> = places
            .iter()
            .filter(|(rank, _)| *rank == best)
            .map(|(_, index)| *index)
            .collect();
        // Several telephones of one contact are no doubt: the first one is used.
        let harmless = matches!(
            field,
            Field::Parent(_, ParentPart::Phone | ParentPart::Name)
        );
        if equal.len() > 1 && !harmless && disagree(table, heading_row, &equal) {
            let headings: Vec<String> = equal
                .iter()
                .map(|index| format!("“{}”", columns[*index].heading))
                .collect();
            questions.push(Question {
                field,
                text: format!(
                    "Several columns could be the {}: {}. Say which one it is.",
                    field.label().to_lowercase(),
                    headings.join(", ")
                ),
                columns: equal,
            });
        }
        for (place, (_, index)) in places.iter().enumerate() {
            columns[*index].place = place as u8;
        }
    }
    questions
}

fn disagree(table: &Table, heading_row: usize, columns: &[usize]) -> bool {
    table.rows().skip(heading_row + 1).any(|row| {
        let mut first = None;
        columns
            .iter()
            .map(|column| text::clean(row.cell(*column)))
            .filter(|cell| !cell.is_empty())
            .any(|cell| match &first {
                None => {
                    first = Some(cell);
                    false
                }
                Some(first) => text::folded(first) != text::folded(&cell),
            })
    })
}
