//! One row of the class list: what was typed, and what it is saved as.

use actix_web::http::StatusCode;
use chrono::NaiveDate;

use crate::app::App;
use crate::audit::Actor;
use crate::error::AppError;
use crate::measurement::queries::{self, PupilRow};
use crate::measurement::sheet::{self, Problem, Row};
use crate::measurement::{Entry, Reason, Recorded, When};
use crate::web::FormData;

/// What is to be done with a row.
enum Change {
    Measure(Entry),
    Reason(Reason),
    Undo,
    Confirm,
}

/// What was typed, read; or why it cannot be.
fn read_change(
    form: &FormData,
    row: &PupilRow,
    standing: &crate::measurement::Standing,
    limits: &growth::plausibility::Limits,
    day: NaiveDate,
) -> Result<Change, Box<Problem>> {
    let problem = |message: String, offer| {
        Box::new(Problem {
            message,
            height: form.text("height").to_owned(),
            weight: form.text("weight").to_owned(),
            reason: form.text("reason").to_owned(),
            offer,
        })
    };
    match form.text("action") {
        "undo" => return Ok(Change::Undo),
        "confirm" => return Ok(Change::Confirm),
        _ => {}
    }
    let (height, weight) = (form.text("height"), form.text("weight"));
    if form.is_set("reason") {
        let reason = Reason::from_code(form.text("reason"))
            .ok_or_else(|| problem("Choose one of the reasons.".to_owned(), None))?;
        // Without a script the fields still show what stood before the reason was chosen.
        let as_it_stood = standing.measured.as_ref().is_some_and(|held| {
            crate::measurement::entry::read(height, weight, limits).is_ok_and(|(tall, heavy)| {
                i64::from(tall.millimetres()) == i64::from(held.height_mm)
                    && i64::from(heavy.grams() + 50) / 100 == i64::from(held.weight_g + 50) / 100
            })
        });
        if (height.is_empty() && weight.is_empty()) || as_it_stood {
            return Ok(Change::Reason(reason));
        }
        return Err(problem(
            "There is a measurement and a reason for there being none: keep one of the two."
                .to_owned(),
            None,
        ));
    }
    if height.is_empty() && weight.is_empty() {
        return Err(problem(
            "Enter height and weight, or choose why the child was not measured.".to_owned(),
            None,
        ));
    }
    let (height, weight) =
        crate::measurement::entry::read(height, weight, limits).map_err(|(findings, offer)| {
            problem(
                crate::measurement::entry::in_words(&findings.rejects),
                offer,
            )
        })?;
    // The field shows a weight to 100 g; one that was kept finer and not retyped stays as it is.
    let weight = standing
        .measured
        .as_ref()
        .map(|held| growth::Weight::from_grams(held.weight_g.max(0) as u32))
        .filter(|held| held.to_string() == form.text("weight"))
        .unwrap_or(weight);
    let device = form.text("device");
    Ok(Change::Measure(Entry {
        expected_version: Some(form.text("version").parse().unwrap_or(row.outcome_version)),
        height,
        weight,
        measured_on: day,
        device: (!device.is_empty()).then(|| device.chars().take(60).collect()),
        measured_by: None,
    }))
}

pub(super) type Refused = (Problem, StatusCode);

/// Makes the change that a row's form asks for.
pub(super) fn save(
    tx: &mut crate::db::Conn,
    app: &App,
    actor: &Actor,
    pupil: &PupilRow,
    form: &FormData,
) -> Result<Result<(), Refused>, AppError> {
    let when = When {
        now: app.clock.now(),
        today: app.clock.today(),
    };
    let limits = crate::measurement::limits(tx)?;
    let standing = crate::measurement::standing(tx, pupil)?;
    let typed = |message: String| Problem {
        message,
        height: form.text("height").to_owned(),
        weight: form.text("weight").to_owned(),
        reason: form.text("reason").to_owned(),
        offer: None,
    };
    let day = match form.text("on") {
        "" => when.today,
        text => {
            let Ok(day) = text.parse::<NaiveDate>() else {
                let message =
                    "The date of the measurement cannot be read: check it above the list.";
                return Ok(Err((
                    typed(message.to_owned()),
                    StatusCode::UNPROCESSABLE_ENTITY,
                )));
            };
            day
        }
    };
    let change = match read_change(form, pupil, &standing, &limits, day) {
        Ok(change) => change,
        Err(problem) => return Ok(Err((*problem, StatusCode::UNPROCESSABLE_ENTITY))),
    };
    let expected: i32 = form
        .text("version")
        .parse()
        .unwrap_or(pupil.outcome_version);
    let recorded = match change {
        Change::Measure(entry) => {
            crate::measurement::record_measurement(tx, app, actor, pupil.id, &entry)?
        }
        Change::Reason(reason) => {
            crate::measurement::record_reason(tx, when, actor, pupil, Some(expected), reason, day)?
        }
        Change::Undo => crate::measurement::undo(tx, when, actor, pupil, expected)?,
        Change::Confirm => crate::measurement::confirm(tx, when, actor, pupil, expected)?,
    };
    let refused = |message: String, status| Ok(Err((typed(message), status)));
    match recorded {
        Recorded::Saved { .. } | Recorded::Unchanged { .. } => Ok(Ok(())),
        Recorded::Rejected(findings) => refused(
            crate::measurement::entry::in_words(&findings.rejects),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        Recorded::OptedOut => refused(
            "A parent has withdrawn this child: do not measure. Nothing was saved.".to_owned(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        Recorded::Overtaken(standing) => {
            let who = standing.by().map_or_else(
                || "Somebody took back what was recorded.".to_owned(),
                |(by, at)| {
                    format!(
                        "{by} recorded {} at {}.",
                        standing.in_words(),
                        crate::clock::local(at).format("%H:%M")
                    )
                },
            );
            refused(
                format!("{who} Yours was not saved: save again only if yours is right."),
                StatusCode::CONFLICT,
            )
        }
    }
}

/// What stands for one child, without its name.
pub(super) fn row_of(
    tx: &mut crate::db::Conn,
    pupil: &PupilRow,
    today: NaiveDate,
) -> Result<Row, AppError> {
    let standing = crate::measurement::standing(tx, pupil)?;
    let warnings = queries::warnings_of(tx, pupil.id)?
        .into_iter()
        .filter(|warning| warning.version == pupil.outcome_version)
        .collect();
    let mut outcomes = queries::Outcomes::default();
    if let Some(measured) = standing.measured {
        outcomes.measured.insert(pupil.id, measured);
        outcomes.warnings.insert(pupil.id, warnings);
    }
    if let Some(reason) = standing.not_measured {
        outcomes.reasons.insert(pupil.id, reason);
    }
    Ok(sheet::row(pupil, &outcomes, today))
}
