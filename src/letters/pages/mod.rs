//! Pages: letters by state, one letter with its preview, the templates, sending and pausing.

mod beside;
mod delay;
mod error;
mod letter;
mod list;
mod merge;
mod obstacles;
mod overtaken;
mod paragraphs;
mod runs;
mod sending;
mod standard;
mod templates;

pub use delay::{delay_page, set_delay};
pub use letter::{decide, pdf, show};
pub use list::list;
pub use runs::{run, send, send_page, settle, settle_page, try_now};
pub use sending::{prepare, stop, stop_page};
pub use standard::{standard_page, start_again};
pub use templates::{sample, save_texts, texts_page};
