//! Rosters: the lists of children that schools send, in any layout.
//!
//! A file's way in: bytes → table → columns → checked rows → plan → sealed
//! children → one short transaction. Everything up to the plan is plain values
//! in and plain values out; nothing is written before a person (or a command)
//! confirms the plan.

mod apply;
mod choice_queries;
pub mod commit;
pub mod decide;
mod error;
mod errors_file;
pub mod export;
pub mod geography;
pub mod import;
mod import_queries;
pub mod importing;
mod look;
mod mend;
pub mod pages;
mod place_queries;
mod printable;
mod pupil_queries;
mod register;
pub mod roll;
mod seal_ahead;
pub mod staged;
pub mod state;
pub mod stored_choices;
pub mod underway;
mod undo;
mod undo_queries;
mod waiting;
mod waiting_queries;
mod year_lock;

pub use choice_queries::remembered_choices;
pub use commit::Applied;
pub use error::ImportError;
pub use errors_file::write_errors;
pub use geography::{Located, locate_homes};
pub use import_queries::{ImportRecord, import_in_scope, imports, note_erased, staged_imports};
