//! The rows of a file, judged one after another.

use std::collections::HashMap;

use chrono::NaiveDate;
use growth::plausibility::Finding;

use super::child::{Children, Wanted};
use super::error::ImportError;
use super::file::Parsed;
use super::outcome::{Refusal, Told, rejected, told};
use super::report::{CHANGED_MEANWHILE, Report, Taken};
use super::row_result::RowResult;
use crate::measurement::entry::in_words;
use crate::measurement::record::{Batch, Recorded};
use crate::records::outcome::Standing;

/// Judges every row in order.
pub(super) fn judge_rows(
    parsed: &Parsed,
    children: &Children,
    batch: &mut Batch<'_>,
    today: NaiveDate,
    report: &mut Report,
) -> Result<(), ImportError> {
    let limits = batch.limits();
    let mut seen: HashMap<i64, u32> = HashMap::new();
    for row in parsed.rows() {
        let read = Wanted::read(parsed, row).and_then(|wanted| {
            let told = told(parsed, row, today, &limits)?;
            Ok((children.find(&wanted)?, told))
        });
        let taken = match read {
            Ok((pupil, told)) => take(batch, children, pupil, &told, row.number(), &mut seen)?,
            Err(refusal) => Err(refusal),
        };
        report.note(row.number(), taken);
    }
    Ok(())
}

/// Takes what a row tells of its child.
fn take(
    batch: &mut Batch<'_>,
    children: &Children,
    pupil: i64,
    told: &Told,
    row: u32,
    seen: &mut HashMap<i64, u32>,
) -> Result<Result<Taken, Refusal>, ImportError> {
    let (Some(standing), Some(person)) = (batch.standing(pupil), children.people.get(&pupil))
    else {
        return Ok(Err(rejected("child_not_found", "No child fits.")));
    };
    let earlier_row = seen.get(&pupil).copied();
    if let Some(first) = earlier_row
        && !says_the_same(standing, told)
    {
        return Ok(Err(rejected(
            "child_twice",
            format!("Row {first} says something else of the same child: keep one of the two."),
        )));
    }
    let recorded = match told {
        Told::Measured(entry) => batch.measure(pupil, person.date_of_birth, entry)?,
        Told::Reason(reason, on) => batch.reason(pupil, *reason, *on)?,
    };
    let is_measured = matches!(told, Told::Measured(_));
    let taken = taken(recorded, pupil, is_measured, earlier_row);
    if taken.is_ok() {
        seen.entry(pupil).or_insert(row);
    }
    Ok(taken)
}

/// What became of a row, by what became of the change that it asks for. `earlier_row` says the same of the child.
fn taken(
    recorded: Recorded,
    pupil: i64,
    measured: bool,
    earlier_row: Option<u32>,
) -> Result<Taken, Refusal> {
    match recorded {
        Recorded::Saved { warnings, .. } => Ok(Taken {
            pupil,
            outcome: RowResult::New,
            codes: codes(&warnings),
            message: in_words(&warnings),
            of_row: None,
            measured,
        }),
        Recorded::Unchanged { .. } => Ok(Taken {
            pupil,
            outcome: if earlier_row.is_some() {
                RowResult::Duplicate
            } else {
                RowResult::Matched
            },
            codes: Vec::new(),
            message: earlier_row.map_or_else(
                || "Recorded already.".to_owned(),
                |first| format!("The same as row {first}."),
            ),
            of_row: earlier_row,
            measured,
        }),
        Recorded::Rejected(findings) => Err(Refusal {
            outcome: RowResult::Rejected,
            codes: codes(&findings.rejects),
            message: in_words(&findings.rejects),
        }),
        Recorded::OptedOut => Err(rejected(
            "opted_out",
            "A parent has withdrawn this child: a measurement may not be kept.",
        )),
        Recorded::Overtaken(_) => Err(rejected("changed_meanwhile", CHANGED_MEANWHILE)),
    }
}

fn codes(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| finding.code.code().to_owned())
        .collect()
}

/// Whether a further row of one child says what stands for it now.
fn says_the_same(standing: &Standing, told: &Told) -> bool {
    match told {
        Told::Measured(entry) => standing.measured.as_ref().is_some_and(|held| {
            i64::from(held.height_mm) == i64::from(entry.height.millimetres())
                && i64::from(held.weight_g) == i64::from(entry.weight.grams())
                && held.measured_on == entry.measured_on
        }),
        Told::Reason(reason, _) => standing
            .not_measured
            .as_ref()
            .is_some_and(|held| held.reason == reason.code()),
    }
}
