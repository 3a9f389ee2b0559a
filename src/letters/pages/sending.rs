//! Preparing and sending letters, and pausing all sending.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::overtaken::{Overtaken, version_of};
use crate::access::needs;
use crate::app::App;
use crate::db;
use crate::error::{AppError, bad_request};
use crate::letters::error::LetterError;
use crate::letters::prepare as preparing;
use crate::letters::press::Press;
use crate::letters::stop as switch;
use crate::settings;
use crate::web::{Allowed, Submitted, View, redirect_with};

/// Makes letters of new outcomes at the schools in scope, and looks again at those that wait.
pub async fn prepare(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (scope, actor, parts) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clone(),
    );
    let prepared = db::blocking(move || -> Result<_, LetterError> {
        let press = Press::new(parts.config.fonts.as_deref())?;
        preparing::prepare(&parts, &press, &actor, &scope, false)
    })
    .await?;
    let said = if prepared.is_empty() {
        "Nothing has changed: every outcome has its letter.".to_owned()
    } else {
        format!(
            "Ready: {}. Held: {}. No usable contact: {}. Not needed: {}. Overtaken: {}.",
            prepared.ready,
            prepared.held,
            prepared.no_contact,
            prepared.not_needed,
            prepared.superseded
        )
    };
    Ok(redirect_with("/letters", "success", &said))
}

/// The page that stops all letters or lets them go again.
pub async fn stop_page(
    allowed: Allowed<needs::PauseLetters>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    stop_view(&allowed, &app, &request, None).await
}

async fn stop_view(
    allowed: &Allowed<needs::PauseLetters>,
    app: &App,
    request: &HttpRequest,
    overtaken: Option<Overtaken>,
) -> Result<HttpResponse, AppError> {
    let (held, stopped) = app
        .db
        .read(|tx| -> Result<_, db::Error> {
            Ok((settings::held(tx, switch::SETTING)?, switch::stopped(tx)?))
        })
        .await?;
    let (title, status) = (
        if stopped.is_some() {
            "Let letters go again"
        } else {
            "Stop all letters"
        },
        if overtaken.is_some() {
            StatusCode::CONFLICT
        } else {
            StatusCode::OK
        },
    );
    let by = stopped.map(|held| json!({"by": held.by, "at": held.at}));
    View::new(app, request, allowed, title)
        .with("stopped", by)
        .with("version", settings::version(held.as_ref()))
        .with("overtaken", overtaken)
        .status(status)
        .render("pages/letters/stop.html")
}

/// Stops all letters, or lets them go again.
pub async fn stop(
    allowed: Allowed<needs::PauseLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let stopped = match form.0.text("letters") {
        "stop" => true,
        "go" => false,
        _ => return Err(bad_request("Choose whether letters are to be stopped.")),
    };
    let version = version_of(&form.0)?;
    let overtaken = allowed
        .write(&app, move |work| -> Result<_, db::Error> {
            // Stopping is safe whatever happened since; letting letters go again may overrule a stop that this person
            // has not seen.
            if !stopped
                && let Some(overtaken) = Overtaken::since(work.tx, switch::SETTING, &version)?
                && switch::stopped(work.tx)?.is_some()
            {
                return Ok(Some(overtaken));
            }
            switch::set_stopped(work, stopped)?;
            Ok(None)
        })
        .await?;
    if overtaken.is_some() {
        return stop_view(&allowed, &app, &request, overtaken).await;
    }
    let said = if stopped {
        "All letters are stopped. Nothing goes until somebody lets them go again."
    } else {
        "Letters go again."
    };
    Ok(redirect_with("/letters", "success", said))
}
