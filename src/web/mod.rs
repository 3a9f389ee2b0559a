//! How the service is spoken to: the server, requests and forms on the way in, pages on the way out.
//!
//! A handler is extractors, one `read` or `write`, a template. Its first extractor is `Allowed<Permission>`: without
//! naming a permission it gets neither actor nor scope, and without a scope no query of children can be asked.

mod allowed;
pub mod assets;
pub mod client;
pub mod cookies;
pub mod errors;
pub mod exposure;
pub mod forms;
mod navigation;
mod once;
pub mod pace;
mod pager;
pub mod routing;
pub mod server;
mod upload;
mod view;

/// The last page of a list that is asked for: a number that was typed into an address may be any.
pub const LAST_PAGE: i64 = 1_000_000;

pub use crate::form::{FieldError, FormData, Submission};
pub use allowed::Allowed;
pub use forms::Submitted;
pub use once::{Answer, LongForms, answered, once, once_at_length};
pub use pager::{Asked, Pager};
pub use upload::{Upload, Uploads};
pub use view::{View, chosen, download, last_page_instead, redirect, redirect_with};
