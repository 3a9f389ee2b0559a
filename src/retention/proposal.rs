//! A change of a year's rule as it is proposed: by whom, to what, with which effect.

use chrono::NaiveDate;
use serde::Serialize;

use crate::access::Role;
use crate::audit::Actor;
use crate::db;
use crate::outbox::OutboxError;
use crate::records::year::YearError;

/// A change that cannot be proposed or decided.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The rule is not one.
    #[error(transparent)]
    Year(#[from] YearError),
    /// Another change is under way.
    #[error(
        "A change for {0} is waiting already. Withdraw that one before you propose another. Nothing was changed."
    )]
    Waiting(String),
    /// The change was decided in the meantime.
    #[error("The change has been decided or withdrawn in the meantime. Nothing was changed.")]
    Gone,
    /// The person who proposed it cannot confirm it, nor can another one of the same role.
    #[error("A change is confirmed by a person with the other role. Nothing was changed.")]
    SameRole,
    /// Nothing would change.
    #[error("This is the rule in force already. Nothing was changed.")]
    SameRule,
    /// The emails could not be queued.
    #[error(transparent)]
    Mail(#[from] OutboxError),
    /// A template.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// How long names are to be kept, and what designates that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// Days after the measurement.
    pub retention_days: i32,
    /// What designates the period.
    pub instrument: String,
}

/// Who proposes or decides.
#[derive(Clone, Debug)]
pub struct Proposer {
    /// Account.
    pub account: i64,
    /// The person's name.
    pub name: String,

    /// Role.
    pub role: Role,
}

impl Proposer {
    pub(super) fn actor(&self) -> Actor {
        Actor::person(self.account, &self.name)
    }
}

/// What a change would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Names that the year holds.
    pub names: i64,
    /// Names that are removed in the first night of the new rule and would not be under the old one.
    pub removed_early: i64,
    /// Names that are removed in any case by then.
    pub due_anyway: i64,
    /// Days by which every other name goes later; negative when earlier.
    pub later_by: i32,
    /// The day from which the new rule counts.
    pub on: NaiveDate,
    /// The last date of the year under the old rule.
    pub last_date_before: NaiveDate,
    /// The last date under the new one.
    pub last_date_after: NaiveDate,
}
