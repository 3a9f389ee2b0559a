//! What keeps every message from being sent, from the first failure until a message is taken again.
//!
//! One letter that is refused is that letter's own matter. A server that takes none is everybody's: the messages wait
//! where they are, and home, the pages of letters and `check-config` say so.
//!
//! A refusal that lasts until somebody corrects the settings, such as a wrong password, is tried less and less often:
//! providers lock an account that keeps trying. Other settings, or a person who asks for it, are tried at once.

use chrono::{Duration, NaiveDateTime};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;

use crate::audit::{self, Action, Actor};
use crate::db::{Conn, Error};
use crate::identity::{Keyring, hex};
use crate::settings;

/// The setting that holds the fault, as JSON; empty when there is none.
const SETTING: &str = "outbox.fault";

/// Minutes between the first try that was refused and the second; each further pause is twice as long.
const FIRST_PAUSE_MINUTES: i64 = 10;

/// The longest pause between two tries.
const LONGEST_PAUSE_MINUTES: i64 = 6 * 60;

/// A try takes seconds and the job begins on the minute: without this the pause would always miss its run by a little.
const SLACK: Duration = Duration::minutes(1);

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
    /// How often it was met with these settings.
    #[serde(default)]
    pub tries: u32,
    /// The moment before which nothing is tried by itself; `None`: the next run of the job tries.
    #[serde(default)]
    pub not_before: Option<NaiveDateTime>,
    /// Keyed hash of the mail settings with which it was met, see [`settings_hash`].
    #[serde(default)]
    pub settings: String,
}

impl Fault {
    /// The moment until which nothing is tried by itself with settings of this hash; `None` when the next run tries.
    pub fn waits_until(&self, settings: &str, now: NaiveDateTime) -> Option<NaiveDateTime> {
        // A moment further away than any pause was set by a clock that was ahead.
        let longest = now + Duration::minutes(LONGEST_PAUSE_MINUTES);
        self.not_before
            .filter(|moment| *moment > now && *moment <= longest && self.settings == settings)
    }
}

/// A failure that concerns every message.
#[derive(Clone, Copy, Debug)]
pub struct Met<'a> {
    /// What is wrong, in words that hold no address of a parent.
    pub words: &'a str,
    /// Whether it lasts until somebody corrects the settings.
    pub needs_correcting: bool,
    /// Keyed hash of the mail settings, see [`settings_hash`].
    pub settings: &'a str,
}

/// A hash that tells these mail settings from others. It is keyed, because they may hold a password; empty when the
/// server key is missing.
pub fn settings_hash(keyring: &Keyring, mail_settings: &str, from: &str) -> String {
    let Ok(key) = keyring.server() else {
        return String::new();
    };
    let key: &[u8; 32] = &key;
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(b"stature mail settings");
    mac.update(mail_settings.as_bytes());
    mac.update(b"\n");
    mac.update(from.as_bytes());
    hex(&mac.finalize().into_bytes()[..16])
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
    met: Met<'_>,
    now: NaiveDateTime,
) -> Result<(), Error> {
    let before = fault(tx)?;
    let is_new = before.is_none();
    let tries = before
        .as_ref()
        .filter(|before| before.settings == met.settings && before.needs_correcting)
        .map_or(1, |before| before.tries.saturating_add(1));
    let noted = Fault {
        since: before.map_or(now, |before| before.since),
        last: now,
        needs_correcting: met.needs_correcting,
        words: met.words.to_owned(),
        tries,
        not_before: met.needs_correcting.then(|| now + pause_after(tries)),
        settings: met.settings.to_owned(),
    };
    settings::keep(tx, actor, now, SETTING, &json!(noted).to_string())?;
    if is_new {
        let detail = json!({"why": met.words});
        audit::event(tx, actor, now, Action::MailUnavailable, "outbox", &detail)?;
    }
    Ok(())
}

/// Lets the next run try although a refusal is being waited out: somebody asks for it.
pub fn try_now(tx: &mut Conn, actor: &Actor, now: NaiveDateTime) -> Result<(), Error> {
    let Some(fault) = fault(tx)?.filter(|fault| fault.not_before.is_some()) else {
        return Ok(());
    };
    let noted = Fault {
        not_before: None,
        ..fault
    };
    settings::keep(tx, actor, now, SETTING, &json!(noted).to_string())?;
    audit::event(tx, actor, now, Action::MailTriedNow, "outbox", &json!({}))
}

/// Notes that messages go again.
pub fn clear_fault(tx: &mut Conn, actor: &Actor, now: NaiveDateTime) -> Result<(), Error> {
    if fault(tx)?.is_some() {
        settings::keep(tx, actor, now, SETTING, "")?;
        audit::event(tx, actor, now, Action::MailAvailable, "outbox", &json!({}))?;
    }
    Ok(())
}

/// How long nothing is tried by itself after so many refusals.
fn pause_after(tries: u32) -> Duration {
    let doubled = FIRST_PAUSE_MINUTES << tries.saturating_sub(1).min(8);
    Duration::minutes(doubled.min(LONGEST_PAUSE_MINUTES)) - SLACK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_doubles_the_pause_up_to_six_hours() {
        let pauses: Vec<i64> = (1..=9)
            .map(|tries| (pause_after(tries) + SLACK).num_minutes())
            .collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 360, 360, 360]);
        assert_eq!(pause_after(u32::MAX) + SLACK, Duration::hours(6));
    }

    #[test]
    fn other_settings_and_a_clock_that_was_ahead_are_not_waited_for() {
        let now = NaiveDateTime::default();
        let fault = |minutes| Fault {
            since: now,
            last: now,
            needs_correcting: true,
            words: String::new(),
            tries: 1,
            not_before: Some(now + Duration::minutes(minutes)),
            settings: "one".to_owned(),
        };
        assert!(fault(9).waits_until("one", now).is_some());
        assert_eq!(fault(9).waits_until("two", now), None);
        assert_eq!(fault(0).waits_until("one", now), None);
        assert_eq!(fault(60 * 24 * 365).waits_until("one", now), None);
    }

    #[test]
    fn a_fault_of_an_earlier_version_is_read_and_tried_at_once() {
        let stored = r#"{"since": "2026-11-30T12:00:00", "last": "2026-11-30T12:00:00",
            "needs_correcting": true, "words": "no"}"#;
        let fault: Fault = serde_json::from_str(stored).unwrap();
        assert_eq!(fault.waits_until("", fault.last), None);
    }
}
