//! Pages: the class list with its fields, and the answers to its rows.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::row::{Saved, not_recorded, row_of, save};
use crate::access::{Permission, Scope, needs};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{AppError, bad_request, conflict, internal};
use crate::identity::{Opened, Purpose, Whose, noticed_damage};
use crate::measurement::history_queries;
use crate::measurement::queries::{self, PupilRow};
use crate::measurement::sheet::{self, Problem, Row};
use crate::records::school;
use crate::records::year::current_year;
use crate::web::forms::session_token;
use crate::web::{Allowed, FormData, Submitted, View, chosen, redirect_with};
use programme::{AcademicYear, ReasonNotMeasured, YearGroup, text::capitalised};

/// What the page shows, and how new measurements are dated.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Filter {
    /// One class only.
    #[serde(default)]
    pub(super) class: Option<String>,
    /// `R` or `6` only.
    #[serde(default)]
    group: Option<String>,
    /// The day of the measurements, `2026-11-30`; today when empty.
    #[serde(default)]
    pub(super) on: Option<String>,
    /// The device.
    #[serde(default)]
    pub(super) device: Option<String>,
    /// A child who is measured again: its row is empty, and its figures are no correction.
    #[serde(default, skip_serializing)]
    pub(super) again: Option<i64>,
}

impl Filter {
    /// The filter as the part of an address after the question mark, without the child who is measured again: once
    /// saved, that row is an ordinary one.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("group", &self.group),
            ("class", &self.class),
            ("on", &self.on),
            ("device", &self.device),
        ] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

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
                        .people
                        .get(&pupil.id)
                        .is_some_and(|person| person.particulars.class == class)
                })
            })
    }

    /// The day of new measurements. One that cannot be read is refused: taken for today, it would date them wrongly.
    fn day(&self, today: NaiveDate) -> Result<NaiveDate, AppError> {
        match self.on.as_deref().map(str::trim) {
            None | Some("") => Ok(today),
            Some(text) => text.parse().map_err(|_| {
                bad_request(
                    "The date measured in the address is none. Go back and enter a date such as 2026-11-30.",
                )
            }),
        }
    }

    /// Refuses a year group that there is not: a list without a child would look like a school without one.
    fn check(&self) -> Result<(), AppError> {
        chosen(self.group.as_deref(), YearGroup::from_code).map(|_| ())
    }
}

/// A school with what stands for its children.
struct Sheet {
    school: String,
    has_closed: bool,
    year: String,
    classes: Vec<(String, usize)>,
    /// Children of the school whose record cannot be read, in words.
    damaged: Option<String>,
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
    filter.check()?;
    let today = app.clock.today();
    let school = school::name(tx, urn)?.ok_or(AppError::NotFound)?;
    let has_closed = school::has_closed(tx, urn)?;
    let year = current_year(tx, today)?.ok_or(AppError::NotFound)?;
    let pupils: Vec<PupilRow> = queries::pupils_of_school(tx, &year, urn)?
        .into_iter()
        .filter(|pupil| pupil.on_roll)
        .collect();
    let (names, classes, damaged) = match actor {
        Some(actor) => names_and_classes(tx, app, actor, &year, &pupils, filter)?,
        None => (None, Vec::new(), None),
    };
    let shown: Vec<PupilRow> = pupils
        .into_iter()
        .filter(|pupil| filter.shows(pupil, names.as_ref()))
        .collect();
    let names = match names {
        Some(names) => names,
        None => Opened {
            unreadable: noticed_damage(tx)?,
            ..Opened::default()
        },
    };
    let outcomes = queries::outcomes_of_school(tx, &year, urn)?;
    let histories = history_queries::histories_of_school(tx, &year, urn)?;
    let mut rows = sheet::rows(&shown, &names, &outcomes, &histories, today);
    for row in &mut rows {
        row.again = filter.again == Some(row.id) && row.outcome == "measured";
        row.note_fields();
    }
    Ok(Sheet {
        school,
        has_closed,
        year,
        classes,
        damaged,
        rows,
    })
}

/// Names to show, where any are, the classes of the whole school with how many children each has, and what to say of
/// children whose record cannot be read: without it nobody knows which class they are in.
type NamesAndClasses = (Option<Opened>, Vec<(String, usize)>, Option<String>);

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
) -> Result<NamesAndClasses, AppError> {
    let everybody: Vec<i64> = pupils.iter().map(|pupil| pupil.id).collect();
    if filter.shows_everybody() {
        let names =
            app.identities
                .open(tx, actor, Purpose::Recording, Whose::Pupils(&everybody))?;
        let (classes, damaged) = (sheet::classes(&names.people), names.notice());
        return Ok((Some(names), classes, damaged));
    }
    let whole_school = Whose::PartOfYear(year, &everybody);
    let compared = app
        .identities
        .open(tx, actor, Purpose::Recording, whole_school)?;
    let (classes, damaged) = (sheet::classes(&compared.people), compared.notice());
    let shown: Vec<i64> = pupils
        .iter()
        .filter(|pupil| filter.shows(pupil, Some(&compared)))
        .map(|pupil| pupil.id)
        .collect();
    drop(compared);
    let names = app
        .identities
        .open(tx, actor, Purpose::Recording, Whose::Pupils(&shown))?;
    Ok((Some(names), classes, damaged))
}

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
    fn problem(self) -> Option<Problem> {
        match self {
            Self::Problem(problem) => Some(*problem),
            Self::Question(_) => None,
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
    mut left: BTreeMap<i64, Left>,
) -> Result<HttpResponse, AppError> {
    let (scope, actor) = (allowed.scope().clone(), allowed.actor().clone());
    let (inside, asked) = (app.clone(), filter.clone());
    let (mut sheet, limits) = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let limits = crate::measurement::limits(tx)?;
            Ok((
                sheet(tx, &inside, &scope, Some(&actor), urn, &asked)?,
                limits,
            ))
        })
        .await?;
    for row in &mut sheet.rows {
        match left.remove(&row.id) {
            Some(Left::Problem(problem)) => {
                row.kept = problem.kept.clone().unwrap_or_else(|| row.kept.clone());
                row.problem = Some(*problem);
            }
            Some(Left::Question(question)) => row.ask = question,
            None => {}
        }
    }
    // Typed for children who have left the list meanwhile: there is no row to show it in.
    let lost: Vec<Problem> = left.into_values().filter_map(Left::problem).collect();
    let failed = lost.len()
        + sheet
            .rows
            .iter()
            .filter(|row| row.problem.is_some())
            .count();
    let done = sheet.rows.iter().filter(|row| row.is_done()).count();
    let today = app.clock.today();
    let day = filter.day(today)?;
    let first_day = AcademicYear::parse_label(&sheet.year).map(AcademicYear::first_day);
    let title = format!("Record measurements: {}", sheet.school);
    let status = if failed > 0 {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    View::new(app, request, allowed, title)
        .with("urn", urn)
        .with("school", &sheet.school)
        .with("has_closed", sheet.has_closed)
        .with("year", &sheet.year)
        .with("classes", classes(&sheet.classes))
        .with("damaged", sheet.damaged.clone().unwrap_or_default())
        .with("reasons", reasons())
        .with("filter", &filter)
        .with("day", day)
        .with("today", today)
        .with("first_day", first_day)
        .with("limits", limits)
        .with("back", filter.query())
        .with("done", done)
        .with("failed", failed)
        .with("lost", lost)
        .with("may_view", allowed.session().may(Permission::ViewChild))
        .with("rows", &sheet.rows)
        .status(status)
        .render("pages/measurement/record.html")
}

/// The choices of classes, each with its number of children.
fn classes(known: &[(String, usize)]) -> Vec<serde_json::Value> {
    known
        .iter()
        .filter(|(class, _)| !class.is_empty())
        .map(|(class, children)| json!({"value": class, "text": format!("{class} ({children})")}))
        .collect()
}

/// The reasons not measured, each with its key.
fn reasons() -> Vec<serde_json::Value> {
    ReasonNotMeasured::ALL
        .iter()
        .map(|reason| json!({"value": reason.code(), "text": reason.words(), "key": reason.key()}))
        .collect()
}

/// What the page polls for: the same rows without names, today's date, and the token of the session, for a page that
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
    Ok(HttpResponse::Ok().json(json!({
        "rows": rows,
        "person": allowed.actor().id,
        "csrf": csrf,
        "today": app.clock.today(),
    })))
}

/// A row as the script takes it: figures for the fields, and what stands as a piece of the page.
fn row_json(app: &App, row: &Row) -> Result<serde_json::Value, AppError> {
    let state = crate::templates::render(
        &app.templates,
        "pages/measurement/state.html",
        json!({"row": row, "today": app.clock.today()}),
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
    let today = app.clock.today();
    let row = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let pupil = queries::pupil(tx, id)?.ok_or(AppError::NotFound)?;
            row_of(tx, &pupil, today)
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
    let (scope, actor) = (allowed.scope().clone(), allowed.actor().clone());
    let (inside, form) = (app.clone(), typed.clone());
    let saved = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let pupil = queries::pupil_in_scope(tx, &scope, id)?
                .filter(|pupil| pupil.school_urn == urn)
                .ok_or(AppError::NotFound)?;
            save(tx, &inside, &actor, &pupil, &form)
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

fn wants_json(request: &HttpRequest) -> bool {
    request
        .headers()
        .get("accept")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("application/json"))
}

/// What the script is answered: the row as it stands, and why it was not changed.
fn answer(app: &App, mut row: Row, saved: Saved) -> Result<HttpResponse, AppError> {
    if let Saved::Ask(question) = &saved {
        row.ask.clone_from(question);
    }
    let mut answer = json!({"row": row_json(app, &row)?});
    let status = match saved {
        Saved::Done => StatusCode::OK,
        Saved::Ask(_) => {
            answer["asked"] = json!(true);
            StatusCode::OK
        }
        Saved::Refused(problem, status) => {
            answer["message"] = json!(problem.message);
            answer["offer"] = json!(problem.offer);
            answer["wrong"] = json!([problem.height_wrong, problem.weight_wrong]);
            answer["again"] = json!(problem.again);
            status
        }
    };
    Ok(HttpResponse::build(status).json(answer))
}
