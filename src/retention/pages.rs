//! Pages: when names go, and the evidence that they went.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::json;

use super::{COARSENED, RetentionError, Run, YearPlan};
use crate::access::{Permission, needs};
use crate::app::App;
use crate::db;
use crate::error::{AppError, conflict, internal};
use crate::identity;
use crate::records::year as years;
use crate::web::{Allowed, Answer, Submitted, View, once_at_length, redirect_with};

/// Runs shown on the overview.
const LATEST_RUNS: i64 = 30;

impl From<RetentionError> for AppError {
    fn from(error: RetentionError) -> Self {
        match error {
            RetentionError::UnderWay => conflict(
                "Names are being removed at this moment, by the nightly job or by somebody else. Nothing was changed.",
            ),
            error @ (RetentionError::ClockInDoubt(_) | RetentionError::Paused(_)) => {
                conflict(format!("{error}."))
            }
            RetentionError::Identity(error) => error.into(),
            RetentionError::Database(error) => error.into(),
            error => internal(error),
        }
    }
}

/// A year's plan with its dates gathered by month, as a page shows it.
#[derive(Serialize)]
struct MonthlyPlan {
    #[serde(flatten)]
    year: YearPlan,
    months: Vec<(String, i64)>,
}

impl From<YearPlan> for MonthlyPlan {
    fn from(year: YearPlan) -> Self {
        let mut months: Vec<(String, i64)> = Vec::new();
        for (date, names) in &year.dates {
            let month = date.format("%B %Y").to_string();
            match months.last_mut() {
                Some((last, count)) if *last == month => *count += names,
                _ => months.push((month, *names)),
            }
        }
        Self { year, months }
    }
}

/// When each year's names go, what goes next, and what went.
pub async fn overview(
    allowed: Allowed<needs::ViewRetention>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let today = app.clock.today();
    let (now, clock) = (app.clock.now(), app.clock.clone());
    let keyring = app.identities.keyring().clone();
    let (plans, runs, pause, doubt, faulty, damaged) = app
        .db
        .read(move |tx| -> Result<_, RetentionError> {
            Ok((
                super::plan(tx, today)?,
                super::runs(tx, LATEST_RUNS)?,
                super::pause_in_force(tx, now)?,
                super::clock_doubt(tx, &clock)?,
                years::faulty_keys(tx, &keyring)?,
                identity::damage_notice(tx)?,
            ))
        })
        .await?;
    let due: i64 = plans.iter().map(|year| year.due).sum();
    let years: Vec<MonthlyPlan> = plans.into_iter().rev().map(MonthlyPlan::from).collect();
    View::new(&app, &request, &allowed, "Retention")
        .with("years", years)
        .with("due", due)
        .with("runs", runs)
        .with("pauses", Vec::from_iter(pause))
        .with(
            "clock_doubt",
            doubt.map_or_else(String::new, |doubt| doubt.in_words()),
        )
        .with("today", today)
        .with("damaged", damaged.unwrap_or_default())
        .with("faulty_keys", years::in_words(&faulty))
        .with("may_run", allowed.session().may(Permission::RunRetention))
        .with(
            "may_set_rules",
            allowed.session().may(Permission::ManageYears),
        )
        .render("pages/retention/overview.html")
}

/// One run and its evidence.
pub async fn evidence(
    allowed: Allowed<needs::ViewRetention>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let run: Run = app
        .db
        .read(move |tx| -> Result<_, RetentionError> { super::run(tx, id) })
        .await?
        .ok_or(AppError::NotFound)?;
    View::new(&app, &request, &allowed, format!("Retention run {id}"))
        .with("in_words", run.in_words())
        .with("run", run)
        .render("pages/retention/run.html")
}

/// Asks whether to remove the names that are due now.
pub async fn confirm(
    allowed: Allowed<needs::RunRetention>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (today, now) = (app.clock.today(), app.clock.now());
    let (plans, pause) = app
        .db
        .read(move |tx| -> Result<_, db::Error> {
            Ok((super::plan(tx, today)?, super::pause_in_force(tx, now)?))
        })
        .await?;
    if pause.is_some() {
        return Ok(redirect_with(
            "/retention",
            "warning",
            "Retention is paused. No name can be removed until the pause ends.",
        ));
    }
    let due: i64 = plans.iter().map(|year| year.due).sum();
    let years: Vec<_> = plans
        .into_iter()
        .filter(|year| year.due > 0 || year.key_due)
        .map(|year| json!({"label": year.label, "due": year.due, "key_due": year.key_due, "instrument": year.instrument}))
        .collect();
    View::new(&app, &request, &allowed, "Remove the names that are due")
        .with("years", years)
        .with("due", due)
        .with("today", today)
        .with("coarsened", COARSENED)
        .render("pages/retention/confirm.html")
}

/// Removes the names that are due now.
pub async fn run_by_hand(
    allowed: Allowed<needs::RunRetention>,
    app: web::Data<App>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    if form.text("as_of") != app.clock.today().to_string() {
        return Err(conflict(
            "The page was opened on another day, when other names were due. Nothing was changed. Open it again.",
        ));
    }
    let (worker, actor) = (app.get_ref().clone(), allowed.actor().clone());
    let answer = once_at_length(&app, form.submission(), move || {
        let run = super::run_night(&worker, &actor)?;
        Ok::<_, RetentionError>(Answer::done(
            format!("/retention/runs/{}", run.id),
            format!("{}.", run.in_words()),
        ))
    })
    .await?;
    Ok(answer.respond())
}
