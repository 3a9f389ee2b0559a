//! Schools: the national register, the geography around them, and the work there: head-counts and visits.

pub mod contact_pages;
pub mod contact_queries;
pub mod geography;
mod gias;
pub mod pages;
mod queries;
pub mod work;
pub mod work_queries;

pub use gias::{RegisterError, RegisteredSchool, read_register};
pub use queries::{Taken, import_register};
