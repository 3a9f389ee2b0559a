//! The standard texts of the letters: shown while the saved ones cannot be read, and put in their place on request.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::overtaken::version_of;
use super::paragraphs::paragraphs;
use crate::access::needs;
use crate::app::App;
use crate::audit::{self, Action};
use crate::error::AppError;
use crate::letters::error::LetterError;
use crate::letters::saved_texts::readable_texts;
use crate::letters::texts::{self, LINES, Texts};
use crate::settings;
use crate::web::{Allowed, Submitted, View, redirect_with};

/// The setting that keeps what could not be read, for whoever runs the server.
const UNREADABLE: &str = "letters.texts.unreadable";

/// The page of the templates while the saved ones cannot be read.
pub(super) fn unreadable_view(
    allowed: &Allowed<needs::EditTemplates>,
    app: &App,
    request: &HttpRequest,
) -> Result<HttpResponse, AppError> {
    standard_texts(View::new(app, request, allowed, "Letter templates"))
        .render("pages/letters/texts_unreadable.html")
}

fn standard_texts(view: View<'_>) -> View<'_> {
    let standard = Texts::default();
    let lines: Vec<_> = LINES
        .into_iter()
        .map(|(name, label)| json!({"label": label, "words": standard.line(name)}))
        .collect();
    view.with("lines", lines)
        .with("paragraphs", paragraphs(&standard))
}

/// Asks before the standard texts take the place of those that cannot be read.
pub async fn standard_page(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (is_readable, held) = app
        .db
        .read(|tx| -> Result<_, LetterError> {
            Ok((
                readable_texts(tx)?.is_some(),
                settings::held(tx, texts::SETTING)?,
            ))
        })
        .await?;
    if is_readable {
        return Ok(redirect_with("/letters/texts", "information", READABLE));
    }
    View::new(
        &app,
        &request,
        &allowed,
        "Start again from the standard texts?",
    )
    .with("version", settings::version(held.as_ref()))
    .render("pages/letters/texts_standard.html")
}

/// What is said when somebody was quicker.
const CHANGED: &str =
    "The saved templates have changed since you opened the page. Look at them before you go on.";

/// What is said when there is nothing to start again from.
const READABLE: &str = "The saved templates can be read. Nothing was changed.";

/// Puts the standard texts in the place of saved ones that cannot be read; those are kept for whoever runs the server.
pub async fn start_again(
    allowed: Allowed<needs::EditTemplates>,
    app: web::Data<App>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let version = version_of(&form.0)?;
    let is_done = allowed
        .write(&app, move |work| -> Result<bool, LetterError> {
            let (actor, now, tx) = (work.actor, work.now, &mut *work.tx);
            // Readable ones are somebody's work, also when they were put right a moment ago.
            if !settings::is_still(tx, texts::SETTING, &version)? || readable_texts(tx)?.is_some() {
                return Ok(false);
            }
            let damaged = settings::get(tx, texts::SETTING)?.unwrap_or_default();
            settings::put(tx, actor, now, UNREADABLE, &damaged)?;
            settings::put(tx, actor, now, texts::SETTING, "{}")?;
            let action = Action::LettersTextsStartedAgain;
            audit::event(tx, actor, now, action, "letters", &json!({}))?;
            Ok(true)
        })
        .await?;
    if !is_done {
        return Ok(redirect_with("/letters/texts", "information", CHANGED));
    }
    Ok(redirect_with(
        "/letters/texts",
        "success",
        "The letters have the standard texts. Enter who writes them and how parents get in touch, then save.",
    ))
}
