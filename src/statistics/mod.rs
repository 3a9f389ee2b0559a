//! Figures for schools, authorities and the public: counted, made safe, frozen, handed out.
//!
//! The one thing to know: nothing here computes a figure that anybody sees. Counts go into the `disclosure` crate, and
//! only the safe table that comes out of it is stored, shown or exported. A release that somebody outside has seen,
//! published or as a file, is held against every later one, even after it was withdrawn.

mod aggregate;
mod announce;
mod files;
pub mod pages;
mod queries;
mod release;
mod view;

pub use announce::{Told, publish_and_tell};
pub use files::{Format, file};
pub use queries::{ReleaseRow, releases};
pub use release::{
    ReleaseError, ReleaseState, Shelf, audience_name, audit, load, load_published, make, publish,
    take_out, withdraw,
};
