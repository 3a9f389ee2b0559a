//! What keeps every message from being sent, from the first failure until a message is taken again.
//!
//! One letter that is refused is that letter's own matter. A server that takes none is everybody's: the messages wait
//! where they are, and home and `check-config` say so.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{self, Actor};
use crate::db::{Conn, Error};
use crate::settings;

/// The setting that holds the fault, as JSON; empty when there is none.
const SETTING: &str = "outbox.fault";

/// Why no message can be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// When it was met first.
    pub since: NaiveDateTime,
    /// When it was met last.
    pub last: NaiveDateTime,
    /// Whether it lasts until somebody corrects the settings.
    pub needs_correcting: bool,
    /// What is wrong, in words that hold no address of a parent.
    pub words: String,
}

/// Why no message can be sent; `None` while messages go.
pub fn fault(tx: &mut Conn) -> Result<Option<Fault>, Error> {
    match settings::get(tx, SETTING)? {
        Some(json) if !json.is_empty() => serde_json::from_str(&json)
            .map(Some)
            .map_err(|_| Error::Schema(format!("the setting {SETTING} cannot be read"))),
        _ => Ok(None),
    }
}

/// Notes that no message can be sent; the first time with an event.
pub fn note_fault(
    tx: &mut Conn,
    actor: &Actor,
    words: &str,
    needs_correcting: bool,
    now: NaiveDateTime,
) -> Result<(), Error> {
    let before = fault(tx)?;
    let is_new = before.is_none();
    let met = Fault {
        since: before.map_or(now, |before| before.since),
        last: now,
        needs_correcting,
        words: words.to_owned(),
    };
    settings::keep(tx, actor, now, SETTING, &json!(met).to_string())?;
    if is_new {
        let detail = json!({"why": words});
        audit::event(tx, actor, now, "mail.unavailable", "outbox", &detail)?;
    }
    Ok(())
}

/// Notes that messages go again.
pub fn clear_fault(tx: &mut Conn, actor: &Actor, now: NaiveDateTime) -> Result<(), Error> {
    if fault(tx)?.is_some() {
        settings::keep(tx, actor, now, SETTING, "")?;
        audit::event(tx, actor, now, "mail.available", "outbox", &json!({}))?;
    }
    Ok(())
}
