//! Pages: recording a class, and the warnings that wait to be confirmed.

mod class;
mod list;
mod row;
mod warnings;

pub use class::{record_page, record_row, record_rows};
pub use list::record_list;
pub use warnings::warnings;
