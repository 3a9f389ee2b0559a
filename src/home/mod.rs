//! The first page after signing in: what needs doing, and how far the programme has come.
//!
//! It stands above the slices, because it counts what each of them holds. Every count leads to the list it counts, is
//! counted by the function that the list's page calls, and is shown only to those who may open that list. To add
//! something, write a source in `sources.rs` and a line in the table of `todo.rs`.

mod action;
pub mod pages;
mod progress;
mod queries;
mod sources;
mod todo;
