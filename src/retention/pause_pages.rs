//! Pages: pausing retention, and confirming the date.

use actix_web::{HttpRequest, HttpResponse, web};

use super::pause::{self, PAUSE_DAYS, PauseError};
use crate::access::needs;
use crate::app::App;
use crate::error::{AppError, conflict};
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};
use crate::wording::long_date;

impl From<PauseError> for AppError {
    fn from(error: PauseError) -> Self {
        match error {
            PauseError::Database(error) => error.into(),
            error => conflict(error),
        }
    }
}

/// Asks why retention is to be paused.
pub async fn pause_page(
    allowed: Allowed<needs::RunRetention>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let now = app.clock.now();
    if let Some(pause) = app
        .db
        .read(move |tx| pause::pause_in_force(tx, now))
        .await?
    {
        return Ok(redirect_with(
            "/retention",
            "information",
            &format!(
                "Retention is paused already, until {}.",
                long_date(crate::clock::local(pause.ends_at).date())
            ),
        ));
    }
    pause_view(&allowed, &app, &request, &FormData::default())
}

/// Pauses retention.
pub async fn pause(
    allowed: Allowed<needs::RunRetention>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let (actor, now, reason) = (
        allowed.actor().clone(),
        app.clock.now(),
        form.text("reason").to_owned(),
    );
    let paused = app
        .db
        .write(move |tx| pause::pause(tx, &actor, now, &reason))
        .await;
    match paused {
        Ok(()) => Ok(redirect_with(
            "/retention",
            "success",
            "Retention is paused. No name is removed until the pause ends.",
        )),
        Err(error @ PauseError::Reason) => {
            form.error("reason", error.to_string());
            pause_view(&allowed, &app, &request, &form)
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the pause before its time.
pub async fn resume(
    allowed: Allowed<needs::RunRetention>,
    app: web::Data<App>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    let ended = app.db.write(move |tx| pause::resume(tx, &actor, now)).await;
    match ended {
        Ok(()) => Ok(redirect_with(
            "/retention",
            "success",
            "The pause has ended. Names that are due go tonight.",
        )),
        // Pressed twice, by two people, or after the pause had ended by itself: it is as wanted.
        Err(error @ PauseError::NotPaused) => Ok(redirect_with(
            "/retention",
            "information",
            &error.to_string(),
        )),
        Err(error) => Err(error.into()),
    }
}

/// Confirms the date that the server's clock shows.
pub async fn confirm_date(
    allowed: Allowed<needs::RunRetention>,
    app: web::Data<App>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let today = app.clock.today();
    if form.text("date") != today.to_string() {
        return Err(conflict(
            "The clock shows another date by now. Nothing was changed. Open the page again.",
        ));
    }
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    app.db
        .write(move |tx| super::confirm_date(tx, &actor, now))
        .await?;
    Ok(redirect_with(
        "/retention",
        "success",
        "The date is confirmed. Names that are due go tonight.",
    ))
}

fn pause_view(
    allowed: &Allowed<needs::RunRetention>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    View::new(app, request, allowed, "Pause retention")
        .with("days", PAUSE_DAYS)
        .form(form)
        .render("pages/retention/pause.html")
}
