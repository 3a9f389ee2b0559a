//! Jobs: what one is, when it runs, and the runner that claims those that are due.
//!
//! A job is a plain function that takes no input: it looks at the database, does what is due, and says in counts what
//! it did. Running one twice must do nothing more than running it once, because a process that dies in the middle
//! leaves the rest to the next run.

mod job;
mod queries;
mod runner;
mod schedule;

pub use job::Job;
pub use queries::{JobState, LastRun, failed_since, forget_runs, forgettable_runs, recent_runs};
pub use runner::{
    Change, Held, JobError, Listed, Runner, is_paused, list, next_run, pause, request_run, resume,
    run_now,
};
pub use schedule::next_after;
