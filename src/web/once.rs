//! A form sent twice does its work once.
//!
//! The forms of a page carry a random token (`form.token` in the templates). [`once`] notes the form in the transaction
//! that does its work and keeps the answer beside it: a double click, a second press after the network was lost, or
//! four posts at the same moment do the work once, and all get the same answer. A form that was filled in differently
//! is another one, also when somebody went back to the same page for it.
//!
//! Every handler that creates something goes through here. One that only changes what is there need not: done twice it
//! leaves the same.

use actix_web::HttpResponse;
use chrono::NaiveDateTime;

use super::view::{redirect, redirect_with};
use crate::db::dialect;
use crate::db::{Conn, Error};
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
    if !dialect::take_submission(tx, token, now)? {
        let (location, kind, text) = dialect::submission_answer(tx, token)?;
        return Ok(Answer {
            location,
            kind,
            text,
        });
    }
    let answer = work(tx)?;
    dialect::answer_submission(tx, token, &answer.location, &answer.kind, &answer.text)?;
    Ok(answer)
}
