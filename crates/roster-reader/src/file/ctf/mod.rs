//! The Common Transfer File: the XML in which schools pass pupils on.
//!
//! Read as a stream into the same kind of table as every other layout, with the canonical headings,
//! so that everything after it is the same. No document type and no entity of its own is ever
//! accepted, and depth and length are limited.

mod pupil;
mod read;
mod table;
#[cfg(test)]
mod tests;

pub use read::read;
