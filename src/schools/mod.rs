//! Schools: the national register, and the geography around them.

pub mod geography;
mod gias;
mod queries;

pub use gias::{RegisterError, RegisteredSchool, read_register};
pub use queries::{Taken, import_register};
