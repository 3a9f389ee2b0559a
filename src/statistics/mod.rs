//! Figures for schools, authorities and the public: counted, made safe, frozen, handed out.
//!
//! Nothing here computes a figure that anybody sees. Counts go into the `disclosure` crate, and
//! only the safe table that comes out of it is stored, shown or exported. A release that somebody outside has seen,
//! published or as a file, is held against every later one, even after it was withdrawn.

mod aggregate;
mod announce;
mod audiences;
mod authorities;
mod book;
mod cautions;
mod error;
mod files;
pub mod pages;
mod queries;
mod release;
mod shelf;
mod shown;
mod state;
mod steps;
mod view;

pub use announce::{
    Announcement, Told, Withdrawn, announce_again, announcement, publish_and_tell,
    undelivered as undelivered_announcements, withdraw,
};
pub use audiences::audiences_of;
pub use cautions::cautions;
pub use error::ReleaseError;
pub use files::{Format, file};
pub use queries::{ReleaseRow, releases, releases_to_publish};
pub use release::{audience_name, audit, load, load_published, make, publish, reseal, take_out};
pub use shelf::Shelf;
pub use shown::{forgotten_releases, shown_can_be_read, take_shown_from};
pub use state::ReleaseState;
