//! Pages: the jobs, and what a system administrator may do with them.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Duration, NaiveDateTime};
use serde::Serialize;

use super::TABLE;
use crate::access::needs;
use crate::app::App;
use crate::error::{AppError, conflict};
use crate::jobs;
use crate::jobs::{JobError, LastRun, Listed};
use crate::records::year as years;
use crate::web::{Allowed, Answer, Submitted, View, once};
use crate::{identity, retention};

/// Runs that the page shows.
const RECENT: i64 = 30;

/// A job as the page shows it.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    does: &'static str,
    when: &'static str,
    enabled: bool,
    running: bool,
    can_be_paused: bool,
    next_due_at: Option<NaiveDateTime>,
    last_run: Option<LastRun>,
}

impl Row {
    fn of(listed: Listed, now: NaiveDateTime) -> Self {
        let state = listed.state;
        Self {
            name: listed.job.name,
            does: listed.job.does,
            when: listed.job.when,
            enabled: state.as_ref().is_none_or(|state| state.enabled),
            running: state.as_ref().is_some_and(|state| state.is_held(now)),
            can_be_paused: listed.job.name != "retention",
            next_due_at: state.and_then(|state| state.next_due_at),
            last_run: listed.last_run,
        }
    }
}

/// Every job with its last and next run.
pub async fn list(
    allowed: Allowed<needs::ManageJobs>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (now, clock) = (app.clock.now(), app.clock.clone());
    let keyring = app.identities.keyring().clone();
    let (listed, runs, failed, pause, doubt, faulty, damaged) = app
        .db
        .read(move |tx| -> Result<_, crate::db::Error> {
            Ok((
                jobs::list(tx, TABLE)?,
                jobs::recent_runs(tx, RECENT)?,
                jobs::failed_since(tx, now - Duration::days(1))?,
                retention::pause_in_force(tx, now)?,
                retention::clock_doubt(tx, &clock)?.map(|doubt| doubt.in_words()),
                years::faulty_keys(tx, &keyring)?,
                identity::damage_notice(tx)?,
            ))
        })
        .await?;
    let rows: Vec<Row> = listed
        .into_iter()
        .map(|listed| Row::of(listed, now))
        .collect();
    View::new(&app, &request, &allowed, "Jobs")
        .with("jobs", rows)
        .with("runs", runs)
        .with("failed", failed)
        .with("pauses", Vec::from_iter(pause))
        .with("clock_doubt", doubt.unwrap_or_default())
        .with("damaged", damaged.unwrap_or_default())
        .with("faulty_keys", years::in_words(&faulty))
        .render("pages/jobs.html")
}

/// Makes a job due at once.
pub async fn run(
    allowed: Allowed<needs::ManageJobs>,
    app: web::Data<App>,
    name: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let done = "The job will begin within a few seconds.";
    change(
        &allowed,
        &app,
        name.into_inner(),
        &form,
        jobs::request_run,
        done,
    )
    .await
}

/// Pauses a job.
pub async fn pause(
    allowed: Allowed<needs::ManageJobs>,
    app: web::Data<App>,
    name: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let done = "The job is paused until you let it go on.";
    change(&allowed, &app, name.into_inner(), &form, jobs::pause, done).await
}

/// Lets a paused job go on.
pub async fn resume(
    allowed: Allowed<needs::ManageJobs>,
    app: web::Data<App>,
    name: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let done = "The job goes on at its next date.";
    change(&allowed, &app, name.into_inner(), &form, jobs::resume, done).await
}

/// What the three actions have in common: each is done once however often its form is sent, because a run that was
/// asked for twice could begin twice.
async fn change(
    allowed: &Allowed<needs::ManageJobs>,
    app: &App,
    name: String,
    form: &Submitted,
    action: jobs::Change,
    done: &'static str,
) -> Result<HttpResponse, AppError> {
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    let submission = form.0.submission();
    let answer = app
        .db
        .write(move |tx| {
            once(tx, &submission, now, |tx| {
                action(tx, TABLE, &actor, now, &name)?;
                Ok::<_, JobError>(Answer::done("/jobs", done))
            })
        })
        .await
        .map_err(|error| match error {
            JobError::Unknown(_) => AppError::NotFound,
            refused @ JobError::PausedElsewhere => conflict(refused),
            other => AppError::Internal(other.into()),
        })?;
    Ok(answer.respond())
}
