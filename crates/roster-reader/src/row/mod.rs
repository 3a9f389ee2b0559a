//! One row of a list: what kind of row it is, and the child and contacts it describes.

pub mod child;
pub(crate) mod contacts;
pub mod kind;
mod names;
pub(crate) mod read_child;
pub(crate) mod repeats;
