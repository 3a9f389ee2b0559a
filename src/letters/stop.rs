//! The switch that stops all letters, and no other message.

use serde_json::json;

use crate::audit::{self, Action};
use crate::db::{self, Conn};
use crate::settings;
use crate::work::Work;

/// The setting that says whether all letters are stopped; empty while they go.
pub(super) const SETTING: &str = "letters.stopped";

/// Whether all letters are stopped.
pub fn is_stopped(tx: &mut Conn) -> Result<bool, db::Error> {
    Ok(stopped(tx)?.is_some())
}

/// Who has stopped all letters, and when; `None` while they go.
pub fn stopped(tx: &mut Conn) -> Result<Option<settings::Held>, db::Error> {
    Ok(settings::held(tx, SETTING)?.filter(|held| !held.value.is_empty()))
}

/// Stops all letters, or lets them go again.
pub fn set_stopped(work: &mut Work<'_>, stopped: bool) -> Result<(), db::Error> {
    let Work { tx, actor, now, .. } = work;
    let now = *now;
    if is_stopped(tx)? == stopped {
        return Ok(());
    }
    let value = if stopped { "stopped" } else { "" };
    settings::put(tx, actor, now, SETTING, value)?;
    let action = if stopped {
        Action::LettersStopped
    } else {
        Action::LettersStarted
    };
    audit::event(tx, actor, now, action, "letters", &json!({}))
}
