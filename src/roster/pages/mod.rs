//! Pages: from an upload to a confirmed import, and what waits afterwards.

mod columns;
mod list;
mod preview;
mod progress;
mod school;
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

use super::error::ImportError;
use super::import_queries::{self, ImportRecord};
use super::importing::Importing;
use crate::access::Requires;
use crate::app::App;
use crate::error::{AppError, bad_request, conflict, internal};
use crate::identity::IdentityError;
use crate::web::{Allowed, Asked, Pager};
use roster_reader::progress::Progress;

/// How many rows stand on a page.
const ROWS_A_PAGE: i64 = 50;

impl From<ImportError> for AppError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Database(error) => error.into(),
            ImportError::Identity(
                IdentityError::NoRetentionRule(_) | IdentityError::YearClosed(_),
            ) => bad_request(error),
            ImportError::Identity(error) => error.into(),
            ImportError::Fonts(error) => internal(error),
            error @ (ImportError::DamagedRecord { .. } | ImportError::DamagedImport { .. }) => {
                internal(error)
            }
            ImportError::NotWaiting
            | ImportError::BeingWritten
            | ImportError::KeptChanging
            | ImportError::RowNotWaiting
            | ImportError::CannotUndo(_) => conflict(error),
            other => bad_request(other),
        }
    }
}

/// A page of a list that stands in memory; one beyond the end is the last.
fn page_of_memory(page: Option<i64>, total: usize) -> Pager {
    let total = total as i64;
    let asked = Asked::new(page, ROWS_A_PAGE).of(total);
    Asked::new(Some(asked.page.min(asked.pages)), ROWS_A_PAGE).of(total)
}

/// The import, when it is in the visitor's scope.
async fn record<P: Requires>(
    app: &App,
    allowed: &Allowed<P>,
    id: i64,
) -> Result<ImportRecord, AppError> {
    let scope = allowed.scope().clone();
    app.db
        .read(move |tx| -> Result<_, AppError> {
            import_queries::import_in_scope(tx, &scope, id)?.ok_or(AppError::NotFound)
        })
        .await
}

/// Runs work that reads files and seals names on a thread that may wait.
async fn blocking<P: Requires, T: Send + 'static>(
    app: &App,
    allowed: &Allowed<P>,
    work: impl FnOnce(Importing<'_>) -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    let (app, actor) = (app.clone(), allowed.actor().clone());
    crate::db::blocking(move || work(Importing::new(&app, &actor, &Progress::default()))).await
}
