//! What the pages of rosters have in common.

use super::super::error::ImportError;
use super::super::import_queries::{self, ImportRecord};
use super::super::importing::Importing;
use crate::access::Requires;
use crate::app::App;
use crate::error::{AppError, bad_request, conflict, internal};
use crate::identity::IdentityError;
use crate::web::{Allowed, Asked, Pager};
use roster_reader::progress::Progress;

/// How many rows stand on a page.
pub(super) const ROWS_A_PAGE: i64 = 50;

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
pub(super) fn page_of_memory(page: Option<i64>, total: usize) -> Pager {
    let total = total as i64;
    let asked = Asked::new(page, ROWS_A_PAGE).of(total);
    Asked::new(Some(asked.page.min(asked.pages)), ROWS_A_PAGE).of(total)
}

/// The import, when it is in the visitor's scope.
pub(super) async fn record<P: Requires>(
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
pub(super) async fn blocking<P: Requires, T: Send + 'static>(
    app: &App,
    allowed: &Allowed<P>,
    work: impl FnOnce(Importing<'_>) -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    let (app, actor) = (app.clone(), allowed.actor().clone());
    crate::db::blocking(move || work(Importing::new(&app, &actor, &Progress::default()))).await
}
