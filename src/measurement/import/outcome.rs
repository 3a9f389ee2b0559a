//! What a row says came of its child, and why it cannot be taken.

use chrono::NaiveDate;
use growth::plausibility::Limits as Plausible;

use super::file::Parsed;
use super::row_result::RowResult;
use crate::measurement::entry::{Entry, in_words};
use programme::{ReasonNotMeasured, read_date};
use tabular::Row;

/// What a row is about, before anything is written.
pub(super) struct Refusal {
    pub(super) outcome: RowResult,
    pub(super) codes: Vec<String>,
    pub(super) message: String,
}

pub(super) fn rejected(code: &str, message: impl Into<String>) -> Refusal {
    Refusal {
        outcome: RowResult::Rejected,
        codes: vec![code.to_owned()],
        message: message.into(),
    }
}

/// What a row says came of its child.
pub(super) enum Told {
    Measured(Entry),
    Reason(ReasonNotMeasured, NaiveDate),
}

pub(super) fn told(
    parsed: &Parsed,
    row: Row<'_>,
    today: NaiveDate,
    limits: &Plausible,
) -> Result<Told, Refusal> {
    let cell = |field: &str| parsed.cell(row, field);
    let (height, weight, reason) = (cell("height"), cell("weight"), cell("reason"));
    let recorded = !height.is_empty() || !weight.is_empty();
    if !recorded && reason.is_empty() {
        return Err(Refusal {
            outcome: RowResult::Skipped,
            codes: vec!["nothing_recorded".to_owned()],
            message: "No height, weight or reason: nothing to record yet.".to_owned(),
        });
    }
    if recorded && !reason.is_empty() {
        return Err(rejected(
            "reason_and_measurement",
            "There is a measurement and a reason for there being none: keep one of the two.",
        ));
    }
    let day = read_day(&cell("date_measured"))?;
    if !recorded {
        return Ok(Told::Reason(read_reason(&reason)?, day.unwrap_or(today)));
    }
    let (height, weight) = growth::plausibility::read_entry(&height, &weight)
        .map_err(|findings| implausible(&findings))?;
    let Some(measured_on) = day else {
        let findings = limits.findings(height.centimetres(), weight.kilograms());
        return Err(if findings.can_be_saved() {
            rejected("date_missing", "The date measured is missing.")
        } else {
            implausible(&findings)
        });
    };
    let named = |field: &str| Some(cell(field)).filter(|text| !text.is_empty());
    Ok(Told::Measured(Entry {
        expected_version: None,
        height,
        weight,
        measured_on,
        device: named("device"),
        measured_by: named("measured_by"),
    }))
}

/// The day in the cell of the date measured; `None` when the cell is empty.
fn read_day(date: &str) -> Result<Option<NaiveDate>, Refusal> {
    if date.is_empty() {
        return Ok(None);
    }
    let reading = read_date(date).map_err(|_| {
        rejected(
            "date_unreadable",
            format!("The date measured “{date}” cannot be read: write it as 2026-11-30."),
        )
    })?;
    Ok(Some(reading.date))
}

fn read_reason(reason: &str) -> Result<ReasonNotMeasured, Refusal> {
    ReasonNotMeasured::read(reason).ok_or_else(|| {
        let known: Vec<&str> = ReasonNotMeasured::ALL
            .iter()
            .map(|reason| reason.words())
            .collect();
        rejected(
            "reason_unknown",
            format!(
                "The reason “{reason}” is not one of the eight: {}.",
                known.join(", ")
            ),
        )
    })
}

/// Refuses figures that cannot be a child's.
fn implausible(findings: &growth::plausibility::Findings) -> Refusal {
    Refusal {
        outcome: RowResult::Rejected,
        codes: findings
            .codes()
            .map(|code| code.code().to_owned())
            .collect(),
        message: in_words(&findings.rejects),
    }
}
