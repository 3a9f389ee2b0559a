//! Page: finding a child.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::super::find::{Matches, find};
use super::super::queries::years_with_names;
use super::super::wanted::Wanted;
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::records::year::current_year;
use crate::web::{Allowed, FormData, Submitted, View};

/// The search form, and what a search came to.
#[derive(Serialize)]
struct SearchPage {
    years: Vec<Choice>,
    current: String,
    /// What was found; `None` before a search.
    found: Option<Matches>,
}

/// A year to choose.
#[derive(Serialize)]
struct Choice {
    value: String,
    text: String,
}

/// The search form.
pub async fn search_page(
    allowed: Allowed<needs::ViewChild>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    render(&allowed, &app, &request, &FormData::default(), None).await
}

async fn render(
    allowed: &Allowed<needs::ViewChild>,
    app: &web::Data<App>,
    request: &HttpRequest,
    form: &FormData,
    found: Option<Matches>,
) -> Result<HttpResponse, AppError> {
    let page = allowed
        .read(app, move |work| -> Result<_, AppError> {
            let years = years_with_names(work.tx)?.into_iter();
            Ok(SearchPage {
                years: years
                    .map(|year| Choice {
                        value: year.clone(),
                        text: year,
                    })
                    .collect(),
                current: current_year(work.tx, work.today)?.unwrap_or_default(),
                found,
            })
        })
        .await?;
    View::new(app, request, allowed, "Children")
        .with("page", page)
        .form(form)
        .render("pages/children/search.html")
}

/// Looks for children by parts of their names or by the NHS number. A form, so that no name stands in an address.
pub async fn search(
    allowed: Allowed<needs::ViewChild>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let wanted = match Wanted::read(form.text("q")) {
        Ok(wanted) => wanted,
        Err(error) => {
            form.error("q", error.to_string());
            return render(&allowed, &app, &request, &form, None).await;
        }
    };
    let (scope, year) = (allowed.scope().clone(), form.text("year").to_owned());
    let found = allowed
        .write(&app, move |work| find(work, &scope, &year, &wanted))
        .await?;
    render(&allowed, &app, &request, &form, Some(found)).await
}
