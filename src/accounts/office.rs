//! Who changes accounts.

use chrono::NaiveDateTime;

use crate::app::App;
use crate::audit::Actor;

/// Who changes an account, with what, and when.
#[derive(Clone, Copy)]
pub struct Office<'a> {
    /// The running process.
    pub app: &'a App,
    /// Who.
    pub actor: &'a Actor,
    /// When.
    pub now: NaiveDateTime,
}
