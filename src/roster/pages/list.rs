//! The list of imports.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::import_queries::{self, ImportRecord};
use super::super::state::State;
use super::shared::ROWS_A_PAGE;
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, Asked, View, chosen};
use programme::Coded as _;

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct PageNumber {
    /// From 1.
    pub page: Option<i64>,
    /// Only those in this state; all when empty.
    #[serde(default)]
    pub state: String,
}

/// Every import, the newest first.
pub async fn list(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<PageNumber>,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::new(query.page, ROWS_A_PAGE);
    let scope = allowed.scope().clone();
    let staged = |code: &str| (code == State::Staged.code()).then_some(());
    let only_staged = chosen(Some(&query.state), staged)?.is_some();
    let state = only_staged.then_some(State::Staged);
    let (records, total) = allowed
        .read(&app, move |work| {
            import_queries::imports(work.tx, &scope, None, state, asked)
        })
        .await?;
    let pager = asked.of(total);
    if let Some(elsewhere) = pager.elsewhere(&request) {
        return Ok(elsewhere);
    }
    View::new(&app, &request, &allowed, "Rosters")
        .with("imports", records.iter().map(row).collect::<Vec<_>>())
        .with("only_staged", only_staged)
        .with("pager", pager)
        .render("pages/roster/list.html")
}

/// An import as a row of a list.
///
/// Counts that cannot be understood are said so: one damaged import must not
/// take the list of all away.
pub(super) fn row(record: &ImportRecord) -> Value {
    let counts = record.counts();
    if let Err(error) = &counts {
        tracing::error!(import = record.id, %error, "an import cannot be shown whole");
    }
    json!({
        "id": record.id,
        "year": record.year_label,
        "school": record.school_urn,
        "state": record.state,
        "by": record.created_by,
        "at": record.created_at,
        "damaged": counts.is_err(),
        "counts": counts.ok().flatten(),
        "is_open": record.is_open(),
        "erased_at": record.erased_at,
    })
}
