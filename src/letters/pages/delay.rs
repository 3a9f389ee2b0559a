//! When letters are sent: the page and its form.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use programme::Coded as _;
use serde_json::json;

use super::overtaken::Overtaken;
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::letters::delay::{self, Delay};
use crate::letters::error::LetterError;
use crate::settings;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// When letters are sent.
pub async fn delay_page(
    allowed: Allowed<needs::PauseLetters>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    delay_view(&allowed, &app, &request, &FormData::default(), None).await
}

async fn delay_view(
    allowed: &Allowed<needs::PauseLetters>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
    overtaken: Option<Overtaken>,
) -> Result<HttpResponse, AppError> {
    let (chosen, held) = app
        .db
        .read(|tx| -> Result<_, LetterError> {
            Ok((delay::delay(tx)?, settings::held(tx, delay::SETTING)?))
        })
        .await?;
    let choices: Vec<_> = Delay::ALL
        .iter()
        .map(|delay| json!({"value": delay.code(), "text": delay.words(), "hint": null}))
        .collect();
    let status = if overtaken.is_some() {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    View::new(app, request, allowed, "When letters are sent")
        .with("choices", choices)
        .with("chosen", chosen.code())
        .with("chosen_words", chosen.words())
        .with("version", settings::version(held.as_ref()))
        .with("overtaken", overtaken)
        .status(status)
        .form(form)
        .render("pages/letters/delay.html")
}

/// Changes when letters are sent, unless somebody else has changed it since the page was opened.
pub async fn set_delay(
    allowed: Allowed<needs::PauseLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let Some(chosen) = Delay::from_code(form.text("delay")) else {
        form.error("delay", "Choose when letters are sent");
        return delay_view(&allowed, &app, &request, &form, None).await;
    };
    let version = super::overtaken::version_of(&form)?;
    let overtaken = allowed
        .write(&app, move |work| -> Result<_, LetterError> {
            let overtaken = Overtaken::since(work.tx, delay::SETTING, &version)?;
            // Two people who choose the same do not contradict each other.
            if overtaken.is_none() || delay::delay(work.tx)? == chosen {
                delay::set_delay(work, chosen)?;
                return Ok(None);
            }
            Ok(overtaken)
        })
        .await?;
    if overtaken.is_some() {
        return delay_view(&allowed, &app, &request, &form, overtaken).await;
    }
    Ok(redirect_with(
        "/letters",
        "success",
        "When letters are sent has been changed.",
    ))
}
