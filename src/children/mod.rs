//! Single children: finding one, its record, its flags, correcting what is held.
//!
//! A search compares the year's identities in memory, and only what is shown is opened for the
//! one who asked; both are written in the access log. A child outside the scope does not exist.

mod chart;
mod correct;
mod find;
mod flags;
pub mod pages;
mod person;
mod queries;
mod record;
mod timeline;
mod wanted;
