//! Pages: recording a class, and the warnings that wait to be confirmed.

mod answer;
mod class;
mod filter;
mod list;
mod row;
mod sheet;
mod warnings;

pub use class::{record_page, record_row, record_rows};
pub use list::record_list;
pub use warnings::warnings;
