//! Who has seen which child, who was told what, and how a parent gets everything held about a child.
//!
//! The public notice is made from the same closed list of purposes that the access log is written with, and from the
//! rules of the academic years: it cannot promise what the program does not do.

pub mod pages;
mod queries;
mod subject_access;
mod third_parties;

pub use subject_access::{ChildFile, Found, Record, SearchFor, gather, records, search};
pub use third_parties::{Detail, Ticked};
