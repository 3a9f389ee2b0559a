//! The list of letters in one state, with a tally of each state.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::words;
use crate::access::{Permission, needs};
use crate::app::App;
use crate::error::AppError;
use crate::identity::{Person, Purpose, Whose};
use crate::letters::state::State;
use crate::letters::{LetterError, deliver, queries, sending_queries};
use crate::outbox;
use crate::web::{Allowed, LAST_PAGE, View, last_page_instead};

/// Letters on one page of a list.
const PAGE: i64 = 50;

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
    let (scope, actor, door, now) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.identities.clone(),
        app.clock.now(),
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
                        "class": persons.get(&row.letter.pupil).map(|person| person.particulars.class.as_str()),
                        "state": row.letter.state.code(),
                        "reasons": words(&row.letter.reasons),
                        "last_error": row.last_error,
                        "sent_at": row.letter.sent_at,
                        "send_after": row.letter.send_after.filter(|moment| *moment > now),
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
                "fault": outbox::fault(tx)?.map(|fault| fault.words),
                "run": sending_queries::run_under_way(tx, &scope)?,
            }))
        })
        .await?;
    let total = found["total"].as_i64().unwrap_or(0);
    let pages = (total + PAGE - 1) / PAGE;
    if let Some(elsewhere) = last_page_instead(&request, page as usize, pages as usize) {
        return Ok(elsewhere);
    }
    View::new(&app, &request, &allowed, "Letters")
        .with("letters", found)
        .with(
            "may_edit_templates",
            allowed.session().may(Permission::EditTemplates),
        )
        .with("may_pause", allowed.session().may(Permission::PauseLetters))
        .with("page", page)
        .with("pages", pages)
        .with("first", (page - 1) * PAGE + 1)
        .with("last", (page * PAGE).min(total))
        .render("pages/letters/list.html")
}
