//! Page: the measurements that wait to be confirmed, at all schools in scope.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::super::waiting::{PAGE, waiting_page};
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, Asked, View};

/// Which page of the list.
#[derive(Deserialize)]
pub struct PageNumber {
    page: Option<i64>,
}

/// The warnings that nobody has confirmed: as many as the home page counts.
pub async fn warnings(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Query<PageNumber>,
) -> Result<HttpResponse, AppError> {
    let (scope, asked) = (allowed.scope().clone(), Asked::new(number.page, PAGE));
    let page = allowed
        .write(&app, move |work| waiting_page(work, &scope, asked))
        .await?;
    if let Some(elsewhere) = page.pager.elsewhere(&request) {
        return Ok(elsewhere);
    }
    View::new(&app, &request, &allowed, "Warnings to confirm")
        .with("page", page)
        .render("pages/measurement/warnings.html")
}
