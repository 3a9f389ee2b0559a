//! The report of an import as one JSON object.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::code::Strength;
use crate::columns::Columns;
use crate::plan::{Action, Counts, Plan};

/// What `--report` writes. Holds personal data in its messages.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Rows that are children's.
    pub rows: usize,
    /// How many came to what.
    pub counts: Counts,
    /// Heading → field, for the columns that are used.
    pub columns: Map<String, Value>,
    /// Headings of columns that are left alone.
    pub columns_left_alone: Vec<String>,
    /// Every row that is not plainly new.
    pub row_outcomes: Vec<RowOutcome>,
    /// What concerns more than one row.
    pub notices: Vec<String>,
}

/// What came of one row.
#[derive(Debug, Serialize)]
pub struct RowOutcome {
    /// The row as a spreadsheet shows it.
    pub row: u32,
    /// new | matched | duplicate | review | rejected | skipped, or what the row
    /// is instead of a child.
    pub outcome: &'static str,
    /// The codes of what was found, repairs left out.
    pub codes: Vec<&'static str>,
    /// In words.
    pub message: String,
    /// The earlier row this one is the same as, or may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_row: Option<u32>,
    /// What differs in a child already held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub change: Vec<&'static str>,
}

/// Reports on a plan.
pub fn report(plan: &Plan, columns: &Columns, notices: Vec<String>) -> Report {
    let counts = plan.counts();
    let mut used = Map::new();
    let mut left_alone = Vec::new();
    for column in &columns.columns {
        match column.field.filter(|_| column.place == 0) {
            Some(field) => {
                used.insert(column.heading.clone(), Value::String(field.key()));
            }
            None if !column.heading.is_empty() => left_alone.push(column.heading.clone()),
            None => {}
        }
    }
    Report {
        rows: counts.rows,
        counts,
        columns: used,
        columns_left_alone: left_alone,
        row_outcomes: row_outcomes(plan),
        notices,
    }
}

fn row_outcomes(plan: &Plan) -> Vec<RowOutcome> {
    let mut outcomes = Vec::new();
    for row in &plan.rows {
        let codes: Vec<&'static str> = row
            .findings
            .iter()
            .map(|finding| finding.code)
            .filter(|code| {
                code.strength() != Strength::Repair || matches!(row.action, Action::Skipped)
            })
            .map(crate::code::Code::as_str)
            .collect();
        if matches!(row.action, Action::New(_)) && codes.is_empty() {
            continue;
        }
        let (of_row, change) = match &row.action {
            Action::Duplicate { of_row } => (Some(*of_row), Vec::new()),
            Action::Review { of_row, .. } => (*of_row, Vec::new()),
            Action::Changed { changes, .. } => {
                (None, changes.iter().map(|change| change.as_str()).collect())
            }
            _ => (None, Vec::new()),
        };
        outcomes.push(RowOutcome {
            row: row.number,
            outcome: row.action.outcome(),
            codes,
            message: row.message().unwrap_or_default(),
            of_row,
            change,
        });
    }
    outcomes
}
