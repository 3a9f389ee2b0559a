//! Workbooks of the usual spreadsheet programs.
//!
//! What reading a file will take is measured before the library may open it, because a few kilobytes
//! can unpack to gigabytes, claim millions of cells, or lead in circles.

mod cell;
mod markup;
mod opendocument;
mod read;
mod row_writer;
mod shared_texts;
#[cfg(test)]
mod tests;
mod unpacked;

pub(crate) use read::read;
