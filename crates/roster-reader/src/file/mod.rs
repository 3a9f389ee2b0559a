//! From the bytes of a file to a table with a row of headings.

pub mod ctf;
mod read;

pub use read::read;
