//! The list of letters in one state, or of those that are due, with a tally of each state.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{NaiveDate, NaiveDateTime};
use programme::Coded as _;
use serde::{Deserialize, Serialize};

use super::beside::{due_by, words_beside};
use super::obstacles::Obstacles;
use crate::access::{Permission, Scope, Session, needs};
use crate::app::App;
use crate::clock::local;
use crate::db::{self, Conn};
use crate::error::AppError;
use crate::identity::{Found, Opened, Purpose, Whose};
use crate::letters::afterwards::{self, Afterwards};
use crate::letters::assess::Assessor;
use crate::letters::counts::due_counts;
use crate::letters::due::{self, Due};
use crate::letters::eligibility::Child;
use crate::letters::error::LetterError;
use crate::letters::press::Press;
use crate::letters::queries::Listed;
use crate::letters::saved_texts::readable_texts;
use crate::letters::state::{Letter, State};
use crate::letters::{due_queries, queries, sending_queries};
use crate::web::{Allowed, Asked, Pager, View, chosen};

/// Letters on one page of a list.
const PAGE: i64 = 50;

/// What the list is asked for.
#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    due: String,
    page: Option<i64>,
}

/// Which letters a page of the list shows.
#[derive(Clone, Copy)]
struct Wanted {
    state: Option<State>,
    due: Option<Due>,
    page: Asked,
}

/// A letter in the list.
#[derive(Serialize)]
struct Row {
    id: i64,
    child: String,
    kind: &'static str,
    school: String,
    class: Option<String>,
    state: State,
    reasons: Vec<&'static str>,
    last_error: Option<String>,
    sent_at: Option<NaiveDateTime>,
    send_after: Option<NaiveDateTime>,
    due_by: Option<NaiveDate>,
    overdue: Option<String>,
    /// What became of the outcome that the letter reports.
    afterwards: Option<String>,
}

/// How many letters are in a state.
#[derive(Serialize)]
struct Tally {
    state: State,
    count: i64,
}

/// What the page shows.
#[derive(Serialize)]
struct Letters {
    rows: Vec<Row>,
    damaged: String,
    tallies: Vec<Tally>,
    /// The state that is listed; none when the letters that are due are.
    state: Option<State>,
    /// What else is listed: `overdue` or `soon`.
    due: Option<Due>,
    pager: Pager,
    ready: i64,
    doubtful: i64,
    failed: i64,
    held: i64,
    no_contact: i64,
    overdue: i64,
    due_soon: i64,
    stopped: bool,
    obstacles: Obstacles,
    run: Option<i64>,
    without_contact_detail: bool,
}

/// Letters by state, or those that are due.
pub async fn list(
    allowed: Allowed<needs::ManageLetters>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, AppError> {
    let wanted = Wanted {
        state: chosen(Some(&query.state), State::from_code)?,
        due: chosen(Some(&query.due), Due::from_code)?,
        page: Asked::new(query.page, PAGE),
    };
    let (session, parts) = (allowed.session().clone(), app.clone());
    let found = db::blocking(move || -> Result<Letters, LetterError> {
        let press = Press::new(parts.config.fonts.as_deref())?;
        parts
            .db
            .write_now(|tx| load(tx, &parts, &press, &session, wanted))
    })
    .await?;
    if let Some(elsewhere) = found.pager.elsewhere(&request) {
        return Ok(elsewhere);
    }
    View::new(&app, &request, &allowed, "Letters")
        .with("letters", found)
        .with(
            "may_edit_templates",
            allowed.session().may(Permission::EditTemplates),
        )
        .with("may_pause", allowed.session().may(Permission::PauseLetters))
        .render("pages/letters/list.html")
}

/// Reads what the page shows. Letters on it that wait are looked at again and stored, so that their reasons and the
/// tallies are those of now.
fn load(
    tx: &mut Conn,
    app: &App,
    press: &Press,
    session: &Session,
    wanted: Wanted,
) -> Result<Letters, LetterError> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let (scope, actor) = (&session.scope, &session.actor);
    // Letters cannot be looked at without their texts: then they are shown as they were found last.
    let texts = readable_texts(tx)?;
    let assessor = texts
        .as_ref()
        .map(|texts| Assessor::new(press, texts, today));
    let state = match (wanted.due, wanted.state) {
        (Some(_), _) => None,
        (None, Some(state)) => Some(state),
        (None, None) => Some(first_state(tx, scope)?),
    };
    let mut lines = lines(tx, scope, state, wanted, today)?;
    let pupils: Vec<i64> = lines.iter().map(|line| line.letter.pupil).collect();
    let persons = app
        .identities
        .open(tx, actor, Purpose::Letters, Whose::Pupils(&pupils))?;
    let children = queries::children(tx, &pupils)?;
    for line in &mut lines {
        if let (Some(assessor), Some(child)) = (&assessor, children.get(&line.letter.pupil)) {
            let (letter, identity) = (line.letter.clone(), persons.found(line.letter.pupil));
            line.letter = assessor.refresh(tx, letter, child, identity, now)?;
        }
    }
    let shown: Vec<&Letter> = lines.iter().map(|line| &line.letter).collect();
    let mut afterwards = afterwards::afterwards(tx, &shown)?;
    let rows = lines
        .into_iter()
        .map(|line| {
            let afterwards = afterwards.remove(&line.letter.id);
            row(line, &children, &persons, afterwards, now)
        })
        .collect();
    // Counted after the look, which may have moved letters on.
    let tally = Counted::load(tx, scope, today)?;
    let obstacles = Obstacles::load(tx, app, session)?;
    Ok(Letters {
        rows,
        damaged: persons.notice().unwrap_or_default(),
        tallies: tally.tallies(),
        state,
        due: wanted.due,
        pager: wanted.page.of(match wanted.due {
            Some(due) => tally.due(due),
            None => state.map_or(0, |state| tally.of(state)),
        }),
        ready: tally.of(State::Ready),
        doubtful: tally.of(State::InDoubt),
        failed: tally.of(State::Failed),
        held: tally.of(State::Held),
        no_contact: tally.of(State::NoContact),
        overdue: tally.due(Due::Overdue),
        due_soon: tally.due(Due::Soon),
        stopped: obstacles.is_stopped(),
        obstacles,
        run: sending_queries::run_under_way(tx, scope)?,
        without_contact_detail: texts.is_some_and(|texts| texts.contact.is_empty()),
    })
}

/// How many letters there are at the schools in scope, by state and by how pressing they are.
struct Counted {
    states: HashMap<State, i64>,
    due: Vec<(Due, i64)>,
}

impl Counted {
    fn load(tx: &mut Conn, scope: &Scope, today: NaiveDate) -> Result<Self, LetterError> {
        Ok(Self {
            states: queries::counts(tx, scope)?,
            due: due_counts(tx, scope, today)?,
        })
    }

    fn of(&self, state: State) -> i64 {
        self.states.get(&state).copied().unwrap_or(0)
    }

    fn due(&self, wanted: Due) -> i64 {
        let found = self.due.iter().find(|(due, _)| *due == wanted);
        found.map_or(0, |(_, count)| *count)
    }

    /// The states in which there are letters.
    fn tallies(&self) -> Vec<Tally> {
        let all = State::ALL.iter().map(|state| Tally {
            state: *state,
            count: self.of(*state),
        });
        all.filter(|tally| tally.count > 0).collect()
    }
}

/// Without a choice, the first state in which anything is.
fn first_state(tx: &mut Conn, scope: &Scope) -> Result<State, LetterError> {
    let counts = queries::counts(tx, scope)?;
    let is_used = |state: &State| counts.get(state).is_some_and(|count| *count > 0);
    let used = State::ALL.iter().copied().find(is_used);
    Ok(used.unwrap_or(State::Ready))
}

/// The letters of the page.
fn lines(
    tx: &mut Conn,
    scope: &Scope,
    state: Option<State>,
    wanted: Wanted,
    today: NaiveDate,
) -> Result<Vec<Listed>, LetterError> {
    let (offset, size) = (wanted.page.offset(), wanted.page.size());
    let numbers = match (wanted.due, state) {
        (Some(due), _) => due_queries::letters_due(tx, scope, due, today)?
            .into_iter()
            .skip(usize::try_from(offset).unwrap_or(usize::MAX))
            .take(usize::try_from(size).unwrap_or(usize::MAX))
            .collect(),
        (None, Some(state)) => queries::numbers_in_state(tx, scope, state, offset, size)?,
        (None, None) => Vec::new(),
    };
    Ok(queries::list(tx, &numbers)?)
}

fn row(
    line: Listed,
    children: &HashMap<i64, Child>,
    persons: &Opened,
    afterwards: Option<Afterwards>,
    now: NaiveDateTime,
) -> Row {
    let letter = line.letter;
    let due_by = children
        .get(&letter.pupil)
        .and_then(|child| due_by(&letter, child));
    Row {
        id: letter.id,
        child: match persons.found(letter.pupil) {
            Found::Person(person) => person.full_name(),
            Found::Damaged => format!("Child {}: record damaged", letter.pupil),
            Found::Erased => "Name removed".to_owned(),
        },
        kind: letter.kind.words(),
        school: line.school,
        class: persons
            .people
            .get(&letter.pupil)
            .map(|person| person.particulars.class.clone()),
        state: letter.state,
        reasons: words_beside(&letter.reasons, afterwards.as_ref()),
        last_error: line.last_error,
        sent_at: letter.sent_at,
        send_after: letter.send_after.filter(|moment| *moment > now),
        overdue: due_by.and_then(|due_by| due::overdue_words(due_by, local(now).date())),
        due_by,
        afterwards: afterwards.map(|afterwards| afterwards.happened),
    }
}
