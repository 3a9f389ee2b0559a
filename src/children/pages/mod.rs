//! Pages: finding a child, its record, its flags, correcting it.

mod child;
mod details;
mod search;

pub use child::{child_page, set_flags};
pub use details::{correct_details, details_page};
pub use search::{search, search_page};
