//! Academic years as people set them up: their rules, their keys and the changes under way.
//!
//! The years themselves belong to `records::year`; this slice stands on it and on `retention`.

pub mod pages;
