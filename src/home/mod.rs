//! The first page after signing in: what needs doing, and how far the programme has come.
//!
//! It stands above the slices, because it counts what each of them holds. Every count leads to the list it counts, and
//! is shown to those only who may see that list.

pub mod pages;
mod queries;
mod todo;
