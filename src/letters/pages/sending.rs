//! Preparing and sending letters, and pausing all sending.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::access::needs;
use crate::app::App;
use crate::db;
use crate::error::{AppError, bad_request};
use crate::letters::LetterError;
use crate::letters::deliver;
use crate::letters::press::Press;
use crate::letters::{decide, prepare as preparing};
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
    let stopped = app.db.read(deliver::is_stopped).await?;
    let title = if stopped {
        "Let letters go again"
    } else {
        "Stop all letters"
    };
    View::new(&app, &request, &allowed, title)
        .with("stopped", stopped)
        .render("pages/letters/stop.html")
}

/// Stops all letters, or lets them go again.
pub async fn stop(
    allowed: Allowed<needs::PauseLetters>,
    app: web::Data<App>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let stopped = match form.0.text("letters") {
        "stop" => true,
        "go" => false,
        _ => return Err(bad_request("Choose whether letters are to be stopped.")),
    };
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    app.db
        .write(move |tx| decide::set_stopped(tx, &actor, stopped, now))
        .await?;
    let said = if stopped {
        "All letters are stopped. Nothing goes until somebody lets them go again."
    } else {
        "Letters go again."
    };
    Ok(redirect_with("/letters", "success", said))
}
