//! What is worth saying once for a whole file.

use tabular::Table;

use crate::code::Code;
use crate::row::checked::{Reading, Verdict};

/// Asks whether the academic year is right, when most children are too old or
/// too young for it.
pub(super) fn wrong_year_notice(rows: &[Reading], start_year: i32) -> Option<String> {
    let (mut children, mut unusual) = (0usize, 0usize);
    for reading in rows {
        if matches!(
            reading.row.verdict,
            Verdict::Child(_) | Verdict::Rejected(_)
        ) {
            children += 1;
            unusual += usize::from(reading.row.findings.iter().any(|finding| {
                matches!(
                    finding.code,
                    Code::DobOutsideYearWindow | Code::AgeOutOfRange
                )
            }));
        }
    }
    (unusual >= 5 && unusual * 2 > children).then(|| {
        format!(
            "Most dates of birth are outside the usual ones of {start_year}-{:02}. Was the right academic year chosen?",
            (start_year + 1) % 100
        )
    })
}

/// Says which rows are which sheet's, where the file has several.
pub(super) fn sheets_notice(table: &Table) -> Option<String> {
    let sheets: Vec<String> = table
        .sheets()
        .map(|(name, first, last)| format!("rows {first} to {last} are “{name}”"))
        .collect();
    (sheets.len() > 1).then(|| {
        format!(
            "The sheets were read one after another and their rows numbered on: {}.",
            sheets.join(", ")
        )
    })
}
