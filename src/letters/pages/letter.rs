//! One letter: what it says, where it stands and why, and what a person decides about it.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDate, NaiveDateTime};
use programme::Coded as _;
use serde::Serialize;

use super::beside::{due_by, words_beside};
use super::obstacles::Obstacles;
use crate::access::{Session, needs};
use crate::app::App;
use crate::db::{self, Conn};
use crate::error::{AppError, bad_request};
use crate::identity::{Purpose, Whose};
use crate::letters::afterwards::{self, Afterwards};
use crate::letters::assess::Assessor;
use crate::letters::compose::compose;
use crate::letters::content::{self, Content};
use crate::letters::decide::{self, Decision};
use crate::letters::due;
use crate::letters::eligibility::Child;
use crate::letters::error::LetterError;
use crate::letters::press::Press;
use crate::letters::saved_texts::readable_texts;
use crate::letters::state::{Letter, State};
use crate::letters::{deliver, queries};
use crate::outbox::{self, Parcel};
use crate::web::{Allowed, Submitted, View, download, redirect_with};

/// A letter with all that its page shows.
struct Shown {
    letter: Letter,
    child: Child,
    /// What it said when it went, else what it would say now; `None` when it cannot say anything.
    content: Option<Content>,
    parcel: Option<Parcel>,
    /// What became of the outcome that it reports.
    afterwards: Option<Afterwards>,
}

/// One letter: what it says, where it stands and why, what can be done.
pub async fn show(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let (session, parts) = (allowed.session().clone(), app.clone());
    let (shown, obstacles) = db::blocking(move || -> Result<_, LetterError> {
        let press = Press::new(parts.config.fonts.as_deref())?;
        parts.db.write_now(|tx| -> Result<_, LetterError> {
            let shown = load(tx, &parts, &press, &session, id)?;
            Ok((shown, Obstacles::load(tx, &parts, &session)?))
        })
    })
    .await?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let page = Page::of(shown, now, today);
    let obstacles = page.is_waiting.then_some(obstacles);
    View::new(&app, &request, &allowed, "Letter")
        .with("letter", page)
        .with("obstacles", obstacles)
        .render("pages/letters/show.html")
}

/// What the page of a letter shows.
#[derive(Serialize)]
struct Page {
    id: i64,
    pupil: i64,
    kind: &'static str,
    school: String,
    due_by: Option<NaiveDate>,
    overdue: Option<String>,
    /// The letter that it replaces.
    replaces: Option<Replaced>,
    state: State,
    reasons: Vec<&'static str>,
    /// What became of the outcome that it reports.
    afterwards: Option<Afterwards>,
    /// Whether somebody decided that it goes in spite of its reasons.
    in_spite: bool,
    decided_by: Option<String>,
    decided_at: Option<NaiveDateTime>,
    sent_at: Option<NaiveDateTime>,
    send_after: Option<NaiveDateTime>,
    decisions: Vec<Decision>,
    /// Whether it may still go, so that the page says what keeps letters from going.
    is_waiting: bool,
    to: Option<String>,
    content: Option<content::Letter>,
    parcel: Option<Message>,
}

/// An earlier letter that a letter replaces.
#[derive(Serialize)]
struct Replaced {
    id: i64,
    on: NaiveDate,
}

/// What the page says of a letter's message.
#[derive(Serialize)]
struct Message {
    message_id: String,
    last_error: Option<String>,
}

impl Page {
    fn of(shown: Shown, now: NaiveDateTime, today: NaiveDate) -> Self {
        let Shown {
            letter,
            child,
            content,
            parcel,
            afterwards,
        } = shown;
        let due_by = due_by(&letter, &child);
        let is_overtaken = afterwards
            .as_ref()
            .is_some_and(|afterwards| afterwards.is_overtaken);
        let replaced = child
            .earlier_letter
            .filter(|_| letter.version == child.version);
        let (to, content) = content.map(|content| (content.to, content.letter)).unzip();
        Self {
            id: letter.id,
            pupil: letter.pupil,
            kind: letter.kind.words(),
            school: child.school,
            due_by,
            overdue: due_by.and_then(|due_by| due::overdue_words(due_by, today)),
            replaces: replaced.map(|earlier| Replaced {
                id: earlier.id,
                on: earlier.on,
            }),
            state: letter.state,
            reasons: words_beside(&letter.reasons, afterwards.as_ref()),
            in_spite: letter.decided_by.is_some()
                && !matches!(letter.state, State::Held | State::NoContact),
            send_after: letter.send_after.filter(|moment| *moment > now),
            decisions: Decision::possible(&letter)
                .into_iter()
                // A letter whose result no longer stands does not go, whatever is decided.
                .filter(|decision| !is_overtaken || *decision == Decision::Arrived)
                .collect(),
            is_waiting: due::UNSENT.contains(&letter.state) && !is_overtaken,
            decided_by: letter.decided_by,
            decided_at: letter.decided_at,
            sent_at: letter.sent_at,
            afterwards,
            to,
            content,
            parcel: parcel.map(|parcel| Message {
                message_id: parcel.message_id,
                last_error: parcel.last_error,
            }),
        }
    }
}

/// The letter as a PDF: as it went, or as it would go now.
pub async fn pdf(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let (session, parts) = (allowed.session().clone(), app.clone());
    let bytes = db::blocking(move || -> Result<Vec<u8>, LetterError> {
        let press = Press::new(parts.config.fonts.as_deref())?;
        let shown = parts
            .db
            .write_now(|tx| load(tx, &parts, &press, &session, id))?;
        let content = shown.content.ok_or(LetterError::NoSuchLetter)?;
        press
            .pdf(&content)
            .map_err(|error| LetterError::CannotBeWritten(format!("{error:#}")))
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
    let scope = allowed.scope().clone();
    allowed
        .write(&app, move |work| decide::decide(work, &scope, id, decision))
        .await?;
    let said = match decision {
        Decision::LetGo => "The letter is ready and goes with the next sending.",
        Decision::Hold => "The letter is held.",
        Decision::Arrived => "The letter is noted as sent.",
        Decision::SendAgain => "The letter is ready and goes again with the next sending.",
    };
    Ok(redirect_with(&format!("/letters/{id}"), "success", said))
}

/// Reads a letter of a school in scope. One that waits is looked at again and stored, so that its page shows where it
/// stands now.
fn load(
    tx: &mut Conn,
    app: &App,
    press: &Press,
    session: &Session,
    id: i64,
) -> Result<Shown, LetterError> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let letter =
        queries::find_in_scope(tx, id, &session.scope)?.ok_or(LetterError::NoSuchLetter)?;
    let parcel = outbox::find_of_letter(tx, letter.id)?;
    let pupils = [letter.pupil];
    // Reading what was sent is reading the child's name, too: opening it is logged either way.
    let persons =
        app.identities
            .open(tx, &session.actor, Purpose::Letters, Whose::Pupils(&pupils))?;
    let child = queries::children(tx, &pupils)?
        .remove(&letter.pupil)
        .ok_or(LetterError::NoSuchLetter)?;
    let identity = persons.found(letter.pupil);
    let afterwards = afterwards::afterwards(tx, &[&letter])?.remove(&letter.id);
    if let (State::Sent | State::InDoubt, Some(sent)) = (letter.state, &parcel) {
        let content = deliver::kept_content(app, sent)?;
        return Ok(Shown {
            letter,
            child,
            content,
            parcel,
            afterwards,
        });
    }
    // Without texts a letter can be neither looked at nor made: it is shown as it was found last.
    let Some(texts) = readable_texts(tx)? else {
        return Ok(Shown {
            letter,
            child,
            content: None,
            parcel,
            afterwards,
        });
    };
    let letter = Assessor::new(press, &texts, today).refresh(tx, letter, &child, identity, now)?;
    let content = identity
        .person()
        .filter(|_| child.version == letter.version)
        .and_then(|person| compose(&child, person, &texts, today));
    Ok(Shown {
        letter,
        child,
        content,
        parcel,
        afterwards,
    })
}
