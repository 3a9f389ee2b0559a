//! Step 1: ready letters put into the outbox, as one run with the texts of its start.

use chrono::{Duration, NaiveDateTime};

use crate::access::Scope;
use crate::app::App;
use crate::audit::Actor;
use crate::clock::utc_of;
use crate::db::Conn;
use crate::letters::due::due_by;
use crate::letters::error::LetterError;
use crate::letters::queries;
use crate::letters::saved_texts::current_texts;
use crate::letters::sending_queries::{self, Moment};
use crate::letters::state::State;
use crate::letters::stop::is_stopped;
use crate::letters::texts;
use crate::outbox::{self, LetterToQueue};
use crate::settings;

/// Letters put into the outbox in one transaction.
const BATCH: i64 = 500;

/// How long a letter is tried that is late already.
const AT_LEAST: Duration = Duration::days(3);

/// What was queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queued {
    /// The run; `None` when nothing was queued.
    pub run: Option<i64>,
    /// How many letters.
    pub letters: usize,
}

/// Puts the letters at the schools in scope that are ready, and whose moment has come, into the outbox. Nothing while
/// letters are stopped. Of two processes that do this at once, each letter is queued by one.
pub fn queue(app: &App, actor: &Actor, scope: &Scope) -> Result<Queued, LetterError> {
    let now = app.clock.now();
    let domain = outbox::mail_domain(&app.config.mail.from);
    let mut queued = Queued::default();
    loop {
        let before = queued;
        let (found, after) = app.db.write_now(|tx| -> Result<_, LetterError> {
            let mut batch = before;
            if is_stopped(tx)? {
                return Ok((0, batch));
            }
            let ready = sending_queries::ready(tx, scope, now, BATCH)?;
            let pupils: Vec<i64> = ready.iter().map(|(letter, _)| letter.pupil).collect();
            let moments = sending_queries::outcome_moments(tx, &pupils)?;
            let found = ready.len();
            for (letter, year) in ready {
                let (id, pupil) = (letter.id, letter.pupil);
                // The letter before its message: whoever loses finds it moved on, and no message is written twice.
                if !queries::store(tx, State::Ready, &letter.queue()?, now)? {
                    continue;
                }
                let run = match batch.run {
                    Some(run) => run,
                    None => begin_run(tx, actor, now)?,
                };
                let letter = LetterToQueue {
                    letter: id,
                    year: &year,
                    run,
                    give_up_at: give_up_at(moments.get(&pupil), now),
                };
                outbox::queue_letter(tx, letter, domain, now)?;
                batch.run = Some(run);
                batch.letters += 1;
            }
            Ok((found, batch))
        })?;
        queued = after;
        if found == 0 {
            return Ok(queued);
        }
    }
}

fn begin_run(tx: &mut Conn, actor: &Actor, now: NaiveDateTime) -> Result<i64, LetterError> {
    // A run keeps its texts: with unreadable ones its letters would wait for ever.
    current_texts(tx)?;
    let texts = settings::get(tx, texts::SETTING)?.unwrap_or_default();
    Ok(sending_queries::insert_run(tx, &actor.label, now, &texts)?)
}

/// The last moment for another try: the end of the six weeks, or a few days when they are over.
fn give_up_at(moment: Option<&Moment>, now: NaiveDateTime) -> NaiveDateTime {
    let at_least = now + AT_LEAST;
    moment
        .and_then(|moment| due_by(moment.on).succ_opt())
        .map_or(at_least, |day| utc_of(day, 0).max(at_least))
}
