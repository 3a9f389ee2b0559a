//! Sets letters and reports as tagged PDF, readable by a screen reader and by
//! the archives of the next decades.
//!
//! A [`Typesetter`] holds the fonts and is made once; a [`Template`] is a typst
//! source that has been read and found free of syntax errors;
//! [`Typesetter::render`] joins a template with the data of one letter.
//!
//! Data reaches a template only as the virtual file `/data.json`. A string that
//! comes from there is text and never markup, so a child called `#panic()` gets
//! a letter addressed to `#panic()`.
//!
//! Every document is PDF/UA-1 (ISO 14289-1) and PDF/A-2a (ISO 19005-2) at once,
//! or it is an error: nothing half-accessible leaves here. The same input makes
//! the same bytes. Errors name places and characters, never values: a message
//! from here may be logged.
//!
//! # A template
//!
//! ```typst
//! #let letter = json("/data.json")
//! = #letter.subject
//! Dear #letter.parent
//! ```
//!
//! Title, language and fonts are set around it, from [`Document`], before its
//! first line. Templates see no files but `/data.json` and their own parts, no
//! packages, and a `datetime.today()` that is the document's date.

mod error;
mod failure;
mod files;
mod fonts;
mod template;
mod typesetter;
mod world;

pub use error::{Problem, RenderError, SetupError, Unknown};
pub use template::Template;
pub use typesetter::{Document, Typesetter};
