//! Who changes accounts.

use chrono::NaiveDateTime;

use crate::app::App;
use crate::audit::Actor;

/// Who changes an account, with what, and when.
#[derive(Clone, Copy)]
pub struct Office<'a> {
    /// The running process.
    pub app: &'a App,
    /// Person or command that changes the account.
    pub actor: &'a Actor,
    /// Moment of the change, UTC.
    pub now: NaiveDateTime,
}
