//! What every page stands on: templates, and the files pages refer to.

pub mod assets;
pub mod filters;
pub mod page;
