//! Pausing retention: by the information governance lead, with a reason, for a week at most.
//!
//! While names are kept beyond their date the promise to parents is broken a little each night. A pause therefore ends
//! by itself, and everybody who runs the service sees it.

use chrono::{Duration, NaiveDateTime};
use serde_json::json;

use super::pause_queries;
use crate::audit::{self, Action, Actor};
use crate::db::{self, Conn};

pub use super::pause_queries::Pause;

/// Days after which a pause ends by itself.
pub const PAUSE_DAYS: i64 = 7;

/// Most characters of a reason.
const REASON_CHARACTERS: usize = 500;

/// A pause that cannot begin or end.
#[derive(Debug, thiserror::Error)]
pub enum PauseError {
    /// No reason, or one that is too long.
    #[error("Enter why retention is paused, in at most 500 characters")]
    Reason,
    /// Retention is paused already.
    #[error("Retention is paused already. End that pause before you begin another.")]
    Paused,
    /// Retention is not paused.
    #[error("Retention is not paused: the pause had ended already.")]
    NotPaused,
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// The pause in force at a moment.
pub fn pause_in_force(tx: &mut Conn, now: NaiveDateTime) -> Result<Option<Pause>, db::Error> {
    pause_queries::in_force(tx, now)
}

/// Pauses retention for [`PAUSE_DAYS`] days from now.
pub fn pause(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    reason: &str,
) -> Result<(), PauseError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS {
        return Err(PauseError::Reason);
    }
    pause_queries::lock(tx)?;
    if pause_queries::in_force(tx, now)?.is_some() {
        return Err(PauseError::Paused);
    }
    let ends_at = now + Duration::days(PAUSE_DAYS);
    let id = pause_queries::begin(tx, &actor.label, reason, now, ends_at)?;
    let detail = json!({"reason": reason, "ends_at": ends_at});
    let subject = format!("retention_pause:{id}");
    Ok(audit::event(
        tx,
        actor,
        now,
        Action::RetentionPaused,
        &subject,
        &detail,
    )?)
}

/// Ends the pause in force before its time.
pub fn resume(tx: &mut Conn, actor: &Actor, now: NaiveDateTime) -> Result<(), PauseError> {
    pause_queries::lock(tx)?;
    let pause = pause_queries::in_force(tx, now)?.ok_or(PauseError::NotPaused)?;
    pause_queries::end(tx, pause.id, &actor.label, now)?;
    let subject = format!("retention_pause:{}", pause.id);
    Ok(audit::event(
        tx,
        actor,
        now,
        Action::RetentionResumed,
        &subject,
        &json!({}),
    )?)
}
