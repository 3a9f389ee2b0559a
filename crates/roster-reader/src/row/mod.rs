//! One row of a list: what kind of row it is, and the child and contacts it describes.

pub(crate) mod check_row;
pub(crate) mod checked;
mod checker;
pub mod child;
mod contacts;
pub mod kind;
pub(crate) mod layout;
mod names;
mod read_child;
pub(crate) mod repeats;
