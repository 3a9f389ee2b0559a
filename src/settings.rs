//! Settings that the programme changes while the service runs.
//!
//! Each is one row; one that was never set has the default that its reader gives.

use chrono::NaiveDateTime;
use sha2::{Digest, Sha256};

use crate::audit::{self, Action, Actor};
use crate::db::{Conn, Error, dialect};
use crate::identity::hex;

/// A setting with who set it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it holds.
    pub value: String,
    /// Name of the person, job or command.
    pub by: String,
    /// UTC.
    pub at: NaiveDateTime,
}

/// Stands for a setting that was never set, among versions.
const NEVER_SET: &str = "never";

/// A setting with who set it and when; `None` when it was never set.
pub fn held(tx: &mut Conn, key: &str) -> Result<Option<Held>, Error> {
    let row = dialect::get_held_setting(tx, key)?;
    Ok(row.map(|(value, by, at)| Held { value, by, at }))
}

/// The version of a setting that a form is made from, to be sent back with the form.
pub fn version(held: Option<&Held>) -> String {
    let Some(held) = held else {
        return NEVER_SET.to_owned();
    };
    let text = format!(
        "{}\n{}\n{}",
        held.at.and_utc().timestamp_micros(),
        held.by,
        held.value
    );
    hex(&Sha256::digest(text.as_bytes())[..8])
}

/// Whether a setting is still at the version that a form was made from. Of two who save at the same moment the second
/// waits here for the first, and sees what it set.
pub fn is_still(tx: &mut Conn, key: &str, from: &str) -> Result<bool, Error> {
    dialect::lock_settings(tx)?;
    Ok(version(held(tx, key)?.as_ref()) == from)
}

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
        Action::SettingChanged,
        &format!("setting:{key}"),
        &serde_json::json!({}),
    )
}
