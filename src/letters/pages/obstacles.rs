//! What keeps every letter from going, as each page of letters says it, with who can put it right.

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::access::{Permission, Session};
use crate::app::App;
use crate::db::Conn;
use crate::jobs;
use crate::letters::error::LetterError;
use crate::letters::jobs::SENDING;
use crate::letters::saved_texts::readable_texts;
use crate::letters::stop;
use crate::outbox::{self, SENDING_JOB};

/// What keeps every letter from going.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Obstacles {
    /// Somebody has stopped all letters.
    stopped: Option<Stopped>,
    /// The job that sends is paused.
    job_paused: bool,
    /// The saved templates cannot be read.
    templates_unreadable: bool,
    /// The mail server takes no message.
    fault: Option<MailFault>,
    may: May,
}

/// What the visitor may do about it.
#[derive(Clone, Copy, Debug, Serialize)]
struct May {
    pause: bool,
    manage_jobs: bool,
    edit_templates: bool,
}

/// Who has stopped all letters, and when.
#[derive(Clone, Debug, Serialize)]
struct Stopped {
    by: String,
    at: NaiveDateTime,
}

/// Why the mail server takes no message.
#[derive(Clone, Debug, Serialize)]
struct MailFault {
    words: String,
    /// When it was met last.
    last: NaiveDateTime,
    /// When it is tried again by itself; `None` while the job is paused.
    next_try: Option<NaiveDateTime>,
    /// Whether trying is put off, so that trying at once changes something.
    is_put_off: bool,
}

impl Obstacles {
    /// Looks for everything that keeps letters from going.
    pub(super) fn load(tx: &mut Conn, app: &App, session: &Session) -> Result<Self, LetterError> {
        let now = app.clock.now();
        let job_paused = jobs::is_paused(tx, SENDING_JOB)?;
        let fault = outbox::fault(tx)?.map(|fault| {
            let until = fault.waits_until(&app.mail_settings_hash(), now);
            MailFault {
                last: fault.last,
                next_try: jobs::next_run(&SENDING, until.unwrap_or(now)).filter(|_| !job_paused),
                is_put_off: until.is_some(),
                words: fault.words,
            }
        });
        Ok(Self {
            stopped: stop::stopped(tx)?.map(|held| Stopped {
                by: held.by,
                at: held.at,
            }),
            job_paused,
            templates_unreadable: readable_texts(tx)?.is_none(),
            fault,
            may: May {
                pause: session.may(Permission::PauseLetters),
                manage_jobs: session.may(Permission::ManageJobs),
                edit_templates: session.may(Permission::EditTemplates),
            },
        })
    }

    /// Whether somebody has stopped all letters.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }
}
