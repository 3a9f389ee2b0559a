//! Answers to the script of the class list: rows without names.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;

use super::row::Saved;
use crate::app::App;
use crate::error::{AppError, internal};
use crate::measurement::Offer;
use crate::measurement::sheet::Row;
use crate::records::pupil::OutcomeKind;
use crate::templates;

/// A row as the script takes it: figures for the fields, and what stands as a piece of the page.
#[derive(Serialize)]
pub(super) struct RowAnswer {
    id: i64,
    version: i32,
    outcome: OutcomeKind,
    height: Option<String>,
    weight: Option<String>,
    reason: String,
    by: String,
    state: String,
}

impl RowAnswer {
    pub(super) fn of(app: &App, row: &Row) -> Result<Self, AppError> {
        let values = json!({"row": row, "today": app.clock.today()});
        let state = templates::render(&app.templates, "pages/measurement/state.html", values)
            .map_err(internal)?;
        let tenths = |value: i32| format!("{}.{}", value / 10, value % 10);
        Ok(Self {
            id: row.id,
            version: row.version,
            outcome: row.outcome,
            height: row.height_mm.map(tenths),
            weight: row.weight_g.map(|grams| tenths((grams + 50) / 100)),
            reason: row.reason.clone(),
            by: row.by.clone(),
            state,
        })
    }
}

/// What the page polls for: rows, who is signed in, today's date, and the token of the session, for a page that
/// outlived the one it was opened in.
#[derive(Serialize)]
pub(super) struct RowsAnswer {
    pub(super) rows: Vec<RowAnswer>,
    pub(super) person: Option<i64>,
    pub(super) csrf: String,
    pub(super) today: NaiveDate,
}

/// The answer to a saved row: the row as it stands, and why it was not changed.
#[derive(Serialize)]
struct SavedAnswer {
    row: RowAnswer,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<bool>,
    #[serde(flatten)]
    refused: Option<RefusedAnswer>,
}

/// Why a row was not saved.
#[derive(Serialize)]
struct RefusedAnswer {
    message: String,
    offer: Option<Offer>,
    /// Whether the height and the weight are wrong.
    wrong: [bool; 2],
    again: bool,
}

pub(super) fn wants_json(request: &HttpRequest) -> bool {
    request
        .headers()
        .get("accept")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("application/json"))
}

/// What the script is answered when it sent a row.
pub(super) fn answer(app: &App, mut row: Row, saved: Saved) -> Result<HttpResponse, AppError> {
    let (asked, refused, status) = match saved {
        Saved::Done => (None, None, StatusCode::OK),
        Saved::Ask(question) => {
            row.ask = question;
            (Some(true), None, StatusCode::OK)
        }
        Saved::Refused(problem, status) => {
            let refused = RefusedAnswer {
                message: problem.message,
                offer: problem.offer,
                wrong: [problem.height_wrong, problem.weight_wrong],
                again: problem.again,
            };
            (None, Some(refused), status)
        }
    };
    Ok(HttpResponse::build(status).json(SavedAnswer {
        row: RowAnswer::of(app, &row)?,
        asked,
        refused,
    }))
}
