//! Writing down what happened, inside the caller's transaction.
//!
//! Three books. *Events*: what was done. *Accesses*: which identities were unsealed, by whom, why. *Disclosures*: what
//! left the organisation, to whom. Each row is written by the transaction that does the thing, so that neither exists
//! without the other. None holds a name: children are numbers in accesses and disclosures, and hashes in events. What
//! links a row to a child is deleted with the child's name; the row stays.

mod action;
mod actor;
mod chain_queries;
mod head;
mod queries;
mod rehash_queries;
mod subject;
mod subject_queries;

pub use action::Action;
pub use actor::{Actor, ActorKind};
pub use chain_queries::{ChainReport, Head, any_unlinked};
pub use head::{
    ChainError, Verified, accept, announce, hash_old_subjects, hash_old_subjects_in, link, settle,
    verify,
};
pub use queries::{
    Disclosure, Done, Touched, accessed, disclosed, done_to, event, events, put_reason,
};
pub use rehash_queries::Rehashed;
pub use subject::subject_of_pupil;
