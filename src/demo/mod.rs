//! What only the demonstration has: a page that shows the mail it has sent.
//!
//! The pages are in the table of routes like all others and answer "not found" everywhere but
//! in the demonstration.

mod mailbox;
pub mod pages;
