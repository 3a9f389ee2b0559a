//! Pages: sending what is ready, how far a run is, and letters that are settled together.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDateTime;
use programme::Coded as _;
use serde::{Deserialize, Serialize};

use super::obstacles::Obstacles;
use crate::access::{Session, needs};
use crate::app::App;
use crate::db::{self, Conn};
use crate::error::{AppError, bad_request};
use crate::letters::decide::{self, Decision};
use crate::letters::delay;
use crate::letters::error::LetterError;
use crate::letters::state::State;
use crate::letters::{deliver, queries, sending_queries};
use crate::outbox::{self, DeliveryState, SENDING_JOB};
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// What the page that asks before sending says.
#[derive(Serialize)]
struct Asked {
    /// Letters that go.
    now: i64,
    /// Letters that are ready and wait for their moment.
    later: i64,
    /// The first of these moments (UTC).
    next: Option<NaiveDateTime>,
    /// When letters are sent, in words.
    delay: &'static str,
    stopped: bool,
    /// What keeps letters from going, those that are sent now as well.
    obstacles: Obstacles,
    /// A run that is under way.
    under_way: Option<i64>,
}

fn asked(tx: &mut Conn, app: &App, session: &Session) -> Result<Asked, LetterError> {
    let (scope, now) = (&session.scope, app.clock.now());
    let obstacles = Obstacles::load(tx, app, session)?;
    let counts = sending_queries::ready_counts(tx, scope, now)?;
    Ok(Asked {
        now: counts.now,
        later: counts.later,
        next: counts.next,
        delay: delay::delay(tx)?.words(),
        stopped: obstacles.is_stopped(),
        obstacles,
        under_way: sending_queries::run_under_way(tx, scope)?,
    })
}

/// Says how many letters would go, and asks.
pub async fn send_page(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (session, parts) = (allowed.session().clone(), app.clone());
    let asked = app.db.read(move |tx| asked(tx, &parts, &session)).await?;
    View::new(&app, &request, &allowed, "Send letters")
        .with("asked", asked)
        .with("changed", false)
        .render("pages/letters/send.html")
}

/// Queues the letters that were asked about; the job sends them. When their number has changed since, asks again.
pub async fn send(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let expected: i64 = form
        .0
        .text("letters")
        .parse()
        .map_err(|_| bad_request("Open the page “Send letters” and try again."))?;
    let (session, parts) = (allowed.session().clone(), app.clone());
    let found = app.db.read(move |tx| asked(tx, &parts, &session)).await?;
    if found.stopped {
        let text = "All letters are stopped. Nothing was sent.";
        return Ok(redirect_with("/letters", "warning", text));
    }
    if found.now == 0 {
        return Ok(nothing_to_send(&found));
    }
    if found.now != expected {
        return View::new(&app, &request, &allowed, "Send letters")
            .with("asked", found)
            .with("changed", true)
            .status(StatusCode::CONFLICT)
            .render("pages/letters/send.html");
    }
    let (parts, actor, scope) = (
        app.get_ref().clone(),
        allowed.actor().clone(),
        allowed.scope().clone(),
    );
    let queued = db::blocking(move || deliver::queue(&parts, &actor, &scope)).await?;
    let Some(run) = queued.run else {
        return Ok(nothing_to_send(&found));
    };
    app.wanted.add(SENDING_JOB);
    Ok(redirect_with(
        &format!("/letters/runs/{run}"),
        "success",
        &format!("{} queued.", letters_are(queued.letters)),
    ))
}

/// The answer to a form that was sent twice, or by two people.
fn nothing_to_send(asked: &Asked) -> HttpResponse {
    match asked.under_way {
        Some(run) => redirect_with(
            &format!("/letters/runs/{run}"),
            "information",
            "The letters that were ready have been queued already.",
        ),
        None => redirect_with(
            "/letters",
            "warning",
            "No letter is ready to be sent now. Nothing was sent.",
        ),
    }
}

fn letters_are(count: usize) -> String {
    format!(
        "{count} {}",
        if count == 1 {
            "letter is"
        } else {
            "letters are"
        }
    )
}

/// How far a run is.
#[derive(Default, Serialize)]
struct Progress {
    id: i64,
    started_by: String,
    started_at: Option<NaiveDateTime>,
    /// Letters that the visitor may see.
    total: i64,
    waiting: i64,
    sent: i64,
    failed: i64,
    in_doubt: i64,
    /// Held at the last look, or taken back.
    held: i64,
    /// What keeps the letters of this run that wait from going.
    obstacles: Option<Obstacles>,
}

impl Progress {
    fn load(tx: &mut Conn, app: &App, session: &Session, run: i64) -> Result<Self, LetterError> {
        let scope = &session.scope;
        let row = sending_queries::run(tx, run)?.ok_or(LetterError::NoSuchLetter)?;
        let mut progress = Self {
            id: row.id,
            started_by: row.started_by,
            started_at: Some(row.started_at),
            ..Self::default()
        };
        for (state, count) in outbox::counts_of_run(tx, run, scope.urns())? {
            progress.total += count;
            match state {
                DeliveryState::Sent => progress.sent += count,
                DeliveryState::Failed => progress.failed += count,
                DeliveryState::InDoubt => progress.in_doubt += count,
                DeliveryState::Cancelled => progress.held += count,
                DeliveryState::Queued | DeliveryState::Claimed | DeliveryState::Sending => {
                    progress.waiting += count;
                }
            }
        }
        // A run of other schools is not there for this visitor.
        if progress.total == 0 && scope.urns().is_some() {
            return Err(LetterError::NoSuchLetter);
        }
        if progress.waiting > 0 {
            progress.obstacles = Some(Obstacles::load(tx, app, session)?);
        }
        Ok(progress)
    }
}

/// How far a run is, until its letters have gone.
pub async fn run(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    run: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (session, parts, run) = (allowed.session().clone(), app.clone(), run.into_inner());
    let progress = app
        .db
        .read(move |tx| Progress::load(tx, &parts, &session, run))
        .await?;
    let title = if progress.waiting > 0 {
        "Sending letters"
    } else {
        "Letters sent"
    };
    View::new(&app, &request, &allowed, title)
        .with("run", progress)
        .render("pages/letters/run.html")
}

/// Tries the mail server at once although a refusal is being waited out.
pub async fn try_now(
    allowed: Allowed<needs::PauseLetters>,
    app: web::Data<App>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    allowed
        .write(&app, |work| outbox::try_now(work.tx, work.actor, work.now))
        .await?;
    app.wanted.add(SENDING_JOB);
    Ok(redirect_with(
        "/letters",
        "success",
        "The mail server is tried within a few seconds. Look at this page again to see what it answered.",
    ))
}

/// Which letters are settled together.
#[derive(Deserialize)]
pub struct SettleQuery {
    #[serde(default)]
    state: String,
}

/// The states whose letters can be settled together.
fn settled_together(code: &str) -> Result<State, AppError> {
    State::from_code(code)
        .filter(|state| matches!(state, State::InDoubt | State::Failed))
        .ok_or(AppError::NotFound)
}

/// Asks what is to be done with every letter that may have arrived, or that failed.
pub async fn settle_page(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<SettleQuery>,
) -> Result<HttpResponse, AppError> {
    let state = settled_together(&query.state)?;
    settle_view(&allowed, &app, &request, state, &FormData::default()).await
}

async fn settle_view(
    allowed: &Allowed<needs::ManageLetters>,
    app: &App,
    request: &HttpRequest,
    state: State,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let scope = allowed.scope().clone();
    let count = app
        .db
        .read(move |tx| -> Result<i64, LetterError> {
            let counts = queries::counts(tx, &scope)?;
            Ok(counts.get(&state).copied().unwrap_or(0))
        })
        .await?;
    let title = match state {
        State::InDoubt => "Letters that may have arrived",
        _ => "Letters that could not be sent",
    };
    View::new(app, request, allowed, title)
        .with("state", state)
        .with("count", count)
        .form(form)
        .render("pages/letters/settle.html")
}

/// Settles every letter that may have arrived, or that failed.
pub async fn settle(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let state = settled_together(form.text("state"))?;
    let decision = Decision::from_code(form.text("decision"))
        .filter(|decision| matches!(decision, Decision::Arrived | Decision::SendAgain));
    let Some(decision) = decision else {
        form.error("decision", "Choose what is to be done with these letters");
        return settle_view(&allowed, &app, &request, state, &form).await;
    };
    let scope = allowed.scope().clone();
    let settled = allowed
        .write(&app, move |work| {
            decide::decide_all(work, &scope, state, decision)
        })
        .await?;
    let text = match decision {
        Decision::Arrived => format!("{} recorded as sent.", letters_are(settled)),
        _ => format!("{} ready again and can be sent now.", letters_are(settled)),
    };
    Ok(redirect_with("/letters", "success", &text))
}
