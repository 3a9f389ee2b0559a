//! Recording at a school: the class list and its rows, and the warnings that wait to be confirmed.
//!
//! What is recorded belongs to `measurement`; this slice stands on it and on `letters`, because a
//! person who undoes a measurement must hear that a letter about it has gone.

pub mod pages;
mod waiting;
