//! Settings that the programme changes while the service runs.
//!
//! Each is one row; one that was never set has the default that its reader gives.

use chrono::NaiveDateTime;

use crate::audit::{self, Actor};
use crate::db::{Conn, Error, dialect};

/// What a setting holds; `None` when it was never set.
pub fn get(tx: &mut Conn, key: &str) -> Result<Option<String>, Error> {
    dialect::get_setting(tx, key)
}

/// Keeps something that the service notes for itself, without an event.
pub fn keep(
    tx: &mut Conn,
    actor: &Actor,
    at: NaiveDateTime,
    key: &str,
    value: &str,
) -> Result<(), Error> {
    dialect::put_setting(tx, key, value, &actor.label, at)
}

/// Sets a setting and notes who did.
pub fn put(
    tx: &mut Conn,
    actor: &Actor,
    at: NaiveDateTime,
    key: &str,
    value: &str,
) -> Result<(), Error> {
    dialect::put_setting(tx, key, value, &actor.label, at)?;
    audit::event(
        tx,
        actor,
        at,
        "setting.changed",
        &format!("setting:{key}"),
        &serde_json::json!({}),
    )
}
