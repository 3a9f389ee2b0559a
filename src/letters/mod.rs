//! Letters to parents: which may go, what they say, and how they get there at most once.
//!
//! An outcome becomes a letter ([`prepare`]), one function decides whether it may go ([`eligibility`]), a worker
//! writes it when it is its turn and hands it over ([`deliver`]). What was sent is kept sealed with the year's key.

pub mod afterwards;
pub mod assess;
pub mod compose;
pub mod content;
pub mod decide;
pub mod delay;
pub mod deliver;
pub mod due;
mod due_queries;
mod earlier_queries;
pub mod eligibility;
pub mod erase;
pub mod jobs;
pub mod pages;
pub mod prepare;
pub mod press;
pub mod proof;
mod queries;
pub mod reason;
pub mod sample;
mod sending_queries;
pub mod state;
pub mod texts;

use chrono::{NaiveDate, NaiveDateTime};

use self::due::Due;
use self::state::{Letter, Refused, State};
use self::texts::Texts;
use crate::access::Scope;
use crate::db::{self, Conn};
use crate::identity::IdentityError;
use crate::outbox::{self, OutboxError};
use crate::settings;

/// What goes wrong with letters.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// There is no such letter, or not for the one who asks.
    #[error("there is no such letter")]
    NoSuchLetter,
    /// A step that cannot be.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A letter that cannot be made with its template; no value of the child is in the words.
    #[error(
        "the letter cannot be made with its template: {0}. Ask the programme administrator to correct it"
    )]
    CannotBeWritten(String),
    /// The saved templates cannot be read.
    #[error(
        "the saved letter templates cannot be read ({0}): until it is settled on the page Letter templates, or the setting letters.texts is restored from a backup, no letter is made or sent"
    )]
    Templates(#[from] serde_json::Error),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The names.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The letter cannot be written.
    #[error(transparent)]
    Writing(#[from] anyhow::Error),
}

/// The texts that letters are made with now.
fn current_texts(tx: &mut Conn) -> Result<Texts, LetterError> {
    let setting = settings::get(tx, texts::SETTING)?;
    Ok(Texts::from_setting(setting.as_deref())?)
}

/// The texts that letters are made with now; `None` while the saved ones cannot be read, and no letter can be made.
pub fn readable_texts(tx: &mut Conn) -> Result<Option<Texts>, LetterError> {
    match current_texts(tx) {
        Ok(texts) => Ok(Some(texts)),
        Err(LetterError::Templates(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes down a letter that was in the state `from`, or says that it has moved on.
fn store(tx: &mut Conn, from: State, to: &Letter, now: NaiveDateTime) -> Result<(), LetterError> {
    if queries::store(tx, from, to, now)? {
        Ok(())
    } else {
        Err(Refused::NotFromHere.into())
    }
}

/// Takes a letter's message back from the outbox. False when it is being sent or has been.
fn take_back(tx: &mut Conn, letter: i64, now: NaiveDateTime) -> Result<bool, LetterError> {
    let Some(parcel) = outbox::find_of_letter(tx, letter)? else {
        return Ok(true);
    };
    match parcel.delivery.clone().cancel() {
        Ok(cancelled) => {
            outbox::step(tx, &parcel, cancelled, None, now)?;
            Ok(true)
        }
        Err(outbox::NotFromHere) => Ok(false),
    }
}

/// How many letters stand in each state, in the order of [`State::ALL`].
pub fn tallies(tx: &mut Conn, scope: &Scope) -> Result<Vec<(State, i64)>, db::Error> {
    let counts = queries::counts(tx, scope)?;
    Ok(State::ALL
        .into_iter()
        .map(|state| (state, counts.get(state.code()).copied().unwrap_or(0)))
        .collect())
}

/// How many measured children of a year have a result letter in one of these states, by school, at schools in scope.
pub fn children_with_result(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
    states: &[State],
) -> Result<Vec<(i32, i64)>, db::Error> {
    queries::children_with_result(tx, scope, year, states)
}

/// A letter that has reached the parents, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// When it was sent, UTC; `None` where nobody knows whether it arrived.
    pub sent_at: Option<NaiveDateTime>,
}

/// The newest letter about one of these versions of a child's outcome that has gone, or may have.
pub fn gone_about(tx: &mut Conn, pupil: i64, versions: &[i32]) -> Result<Option<Gone>, db::Error> {
    queries::gone_about(tx, pupil, versions)
}

/// How many letters at schools in scope have not gone and are overdue, or due soon: as many as their lists show.
pub fn due_counts(
    tx: &mut Conn,
    scope: &Scope,
    today: NaiveDate,
) -> Result<Vec<(Due, i64)>, db::Error> {
    Due::ALL
        .into_iter()
        .map(|due| {
            let letters = due_queries::letters_due(tx, scope, due, today)?;
            Ok((due, letters.len() as i64))
        })
        .collect()
}
