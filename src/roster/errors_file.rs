//! The user's own file back, with what is wrong with each row.

use std::collections::HashMap;
use std::io::{self, Write};

use super::import::Parsed;
use roster_reader::plan::{Action, Plan};

/// Writes the file back as CSV with a column "Errors", row by row as it came.
/// Rows that are fine have nothing there; a corrected copy can be imported as
/// it is.
pub fn write_errors(plan: &Plan, parsed: &Parsed, out: impl Write) -> io::Result<()> {
    let messages: HashMap<u32, String> = plan
        .rows
        .iter()
        .filter(|row| !matches!(row.action, Action::Skipped | Action::NotAChild(_)))
        .filter_map(|row| {
            let waits = matches!(row.action, Action::Rejected | Action::Review { .. });
            let message = row.message()?;
            Some((
                row.number,
                if waits {
                    message
                } else {
                    format!("Warning: {message}")
                },
            ))
        })
        .collect();
    tabular::write_with_errors(
        &parsed.table,
        parsed.columns.heading_row,
        |row| messages.get(&row).cloned(),
        out,
    )
}
