//! Recording an outcome: a measurement, a reason for none, undoing, putting back, confirming.
//!
//! Every change is a new version; the old ones stay. A child is loaded once, what is to be done is decided from plain
//! values, and what was decided is written. The version that a recorder saw travels with the change: when somebody else
//! was quicker the change is refused and told, never laid over the other's. The same change sent twice is one change.
//! The event is written in the same transaction.

mod again;
mod batch;
mod change;
mod decide;
mod recorded;
mod row;
mod rules;
mod save;
mod stamp;
mod subject;

pub use again::{Back, confirm, go_back, reassess};
pub use batch::Batch;
pub use recorded::{RecordError, Recorded};
pub use rules::limits;
pub use save::{record_measurement, record_reason};
pub use stamp::Stamp;
pub use subject::{Subject, load};
