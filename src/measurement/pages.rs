//! Pages: recording a class, and how far the schools have come.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::participation::Tally;
use super::queries::{self, PupilRow};
use super::sheet::{self, Problem, Row};
use super::{Entry, Reason, RecordError, Recorded, When, quality};
use crate::access::{Permission, Scope, needs};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{AppError, conflict, internal};
use crate::identity::{Opened, Purpose, Whose};
use crate::web::{Allowed, FormData, Submitted, View, page, redirect};

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
    fn shows(&self, pupil: &PupilRow) -> bool {
        let wanted = |filter: &Option<String>| filter.clone().filter(|text| !text.is_empty());
        wanted(&self.group).is_none_or(|group| group == pupil.year_group)
            && wanted(&self.class).is_none_or(|class| Some(&class) == pupil.class_name.as_ref())
    }

    fn day(&self, today: NaiveDate) -> NaiveDate {
        self.on
            .as_deref()
            .and_then(|text| text.parse().ok())
            .unwrap_or(today)
    }
}

impl From<RecordError> for AppError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NoSuchChild => Self::NotFound,
            RecordError::NameRemoved | RecordError::NothingToUndo => conflict(error),
            RecordError::Identity(error) => error.into(),
            RecordError::Database(error) => error.into(),
            RecordError::Limits(_) => internal(error),
        }
    }
}

/// A school with what stands for its children.
struct Sheet {
    school: String,
    year: String,
    pupils: Vec<PupilRow>,
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
    let year = super::current_year(tx, today)?.ok_or(AppError::NotFound)?;
    let pupils: Vec<PupilRow> = queries::pupils_of_school(tx, &year, urn)?
        .into_iter()
        .filter(|pupil| pupil.on_roll)
        .collect();
    let shown: Vec<PupilRow> = pupils
        .iter()
        .filter(|pupil| filter.shows(pupil))
        .cloned()
        .collect();
    let ids: Vec<i64> = shown.iter().map(|pupil| pupil.id).collect();
    let names = match actor {
        Some(actor) => app
            .identities
            .open(tx, actor, Purpose::Recording, Whose::Pupils(&ids))?,
        None => Opened::new(),
    };
    let outcomes = queries::outcomes_of_school(tx, &year, urn)?;
    let rows = sheet::rows(&shown, &names, &outcomes, today);
    Ok(Sheet {
        school,
        year,
        pupils,
        rows,
    })
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
    let classes: Vec<_> = sheet::classes(&sheet.pupils)
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

/// What the page asks for from time to time: the same rows without names.
pub async fn record_rows(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
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
    Ok(HttpResponse::Ok().json(json!({"rows": rows})))
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
    standing: &super::Standing,
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
            super::entry::read(height, weight, limits).is_ok_and(|(tall, heavy)| {
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
    let (height, weight) = super::entry::read(height, weight, limits)
        .map_err(|(findings, offer)| problem(super::entry::in_words(&findings.rejects), offer))?;
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
    match problem {
        None => Ok(redirect(&format!("/schools/{urn}/record?{back}#row-{id}"))),
        Some(problem) => {
            let filter = web::Query::<Filter>::from_query(&back)
                .map(web::Query::into_inner)
                .unwrap_or_default();
            render_sheet(&allowed, &app, &request, urn, filter, Some((id, problem))).await
        }
    }
}

type Refused = (Problem, StatusCode);

/// Makes the change that a row's form asks for.
fn save(
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
    let limits = super::limits(tx)?;
    let standing = super::standing(tx, pupil)?;
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
        Change::Measure(entry) => super::record_measurement(tx, app, actor, pupil.id, &entry)?,
        Change::Reason(reason) => {
            super::record_reason(tx, when, actor, pupil, Some(expected), reason, day)?
        }
        Change::Undo => super::undo(tx, when, actor, pupil, expected)?,
        Change::Confirm => super::confirm(tx, when, actor, pupil, expected)?,
    };
    let refused = |message: String, status| Ok(Err((typed(message), status)));
    match recorded {
        Recorded::Saved { .. } | Recorded::Unchanged { .. } => Ok(Ok(())),
        Recorded::Rejected(findings) => refused(
            super::entry::in_words(&findings.rejects),
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
fn row_of(tx: &mut crate::db::Conn, pupil: &PupilRow, today: NaiveDate) -> Result<Row, AppError> {
    let standing = super::standing(tx, pupil)?;
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

/// A tally as pages show it.
pub fn tally_json(tally: &Tally) -> serde_json::Value {
    let reasons: Vec<_> = Reason::ALL
        .iter()
        .filter_map(|reason| {
            let children = tally.reasons.get(reason.code())?;
            Some(json!({"words": reason.words(), "children": children}))
        })
        .collect();
    json!({
        "roster": tally.roster,
        "eligible": tally.eligible,
        "by_hand": tally.by_hand,
        "measured": tally.measured,
        "not_measured": tally.not_measured,
        "not_eligible": tally.not_eligible,
        "without_outcome": tally.without_outcome,
        "with_outcome": tally.with_outcome(),
        "to_confirm": tally.to_confirm,
        "participation": tally.participation(),
        "reasons": reasons,
    })
}

/// How far the schools in scope have come, and how good the figures are: counts only.
pub async fn progress(
    allowed: Allowed<needs::ViewProgress>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (scope, today) = (allowed.scope().clone(), app.clock.today());
    let (year, tallies, names, looks) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let year = super::current_year(tx, today)?;
            let label = year.clone().unwrap_or_default();
            Ok((
                year,
                super::tallies(tx, &scope, &label)?,
                super::school_names(tx, &scope)?,
                super::looks(tx, &scope, &label)?,
            ))
        })
        .await?;
    let mut total = Tally::default();
    let schools: Vec<_> = tallies
        .iter()
        .map(|(urn, groups)| {
            let mut all = Tally::default();
            for tally in groups.values() {
                all.add(tally);
            }
            total.add(&all);
            let name = names.get(urn).cloned().unwrap_or_else(|| urn.to_string());
            json!({"urn": urn, "name": name, "tally": tally_json(&all)})
        })
        .collect();
    let report = quality::report(&looks);
    let lines = |groups: &std::collections::BTreeMap<String, quality::Quality>| -> Vec<_> {
        groups
            .iter()
            .map(|(name, found)| json!({"name": name, "quality": quality_json(found)}))
            .collect()
    };
    View::new(&app, &request, &allowed, "Progress")
        .with("year", year)
        .with("total", tally_json(&total))
        .with("schools", schools)
        .with("quality", quality_json(&report.all))
        .with("devices", lines(&report.by_device))
        .with("measurers", lines(&report.by_measurer))
        .with(
            "may_open_schools",
            allowed.session().may(Permission::Record),
        )
        .render("pages/measurement/progress.html")
}

fn quality_json(found: &quality::Quality) -> serde_json::Value {
    let share =
        |count: u32| (found.measured > 0).then(|| f64::from(count) / f64::from(found.measured));
    json!({
        "measured": found.measured,
        "whole_heights": share(found.whole_heights),
        "half_heights": share(found.half_heights),
        "whole_weights": share(found.whole_weights),
        "half_weights": share(found.half_weights),
        "extreme": share(found.extreme),
        "weekend": found.weekend,
        "august": found.august,
        "rounding": found.is_rounding(),
    })
}
