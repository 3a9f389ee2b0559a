//! One row of a list: what kind of row it is, and the child and contacts it describes.

pub(crate) mod check_row;
pub(crate) mod checked;
mod checker;
pub mod child;
mod contacts;
mod fields;
pub mod kind;
pub(crate) mod layout;
mod names;
pub(crate) mod repeats;
