//! Messages on their way out, at most once each.
//!
//! A message is written down in the transaction that decides on it, and handed over later by a worker that holds a
//! lease on it. Its Message-ID is fixed when it is written down, so that a copy can be recognised by whoever receives
//! it. The steps are in [`Delivery`]; [`step()`] writes them down. Nothing is deleted on failure.

mod delivery;
mod erase;
mod error;
mod fault;
mod notice;
mod parcel;
mod queries;
mod queue;
mod step;

pub use delivery::{Delivery, DeliveryState, LEASE, Lease, NotFromHere, Outcome};
pub use erase::{Erased, erase_letters, erase_year};
pub use error::OutboxError;
pub use fault::{Fault, Met, clear_fault, fault, note_fault, settings_hash, try_now};
pub use notice::{
    Notice, TakenBack, open_notice, queue_notice, queue_notice_again, take_back_notices,
};
pub use parcel::{Kind, MessageKind, Parcel, Which};
pub use queries::{
    counts, counts_of_run, expired, find, find_of_letter, keep_content, notices_about,
    undelivered_notices, waiting,
};
pub use queue::{LetterToQueue, mail_domain, queue_letter};
pub use step::{any_due, claim, step};

/// The job that sends what waits in the outbox, as the table of jobs calls it.
pub const SENDING_JOB: &str = "send-letters";
