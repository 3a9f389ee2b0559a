//! Pages: from an upload to a confirmed import, and what waits afterwards.

mod columns;
mod list;
mod preview;
mod progress;
mod school;
mod shared;
mod show;
mod upload;
mod waiting;

pub use columns::{choose_columns, columns_page};
pub use list::list;
pub use preview::{confirm, discard, errors_file, import_page};
pub use school::{
    school_errors_file, school_import_page, school_list, school_upload, school_upload_page,
};
pub use upload::{upload, upload_page};
pub use waiting::{decide, row_page, undo, undo_page};
