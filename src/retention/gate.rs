//! Whether a night may begin and go on.

use chrono::NaiveDateTime;

use super::clock_check::{self, clock_doubt};
use super::error::RetentionError;
use super::pause::pause_in_force;
use super::rule_change;
use crate::app::App;
use crate::audit::Actor;
use crate::db::Conn;

/// Refuses to go on while the clock is in doubt; otherwise notes the time, and puts changes of rules into force whose day
/// has come. Also in a night that is paused: the clock is compared with the last night, not with the last erasure.
pub(super) fn look_at_clock(app: &App, actor: &Actor) -> Result<(), RetentionError> {
    app.db.write_now(|tx| {
        if let Some(doubt) = clock_doubt(tx, &app.clock)? {
            return Err(RetentionError::ClockInDoubt(doubt));
        }
        let now = app.clock.now();
        clock_check::note_time(tx, now)?;
        Ok(rule_change::apply_confirmed(tx, actor, now)?)
    })
}

/// Refuses to go on while retention is paused.
pub(super) fn refuse_paused(tx: &mut Conn, now: NaiveDateTime) -> Result<(), RetentionError> {
    match pause_in_force(tx, now)? {
        Some(pause) => Err(RetentionError::Paused(pause)),
        None => Ok(()),
    }
}
