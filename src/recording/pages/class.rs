//! Pages: the class list with its fields, and the answers to its rows.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use growth::plausibility::Limits;
use programme::text::capitalised;
use programme::{AcademicYear, ReasonNotMeasured};
use serde::Serialize;

use super::answer::{RowAnswer, RowsAnswer, answer, wants_json};
use super::filter::Filter;
use super::row::{Saved, not_recorded, row_of, save};
use super::sheet::{Names, Sheet, sheet};
use crate::access::{Permission, needs};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{AppError, conflict};
use crate::measurement::limits;
use crate::measurement::sheet::{Problem, Row};
use crate::records::pupil::{in_scope, pupil};
use crate::web::forms::session_token;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// The class list, with fields for each child.
pub async fn record_page(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    urn: web::Path<i32>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, AppError> {
    render_sheet(
        &allowed,
        &app,
        &request,
        *urn,
        filter.into_inner(),
        BTreeMap::new(),
    )
    .await
}

/// What a form left in its row: why it was not saved, or what is asked first.
pub(super) enum Left {
    /// Nothing was saved.
    Problem(Box<Problem>),
    /// Nothing was changed yet.
    Question(String),
}

impl Left {
    fn put_into(self, row: &mut Row) {
        match self {
            Self::Problem(problem) => {
                row.kept = problem.kept.clone().unwrap_or_else(|| row.kept.clone());
                row.problem = Some(*problem);
            }
            Self::Question(question) => row.ask = question,
        }
    }

    fn problem(self) -> Option<Problem> {
        match self {
            Self::Problem(problem) => Some(*problem),
            Self::Question(_) => None,
        }
    }
}

/// The class list as the page shows it.
#[derive(Serialize)]
struct ClassPage {
    urn: i32,
    school: String,
    has_closed: bool,
    year: String,
    classes: Vec<Choice>,
    damaged: String,
    reasons: Vec<Reason>,
    filter: Filter,
    /// The day of new measurements.
    day: NaiveDate,
    /// The first day of the year.
    first_day: Option<NaiveDate>,
    limits: Limits,
    /// The filter as a part of an address.
    back: String,
    done: usize,
    failed: usize,
    /// Typed for children who have left the list meanwhile: there is no row to show it in.
    lost: Vec<Problem>,
    rows: Vec<Row>,
}

/// A class to choose, with its number of children.
#[derive(Serialize)]
struct Choice {
    value: String,
    text: String,
}

/// A reason for no measurement, with its key.
#[derive(Serialize)]
struct Reason {
    value: &'static str,
    text: &'static str,
    key: char,
}

impl ClassPage {
    fn new(
        urn: i32,
        sheet: Sheet,
        limits: Limits,
        filter: Filter,
        day: NaiveDate,
        mut left: BTreeMap<i64, Left>,
    ) -> Self {
        let mut rows = sheet.rows;
        for row in &mut rows {
            if let Some(left) = left.remove(&row.id) {
                left.put_into(row);
            }
        }
        let lost: Vec<Problem> = left.into_values().filter_map(Left::problem).collect();
        let refused = rows.iter().filter(|row| row.problem.is_some()).count();
        Self {
            urn,
            school: sheet.school,
            has_closed: sheet.has_closed,
            first_day: AcademicYear::parse_label(&sheet.year).map(AcademicYear::first_day),
            year: sheet.year,
            classes: classes(&sheet.classes),
            damaged: sheet.damaged.unwrap_or_default(),
            reasons: reasons(),
            day,
            limits,
            back: filter.query(),
            filter,
            done: rows.iter().filter(|row| row.is_done()).count(),
            failed: lost.len() + refused,
            lost,
            rows,
        }
    }
}

/// The list of a school's children, with what a form left in its rows.
pub(super) async fn render_sheet(
    allowed: &Allowed<needs::Record>,
    app: &web::Data<App>,
    request: &HttpRequest,
    urn: i32,
    filter: Filter,
    left: BTreeMap<i64, Left>,
) -> Result<HttpResponse, AppError> {
    let scope = allowed.scope().clone();
    let page = allowed
        .write(app, move |work| -> Result<_, AppError> {
            let limits = limits(work.tx)?;
            let sheet = sheet(work, &scope, urn, &filter, Names::Opened)?;
            let day = filter.day(work.today)?;
            Ok(ClassPage::new(urn, sheet, limits, filter, day, left))
        })
        .await?;
    let status = if page.failed > 0 {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    View::new(
        app,
        request,
        allowed,
        format!("Record measurements: {}", page.school),
    )
    .with("today", app.clock.today())
    .with("may_view", allowed.session().may(Permission::ViewChild))
    .with("page", page)
    .status(status)
    .render("pages/measurement/record.html")
}

fn classes(known: &[(String, usize)]) -> Vec<Choice> {
    known
        .iter()
        .filter(|(class, _)| !class.is_empty())
        .map(|(class, children)| Choice {
            value: class.clone(),
            text: format!("{class} ({children})"),
        })
        .collect()
}

fn reasons() -> Vec<Reason> {
    ReasonNotMeasured::ALL
        .iter()
        .map(|reason| Reason {
            value: reason.code(),
            text: reason.words(),
            key: reason.key(),
        })
        .collect()
}

/// What the page polls for: the same rows without names.
pub async fn record_rows(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    urn: web::Path<i32>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, AppError> {
    let (scope, urn, filter) = (allowed.scope().clone(), *urn, filter.into_inner());
    let sheet = allowed
        .read(&app, move |work| {
            sheet(work, &scope, urn, &filter, Names::LeftOut)
        })
        .await?;
    let rows = sheet.rows.iter().map(|row| RowAnswer::of(&app, row));
    Ok(HttpResponse::Ok().json(RowsAnswer {
        rows: rows.collect::<Result<_, _>>()?,
        person: allowed.actor().id,
        csrf: session_token(&app, &request)?,
        today: app.clock.today(),
    }))
}

/// Saves one row for the script, or confirms one from the list of warnings.
pub async fn record_row(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(i32, i64)>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let (urn, id) = path.into_inner();
    typed_by_the_same_person(&form, allowed.actor())?;
    let saved = save_alone(&allowed, &app, urn, id, form).await?;
    if !wants_json(&request) {
        return match saved {
            Saved::Done => Ok(redirect_with(
                "/warnings",
                "success",
                "The measurement is confirmed.",
            )),
            Saved::Refused(problem, _) => Err(conflict(problem.message)),
            Saved::Ask(question) => Err(conflict(question)),
        };
    }
    let row = allowed
        .read(&app, move |work| -> Result<_, AppError> {
            let pupil = pupil(work.tx, id)?.ok_or(AppError::NotFound)?;
            row_of(work, &pupil)
        })
        .await?;
    answer(&app, row, saved)
}

/// Saves one row by itself: what is refused is refused for this row alone, and so is a child for whom nothing can be
/// recorded any more.
pub(super) async fn save_alone(
    allowed: &Allowed<needs::Record>,
    app: &web::Data<App>,
    urn: i32,
    id: i64,
    typed: FormData,
) -> Result<Saved, AppError> {
    let (scope, form) = (allowed.scope().clone(), typed.clone());
    let saved = allowed
        .write(app, move |work| -> Result<_, AppError> {
            let pupil = in_scope(work.tx, &scope, id)?
                .filter(|pupil| pupil.school_urn == urn)
                .ok_or(AppError::NotFound)?;
            save(work, pupil, &form)
        })
        .await;
    match saved {
        Err(AppError::Conflict(message)) => Ok(Saved::Refused(
            Box::new(not_recorded(&typed, capitalised(&message))),
            StatusCode::CONFLICT,
        )),
        other => other,
    }
}

/// Refuses a row that a page kept for another person: nobody's figures are saved under another name.
fn typed_by_the_same_person(form: &FormData, actor: &Actor) -> Result<(), AppError> {
    let typed_by = form.text("person");
    let is_own = actor.id.is_some_and(|id| id.to_string() == typed_by);
    if typed_by.is_empty() || is_own {
        Ok(())
    } else {
        Err(conflict(
            "Another person typed this row. It is saved when that person signs in again.",
        ))
    }
}
