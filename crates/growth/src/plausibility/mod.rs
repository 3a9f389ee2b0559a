//! Whether a measurement can be saved, and what about it wants a second look.
//!
//! *Invalid* and *unusual* are different things. A
//! [`Reject`](Strength::Reject) cannot be saved, because it cannot be right; a
//! [`Warn`](Strength::Warn) is saved and waits for a named person to confirm
//! it. A very large child is a child, so wording asks to check, and never says
//! "error". Messages name values of one child: they belong on the page and in
//! the user's own file, not in a log.

mod checks;
mod code;
mod entry;
mod finding;
mod limits;
mod observation;

pub use checks::check;
pub use code::{Code, Field, Strength};
pub use entry::read_entry;
pub use finding::{Finding, Findings};
pub use limits::{ImpossibleLimits, Limits};
pub use observation::{Circumstances, Earlier, Observation};
