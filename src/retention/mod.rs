//! Retention: names go when the period that the Department designated is over, and the evidence that they went.
//!
//! Every step can be cut off and done again. What a night has erased is told by the rows
//! themselves, so a second run takes up where the first one ended.

mod clock_check;
mod counts;
mod erase;
mod error;
mod evidence;
mod gate;
mod needles;
mod night;
pub mod pages;
mod pause;
pub mod pause_pages;
mod pause_queries;
mod plan;
mod policy;
mod proposal;
mod queries;
pub mod rule_change;
mod rule_change_mail;
pub mod rule_change_pages;
mod rule_change_queries;
mod run;
mod run_queries;
mod unlink_queries;
mod wipe_queries;

pub use clock_check::{
    Against, ClockDoubt, clock_doubt, confirm_date, last_time, note_first_time, note_restored_time,
};
pub use counts::Counts;
pub use erase::Night;
pub use error::RetentionError;
pub use evidence::{Outcome, Scan};
pub use night::{JOB, job, run_night};
pub use pause::{PAUSE_DAYS, Pause, PauseError, pause, pause_in_force, resume};
pub use plan::{YearPlan, plan};
pub use policy::{COARSENED, Rule, month_of};
pub use run::{RuleInForce, Run, run, runs};
