//! One letter: what it says, where it stands and why, and what a person decides about it.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::templates::read_texts;
use super::words;
use crate::access::needs;
use crate::app::App;
use crate::audit::Actor;
use crate::db::{self, Conn};
use crate::error::{AppError, bad_request};
use crate::identity::{Purpose, Whose};
use crate::letters::compose::compose;
use crate::letters::content::Content;
use crate::letters::decide::{self, Decision};
use crate::letters::eligibility::Outcome;
use crate::letters::press::Press;
use crate::letters::state::{Letter, State};
use crate::letters::{LetterError, deliver, queries};
use crate::outbox::{self, Parcel};
use crate::web::{Allowed, Submitted, View, download, redirect_with};

/// One letter: what it says, where it stands and why, what can be done.
pub async fn show(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let (scope, actor, parts, now) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clone(),
        app.clock.now(),
    );
    let found = app
        .db
        .write(move |tx| -> Result<_, LetterError> {
            let letter =
                queries::find_in_scope(tx, id, &scope)?.ok_or(LetterError::NoSuchLetter)?;
            let (content, parcel) = content_of(tx, &parts, &actor, &letter)?;
            let children = queries::children(tx, &[letter.pupil])?;
            let child = children
                .get(&letter.pupil)
                .ok_or(LetterError::NoSuchLetter)?;
            let decisions: Vec<&str> = Decision::possible(&letter)
                .into_iter()
                .map(Decision::code)
                .collect();
            Ok(json!({
                "id": letter.id,
                "pupil": letter.pupil,
                "kind": letter.kind.words(),
                "school": child.school,
                "due_by": match &child.outcome {
                    Outcome::Measured(measured) => Some(measured.due_by()),
                    _ => None,
                },
                "state": letter.state.code(),
                "reasons": words(&letter.reasons),
                "in_spite": letter.decided_by.is_some()
                    && !matches!(letter.state, State::Held | State::NoContact),
                "decided_by": letter.decided_by,
                "decided_at": letter.decided_at,
                "sent_at": letter.sent_at,
                "send_after": letter.send_after.filter(|moment| *moment > now),
                "decisions": decisions,
                "to": content.as_ref().map(|content| content.to.clone()),
                "content": content.map(|content| content.letter),
                "parcel": parcel.map(|parcel| json!({
                    "message_id": parcel.message_id,
                    "last_error": parcel.last_error,
                    "created_at": parcel.created_at,
                })),
            }))
        })
        .await?;
    View::new(&app, &request, &allowed, "Letter")
        .with("letter", found)
        .render("pages/letters/show.html")
}

/// The letter as a PDF: as it went, or as it would go now.
pub async fn pdf(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let (scope, actor, parts) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clone(),
    );
    let bytes = db::blocking(move || -> Result<Vec<u8>, LetterError> {
        let content = parts.db.write_now(|tx| -> Result<_, LetterError> {
            let letter =
                queries::find_in_scope(tx, id, &scope)?.ok_or(LetterError::NoSuchLetter)?;
            Ok(content_of(tx, &parts, &actor, &letter)?.0)
        })?;
        let content = content.ok_or(LetterError::NoSuchLetter)?;
        Ok(Press::new(parts.config.fonts.as_deref())?.pdf(&content)?)
    })
    .await?;
    Ok(download("letter.pdf", "application/pdf", bytes))
}

/// Carries out what somebody decided about a letter.
pub async fn decide(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let decision = Decision::from_code(form.0.text("decision"))
        .ok_or_else(|| bad_request("Choose what is to be done with the letter."))?;
    let (scope, actor, now) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clock.now(),
    );
    let letter = app
        .db
        .write(move |tx| decide::decide(tx, &actor, &scope, id, decision, now))
        .await?;
    let said = match (decision, letter.state) {
        (Decision::LetGo, _) => "The letter is ready and goes with the next sending.",
        (Decision::Hold, _) => "The letter is held.",
        (Decision::Arrived, _) => "The letter is noted as sent.",
        (Decision::SendAgain, _) => "The letter is ready and goes again with the next sending.",
    };
    Ok(redirect_with(&format!("/letters/{id}"), "success", said))
}

/// What a letter said when it went, else what it would say now; and its message.
fn content_of(
    tx: &mut Conn,
    app: &App,
    actor: &Actor,
    letter: &Letter,
) -> Result<(Option<Content>, Option<Parcel>), LetterError> {
    let parcel = outbox::find_of_letter(tx, letter.id)?;
    if let (State::Sent | State::InDoubt, Some(parcel)) = (letter.state, &parcel) {
        let pupils = [letter.pupil];
        // Reading what was sent is reading the child's name: the door writes that down.
        app.identities
            .open(tx, actor, Purpose::Letters, Whose::Pupils(&pupils))?;
        return Ok((deliver::kept_content(app, parcel)?, Some(parcel.clone())));
    }
    let persons =
        app.identities
            .open(tx, actor, Purpose::Letters, Whose::Pupils(&[letter.pupil]))?;
    let children = queries::children(tx, &[letter.pupil])?;
    let texts = read_texts(tx)?;
    let content = children
        .get(&letter.pupil)
        .filter(|child| child.version == letter.version)
        .zip(persons.get(&letter.pupil))
        .and_then(|(child, person)| compose(child, person, &texts, app.clock.today()));
    Ok((content, parcel))
}
