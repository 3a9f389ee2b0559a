//! Rosters: the lists of children that schools send, in any layout.
//!
//! A file's way in: bytes → table → columns → checked rows → plan → sealed
//! children → one short transaction. Everything up to the plan is plain values
//! in and plain values out; nothing is written before a person (or a command)
//! confirms the plan.

mod apply;
pub mod commit;
pub mod decide;
mod errors_file;
pub mod export;
pub mod geography;
pub mod import;
pub mod pages;
mod printable;
mod queries;
pub mod roll;
mod seal_ahead;
pub mod staged;
pub mod state;
pub mod stored_choices;
pub mod underway;
mod waiting;

pub use commit::Applied;
pub use errors_file::write_errors;
pub use geography::{Located, locate_homes};
pub use queries::{
    ImportRecord, import_in_scope, imports, note_erased, open_years, remembered_choices,
    schools as all_schools,
};

/// How many uploaded rosters wait to be confirmed, of the schools in scope.
pub fn staged_imports(
    tx: &mut crate::db::Conn,
    scope: &crate::access::Scope,
) -> Result<i64, crate::db::Error> {
    let (_, staged) = imports(tx, scope, None, Some(state::State::Staged), 0, 1)?;
    Ok(staged)
}
