//! Pages: the class list with its fields, and what its rows are answered.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::row::{row_of, save};
use crate::access::{Permission, Scope, needs};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{AppError, conflict, internal};
use crate::identity::{Opened, Purpose, Whose};
use crate::measurement::Reason;
use crate::measurement::queries::{self, PupilRow};
use crate::measurement::sheet::{self, Problem, Row};
use crate::web::forms::session_token;
use crate::web::{Allowed, Submitted, View, page, redirect, redirect_with};

/// What the page shows, and how new measurements are dated.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Filter {
    /// One class only.
    #[serde(default)]
    class: Option<String>,
    /// `R` or `6` only.
    #[serde(default)]
    group: Option<String>,
    /// The day of the measurements, `2026-11-30`; today when empty.
    #[serde(default)]
    on: Option<String>,
    /// The device.
    #[serde(default)]
    device: Option<String>,
}

impl Filter {
    fn shows_everybody(&self) -> bool {
        let empty = |filter: &Option<String>| filter.as_deref().is_none_or(str::is_empty);
        empty(&self.class) && empty(&self.group)
    }

    /// Whether a child is in the year group and the class asked for. Without its name the class is not known, and then
    /// only the year group counts.
    fn shows(&self, pupil: &PupilRow, names: Option<&Opened>) -> bool {
        let wanted = |filter: &Option<String>| filter.clone().filter(|text| !text.is_empty());
        wanted(&self.group).is_none_or(|group| group == pupil.year_group)
            && wanted(&self.class).is_none_or(|class| {
                names.is_none_or(|names| {
                    names
                        .get(&pupil.id)
                        .is_some_and(|person| person.particulars.class == class)
                })
            })
    }

    fn day(&self, today: NaiveDate) -> NaiveDate {
        self.on
            .as_deref()
            .and_then(|text| text.parse().ok())
            .unwrap_or(today)
    }
}

/// A school with what stands for its children.
struct Sheet {
    school: String,
    year: String,
    classes: Vec<(String, usize)>,
    rows: Vec<Row>,
}

fn sheet(
    tx: &mut crate::db::Conn,
    app: &App,
    scope: &Scope,
    actor: Option<&Actor>,
    urn: i32,
    filter: &Filter,
) -> Result<Sheet, AppError> {
    if !scope.covers(urn) {
        return Err(AppError::NotFound);
    }
    let today = app.clock.today();
    let school = queries::school_name(tx, urn)?.ok_or(AppError::NotFound)?;
    let year = crate::measurement::current_year(tx, today)?.ok_or(AppError::NotFound)?;
    let pupils: Vec<PupilRow> = queries::pupils_of_school(tx, &year, urn)?
        .into_iter()
        .filter(|pupil| pupil.on_roll)
        .collect();
    let (names, classes) = match actor {
        Some(actor) => names_and_classes(tx, app, actor, &year, &pupils, filter)?,
        None => (None, Vec::new()),
    };
    let shown: Vec<PupilRow> = pupils
        .into_iter()
        .filter(|pupil| filter.shows(pupil, names.as_ref()))
        .collect();
    let names = names.unwrap_or_default();
    let outcomes = queries::outcomes_of_school(tx, &year, urn)?;
    let rows = sheet::rows(&shown, &names, &outcomes, today);
    Ok(Sheet {
        school,
        year,
        classes,
        rows,
    })
}

/// The names to show, and the classes of the whole school for the filter. The class is sealed with the name: where only
/// some children are shown, the whole school is opened for the machine to compare, and then those children are opened
/// for the recorder. Both stand in the access log.
fn names_and_classes(
    tx: &mut crate::db::Conn,
    app: &App,
    actor: &Actor,
    year: &str,
    pupils: &[PupilRow],
    filter: &Filter,
) -> Result<(Option<Opened>, Vec<(String, usize)>), AppError> {
    let everybody: Vec<i64> = pupils.iter().map(|pupil| pupil.id).collect();
    if filter.shows_everybody() {
        let names =
            app.identities
                .open(tx, actor, Purpose::Recording, Whose::Pupils(&everybody))?;
        let classes = sheet::classes(&names);
        return Ok((Some(names), classes));
    }
    let whole_school = Whose::PartOfYear(year, &everybody);
    let compared = app
        .identities
        .open(tx, actor, Purpose::Recording, whole_school)?;
    let classes = sheet::classes(&compared);
    let shown: Vec<i64> = pupils
        .iter()
        .filter(|pupil| filter.shows(pupil, Some(&compared)))
        .map(|pupil| pupil.id)
        .collect();
    drop(compared);
    let names = app
        .identities
        .open(tx, actor, Purpose::Recording, Whose::Pupils(&shown))?;
    Ok((Some(names), classes))
}

/// The class list, with fields for each child.
pub async fn record_page(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    urn: web::Path<i32>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, AppError> {
    render_sheet(&allowed, &app, &request, *urn, filter.into_inner(), None).await
}

async fn render_sheet(
    allowed: &Allowed<needs::Record>,
    app: &web::Data<App>,
    request: &HttpRequest,
    urn: i32,
    filter: Filter,
    problem: Option<(i64, Problem)>,
) -> Result<HttpResponse, AppError> {
    let (scope, actor) = (allowed.scope().clone(), allowed.actor().clone());
    let (inside, asked) = (app.clone(), filter.clone());
    let mut sheet = app
        .db
        .write(move |tx| sheet(tx, &inside, &scope, Some(&actor), urn, &asked))
        .await?;
    let failed = problem.is_some();
    if let Some((id, problem)) = problem
        && let Some(row) = sheet.rows.iter_mut().find(|row| row.id == id)
    {
        row.problem = Some(problem);
    }
    let with_outcome = sheet
        .rows
        .iter()
        .filter(|row| row.outcome != "none")
        .count();
    let classes: Vec<_> = std::mem::take(&mut sheet.classes)
        .into_iter()
        .filter(|(class, _)| !class.is_empty())
        .map(|(class, children)| json!({"value": class, "text": format!("{class} ({children})")}))
        .collect();
    let reasons: Vec<_> = Reason::ALL
        .iter()
        .map(|reason| json!({"value": reason.code(), "text": reason.words(), "key": reason.key()}))
        .collect();
    let today = app.clock.today();
    let day = filter.day(today);
    let title = format!("Record measurements: {}", sheet.school);
    let status = if failed {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    View::new(app, request, allowed, title)
        .with("urn", urn)
        .with("school", &sheet.school)
        .with("year", &sheet.year)
        .with("classes", classes)
        .with("reasons", reasons)
        .with("filter", &filter)
        .with("day", day)
        .with("is_today", day == today)
        .with("back", request_query(request))
        .with("with_outcome", with_outcome)
        .with("failed", failed)
        .with("person", allowed.actor().id)
        .with("may_view", allowed.session().may(Permission::ViewChild))
        .with("rows", &sheet.rows)
        .status(status)
        .render("pages/measurement/record.html")
}

/// The part of the address after the question mark, with nothing in it that could lead elsewhere.
fn request_query(request: &HttpRequest) -> String {
    safe_query(request.query_string())
}

fn safe_query(query: &str) -> String {
    query
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "-_.~%&=+".contains(*letter))
        .collect()
}

/// What the page asks for from time to time: the same rows without names, and the token of the session, for a page that
/// outlived the one it was opened in.
pub async fn record_rows(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    urn: web::Path<i32>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, AppError> {
    let (scope, inside, urn) = (allowed.scope().clone(), app.clone(), *urn);
    let filter = filter.into_inner();
    let sheet = app
        .db
        .read(move |tx| sheet(tx, &inside, &scope, None, urn, &filter))
        .await?;
    let rows: Vec<_> = sheet
        .rows
        .iter()
        .map(|row| row_json(&app, row))
        .collect::<Result<_, _>>()?;
    let csrf = session_token(&app, &request)?;
    Ok(HttpResponse::Ok().json(json!({"rows": rows, "person": allowed.actor().id, "csrf": csrf})))
}

/// A row as the script takes it: figures for the fields, and what stands as a piece of the page.
fn row_json(app: &App, row: &Row) -> Result<serde_json::Value, AppError> {
    let state = page::render(
        &app.templates,
        "pages/measurement/state.html",
        json!({"row": row}),
    )
    .map_err(internal)?;
    let tenths = |value: i32| format!("{}.{}", value / 10, value % 10);
    Ok(json!({
        "id": row.id,
        "version": row.version,
        "outcome": row.outcome,
        "height": row.height_mm.map(tenths),
        "weight": row.weight_g.map(|grams| tenths((grams + 50) / 100)),
        "reason": row.reason,
        "by": row.by,
        "state": state,
    }))
}

/// Saves one row.
pub async fn record_row(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(i32, i64)>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let (urn, id) = path.into_inner();
    let back = safe_query(form.text("back"));
    let wants_json = request
        .headers()
        .get("accept")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("application/json"));
    let (scope, actor) = (allowed.scope().clone(), allowed.actor().clone());
    let inside = app.clone();
    let typed = form.clone();
    let (row, problem, status) = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let pupil = queries::pupil_in_scope(tx, &scope, id)?
                .filter(|pupil| pupil.school_urn == urn)
                .ok_or(AppError::NotFound)?;
            let outcome = save(tx, &inside, &actor, &pupil, &typed)?;
            let pupil = queries::pupil(tx, id)?.ok_or(AppError::NotFound)?;
            let row = row_of(tx, &pupil, inside.clock.today())?;
            Ok(match outcome {
                Ok(()) => (row, None, StatusCode::OK),
                Err((problem, status)) => (row, Some(problem), status),
            })
        })
        .await?;
    if wants_json {
        let mut answer = json!({"row": row_json(&app, &row)?});
        if let Some(problem) = problem {
            answer["message"] = json!(problem.message);
            answer["offer"] = json!(problem.offer);
        }
        return Ok(HttpResponse::build(status).json(answer));
    }
    let from_warnings = form.text("to") == "warnings";
    match problem {
        None if from_warnings => Ok(redirect_with(
            "/warnings",
            "success",
            "The measurement is confirmed.",
        )),
        Some(problem) if from_warnings => Err(conflict(problem.message)),
        None => Ok(redirect(&format!("/schools/{urn}/record?{back}#row-{id}"))),
        Some(problem) => {
            let filter = web::Query::<Filter>::from_query(&back)
                .map(web::Query::into_inner)
                .unwrap_or_default();
            render_sheet(&allowed, &app, &request, urn, filter, Some((id, problem))).await
        }
    }
}
