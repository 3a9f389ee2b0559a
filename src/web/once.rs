//! A form sent twice does its work once.
//!
//! The forms of a page carry a random token (`form.token` in the templates). [`once`] notes the form in the transaction
//! that does its work and keeps the answer beside it: a double click, a second press after the network was lost, or
//! four posts at the same moment do the work once, and all get the same answer. A form that was filled in differently
//! is another one, also when somebody went back to the same page for it.
//!
//! Every handler that creates something goes through here. One that only changes what is there need not: done twice it
//! leaves the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use actix_web::HttpResponse;
use chrono::NaiveDateTime;

use super::view::{redirect, redirect_with};
use crate::app::App;
use crate::db::{self, Conn, Error, dialect};
use crate::form::Submission;

/// Where the browser goes after a form, and what the page there says. Never a name: it is kept for a day or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    location: String,
    kind: String,
    text: String,
}

impl Answer {
    /// To a page that says nothing of the form.
    pub fn to(location: impl Into<String>) -> Self {
        Self {
            location: location.into(),
            kind: String::new(),
            text: String::new(),
        }
    }

    /// To a page that says that it was done.
    pub fn done(location: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            location: location.into(),
            kind: "success".to_owned(),
            text: text.into(),
        }
    }

    /// To a page that says something else: `information` or `warning`.
    pub fn saying(location: &str, kind: &str, text: &str) -> Self {
        Self {
            location: location.to_owned(),
            kind: kind.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The answer to the browser.
    pub fn respond(&self) -> HttpResponse {
        if self.text.is_empty() {
            redirect(&self.location)
        } else {
            redirect_with(&self.location, &self.kind, &self.text)
        }
    }
}

/// What a form was answered that was sent before.
pub fn answered(tx: &mut Conn, submission: &Submission) -> Result<Option<Answer>, Error> {
    let known = dialect::submission_answer(tx, &submission.0)?;
    Ok(known.map(|(location, kind, text)| Answer {
        location,
        kind,
        text,
    }))
}

/// Forms whose work is under way and takes more than one transaction.
#[derive(Default)]
pub struct LongForms(Mutex<HashMap<String, Weak<Turn>>>);

/// One at a time.
type Turn = tokio::sync::Mutex<()>;

impl LongForms {
    fn turn(&self, submission: &Submission) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(&submission.0).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(Turn::default());
        turns.insert(submission.0.clone(), Arc::downgrade(&turn));
        turn
    }
}

/// As [`once`], for work of many transactions that can be taken up again when it was cut off. The same form sent
/// meanwhile waits for the first one's answer. The work is not bound to the request: a visitor who leaves stops nothing.
pub async fn once_at_length<E>(
    app: &App,
    submission: Submission,
    work: impl FnOnce() -> Result<Answer, E> + Send + 'static,
) -> Result<Answer, E>
where
    E: From<Error> + Send + 'static,
{
    if submission == Submission::default() {
        return db::blocking(work).await;
    }
    let turn = app.part::<LongForms>().turn(&submission).lock_owned().await;
    let (db, now) = (app.db.clone(), app.clock.now());
    db::blocking(move || {
        let _turn = turn;
        if let Some(answer) = db.read_now(|tx| answered(tx, &submission))? {
            return Ok(answer);
        }
        let answer = work()?;
        db.write_now(|tx| once(tx, &submission, now, |_| Ok::<_, Error>(answer)))
            .map_err(E::from)
    })
    .await
}

/// Does a form's work unless it was done before; then the answer of then is given again. What `work` writes and the
/// note of the form are one transaction: a form whose work was refused can be sent again.
pub fn once<E: From<Error>>(
    tx: &mut Conn,
    submission: &Submission,
    now: NaiveDateTime,
    work: impl FnOnce(&mut Conn) -> Result<Answer, E>,
) -> Result<Answer, E> {
    let Submission(token) = submission;
    if token.is_empty() {
        return work(tx);
    }
    if !dialect::take_submission(tx, token, now)?
        && let Some(answer) = answered(tx, submission)?
    {
        return Ok(answer);
    }
    let answer = work(tx)?;
    dialect::answer_submission(tx, token, &answer.location, &answer.kind, &answer.text)?;
    Ok(answer)
}
