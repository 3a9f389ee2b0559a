//! Page: correcting a child's details.

use actix_web::{HttpRequest, HttpResponse, web};

use super::super::correct;
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::records::pupil;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// The form with a child's details.
pub async fn details_page(
    allowed: Allowed<needs::EditChild>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (scope, id) = (allowed.scope().clone(), *id);
    let form = allowed
        .write(&app, move |work| -> Result<_, AppError> {
            let row = pupil::in_scope(work.tx, &scope, id)?.ok_or(AppError::NotFound)?;
            let person = correct::open(work, id)?;
            correct::filled(&row, &person)
        })
        .await?;
    render(&allowed, &app, &request, id, &form)
}

fn render(
    allowed: &Allowed<needs::EditChild>,
    app: &web::Data<App>,
    request: &HttpRequest,
    id: i64,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let contacts: Vec<usize> = (0..correct::CONTACTS).collect();
    View::new(app, request, allowed, "Correct a child’s details")
        .with("id", id)
        .with("contacts", contacts)
        .form(form)
        .render("pages/children/details.html")
}

/// Corrects a child's details.
pub async fn correct_details(
    allowed: Allowed<needs::EditChild>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let (scope, id) = (allowed.scope().clone(), *id);
    let form = allowed
        .write(&app, move |work| correct::correct(work, &scope, id, form))
        .await?;
    if form.is_valid() {
        Ok(redirect_with(
            &format!("/children/{id}"),
            "success",
            "The details were corrected",
        ))
    } else {
        render(&allowed, &app, &request, id, &form)
    }
}
