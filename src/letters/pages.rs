//! Pages: letters by state, one letter with its preview, the words, the stop switch.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::compose::compose;
use super::decide::{self, Decision};
use super::deliver::{self, Post};
use super::eligibility::Outcome;
use super::press::Press;
use super::reason::Reason;
use super::state::{Letter, State};
use super::texts::{self, PARAGRAPHS, Texts};
use super::{LetterError, prepare as preparing, queries};
use crate::access::needs;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::db::{self, Conn};
use crate::error::{AppError, bad_request, conflict, internal};
use crate::identity::{Person, Purpose, Whose};
use crate::outbox::{self, OutboxError, Parcel};
use crate::settings;
use crate::web::{Allowed, FormData, LAST_PAGE, Submitted, View, download, redirect_with};

/// Letters on one page of a list.
const PAGE: i64 = 50;
/// Messages sent while somebody waits for the page; the job sends the rest.
const SENT_WHILE_WAITING: usize = 100;

impl From<LetterError> for AppError {
    fn from(error: LetterError) -> Self {
        match error {
            LetterError::NoSuchLetter => Self::NotFound,
            LetterError::Refused(refused) => conflict(refused),
            LetterError::Outbox(OutboxError::NotFromHere(error)) => conflict(error),
            LetterError::Identity(error) | LetterError::Outbox(OutboxError::Identity(error)) => {
                error.into()
            }
            LetterError::Database(error) | LetterError::Outbox(OutboxError::Database(error)) => {
                error.into()
            }
            other => internal(other),
        }
    }
}

/// What the list is asked for.
#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: i64,
}

/// Letters by state.
pub async fn list(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, AppError> {
    let (asked, page) = (
        State::from_code(&query.state),
        query.page.clamp(1, LAST_PAGE),
    );
    let (scope, actor, door) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.identities.clone(),
    );
    let found = app
        .db
        .write(move |tx| -> Result<_, LetterError> {
            let counts = queries::counts(tx, &scope)?;
            let count = |state: State| counts.get(state.code()).copied().unwrap_or(0);
            // Without a choice, the first state in which anything is.
            let state = asked.unwrap_or_else(|| {
                State::ALL
                    .into_iter()
                    .find(|state| count(*state) > 0)
                    .unwrap_or(State::Ready)
            });
            let rows = queries::list(tx, &scope, state, (page - 1) * PAGE, PAGE)?;
            let pupils: Vec<i64> = rows.iter().map(|row| row.letter.pupil).collect();
            let persons = door.open(tx, &actor, Purpose::Letters, Whose::Pupils(&pupils))?;
            let rows: Vec<Value> = rows
                .iter()
                .map(|row| {
                    json!({
                        "id": row.letter.id,
                        "child": persons.get(&row.letter.pupil).map(Person::full_name),
                        "kind": row.letter.kind.words(),
                        "school": row.school,
                        "class": row.class,
                        "state": row.letter.state.code(),
                        "reasons": words(&row.letter.reasons),
                        "last_error": row.last_error,
                        "sent_at": row.letter.sent_at,
                    })
                })
                .collect();
            let tallies: Vec<Value> = State::ALL
                .into_iter()
                .filter(|state| count(*state) > 0)
                .map(|state| json!({"state": state.code(), "count": count(state)}))
                .collect();
            Ok(json!({
                "rows": rows,
                "tallies": tallies,
                "state": state.code(),
                "total": count(state),
                "ready": count(State::Ready),
                "doubtful": count(State::InDoubt),
                "failed": count(State::Failed),
                "held": count(State::Held),
                "no_contact": count(State::NoContact),
                "stopped": deliver::is_stopped(tx)?,
            }))
        })
        .await?;
    let total = found["total"].as_i64().unwrap_or(0);
    View::new(&app, &request, &allowed, "Letters")
        .with("letters", found)
        .with("page", page)
        .with("pages", (total + PAGE - 1) / PAGE)
        .with("first", (page - 1) * PAGE + 1)
        .with("last", (page * PAGE).min(total))
        .render("pages/letters/list.html")
}

/// One letter: what it says, where it stands and why, what can be done.
pub async fn show(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let (scope, actor, parts) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clone(),
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

/// Makes letters of new outcomes and looks again at those that wait.
pub async fn prepare(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (actor, parts) = (allowed.actor().clone(), app.clone());
    let prepared = db::blocking(move || -> Result<_, LetterError> {
        let press = Press::new(parts.config.fonts.as_deref())?;
        preparing::prepare(&parts, &press, &actor, false)
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

/// Sends what is ready: some at once, the rest by the job.
pub async fn send(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (actor, parts) = (allowed.actor().clone(), app.clone());
    let report = db::blocking(move || -> Result<_, LetterError> {
        let press = Press::new(parts.config.fonts.as_deref())?;
        let post = Post::new(&parts, &press, actor)?;
        let queued = post.queue_ready()?;
        let mut report = post.run(SENT_WHILE_WAITING)?;
        report.queued = queued;
        Ok(report)
    })
    .await?;
    if report.stopped {
        return Ok(redirect_with(
            "/letters",
            "warning",
            "All letters are stopped. Nothing was sent.",
        ));
    }
    let mut said = format!("Sent: {}.", report.sent);
    let waiting = report
        .queued
        .saturating_sub(report.sent + report.failed + report.in_doubt + report.held);
    for (count, words) in [
        (waiting, "Waiting to be sent"),
        (report.held, "Held at the last look"),
        (report.failed, "Failed"),
        (report.in_doubt, "May have arrived"),
    ] {
        if count > 0 {
            said = format!("{said} {words}: {count}.");
        }
    }
    Ok(redirect_with("/letters", "success", &said))
}

/// The page that stops all letters or lets them go again.
pub async fn stop_page(
    allowed: Allowed<needs::ManageLetters>,
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
    allowed: Allowed<needs::ManageLetters>,
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

/// The words of the letters.
pub async fn texts_page(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let texts = app.db.read(read_texts).await?;
    texts_view(&allowed, &app, &request, &texts, &FormData::default())
}

/// Changes the words of the letters.
pub async fn save_texts(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let mut changed = app.db.read(read_texts).await?;
    changed.programme_name = form.required("programme_name", "Enter who writes the letters");
    changed.contact = form.required("contact", "Enter one way to get in touch");
    changed.signatory_name = form.required("signatory_name", "Enter who signs the letters");
    changed.email_subject = form.required("email_subject", "Enter a subject for the email");
    if form.text("email_subject").contains('{') {
        form.error(
            "email_subject",
            "The subject of an email must not name anybody: leave out the braces",
        );
    }
    form.text("signatory_role")
        .clone_into(&mut changed.signatory_role);
    changed.programme_address = form
        .text("programme_address")
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    changed.show_centile = form.is_set("show_centile");
    changed.phone_first = form
        .all("phone_first")
        .filter_map(|code| growth::ClinicalCategory::from_code(code).ok())
        .collect();
    for (name, label) in PARAGRAPHS {
        let words = form.required(name, &format!("Enter words for “{label}”"));
        if let Err(error) = texts::check(&words) {
            form.error(name, error.to_string());
        }
        changed.paragraphs.insert(name.to_owned(), words);
    }
    if !form.is_valid() {
        return texts_view(&allowed, &app, &request, &changed, &form);
    }
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    app.db
        .write(move |tx| -> Result<(), LetterError> {
            let json = serde_json::to_string(&changed).map_err(anyhow::Error::from)?;
            settings::put(tx, &actor, now, texts::SETTING, &json)?;
            audit::event(
                tx,
                &actor,
                now,
                "letters.texts_changed",
                "letters",
                &json!({}),
            )?;
            Ok(())
        })
        .await?;
    Ok(redirect_with(
        "/letters/texts",
        "success",
        "The words of the letters are saved.",
    ))
}

fn read_texts(tx: &mut Conn) -> Result<Texts, LetterError> {
    Ok(Texts::from_setting(
        settings::get(tx, texts::SETTING)?.as_deref(),
    ))
}

fn texts_view(
    allowed: &Allowed<needs::ManageLetters>,
    app: &App,
    request: &HttpRequest,
    texts: &Texts,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let paragraphs: Vec<Value> = PARAGRAPHS
        .into_iter()
        .map(|(name, label)| {
            let words = texts.paragraphs.get(name).cloned().unwrap_or_default();
            json!({"name": name, "label": label, "words": words})
        })
        .collect();
    let categories: Vec<Value> = growth::ClinicalCategory::ALL
        .into_iter()
        .map(|category| json!({"value": category.code(), "text": category.words()}))
        .collect();
    View::new(app, request, allowed, "Words of the letters")
        .with("texts", texts)
        .with("address", texts.programme_address.join("\n"))
        .with("paragraphs", paragraphs)
        .with("categories", categories)
        .form(form)
        .render("pages/letters/texts.html")
}

/// What a letter said when it went, else what it would say now; and its message.
fn content_of(
    tx: &mut Conn,
    app: &App,
    actor: &Actor,
    letter: &Letter,
) -> Result<(Option<super::content::Content>, Option<Parcel>), LetterError> {
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

/// Reasons in words.
fn words(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(|reason| reason.words()).collect()
}
