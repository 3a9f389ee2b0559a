//! Choosing a file.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use zeroize::Zeroizing;

use super::super::error::ImportError;
use super::super::import::Target;
use super::super::staged;
use super::shared::blocking;
use crate::access::{Requires, needs};
use crate::app::App;
use crate::error::AppError;
use crate::records::year;
use crate::roster::underway::Underway;
use crate::web::{Allowed, Answer, FormData, Upload, View, once};
use programme::{AcademicYear, Urn};

/// The form.
pub async fn upload_page(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    form_view(
        &allowed,
        &app,
        &request,
        &FormData::default(),
        "pages/roster/upload.html",
        "Import a roster",
    )
    .await
}

/// Takes the file, keeps it sealed, and shows what it would do.
pub async fn upload(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    upload: Upload,
) -> Result<HttpResponse, AppError> {
    let mut form = upload.form;
    let year = form.required("year", "Choose the academic year");
    let school = form.text("school").to_owned();
    let school = (!school.is_empty()).then(|| Urn::parse(&school));
    if matches!(school, Some(Err(_))) {
        form.error(
            "school",
            "Enter the school’s URN, six digits, or leave the field empty",
        );
    }
    if upload.bytes.is_empty() {
        form.error("file", "Choose the file to import");
    }
    let year = AcademicYear::parse_label(&year);
    if let (Some(year), true) = (year, form.is_valid()) {
        let target = Target {
            year,
            school: school.and_then(Result::ok),
        };
        match keep(&app, &allowed, &form, target, upload.bytes, "/imports").await {
            Ok(answer) => return Ok(answer.respond()),
            Err(ImportError::Database(error)) => return Err(error.into()),
            Err(error) => form.error("file", error.to_string()),
        }
    } else if form.is_valid() {
        form.error("year", "Choose the academic year");
    }
    form_view(
        &allowed,
        &app,
        &request,
        &form,
        "pages/roster/upload.html",
        "Import a roster",
    )
    .await
}

/// Stages the file of an upload, once however often its form is sent, and leads to its page below `pages`.
pub(super) async fn keep<P: Requires>(
    app: &App,
    allowed: &Allowed<P>,
    form: &FormData,
    target: Target,
    bytes: Zeroizing<Vec<u8>>,
    pages: &'static str,
) -> Result<Answer, ImportError> {
    let submission = form.submission();
    let underway = app.part::<Underway>();
    let _turn = underway.reading().await;
    blocking(app, allowed, move |importing| {
        let parsed = staged::read(importing, target, &bytes)?;
        importing.db().write_now(|tx| {
            once(tx, &submission, importing.now, |tx| {
                let id = staged::stage(&mut importing.work(tx), target, &parsed, &bytes)?;
                Ok(Answer::to(format!("{pages}/{id}")))
            })
        })
    })
    .await
}

/// The form with the years that names may come into.
pub(super) async fn form_view<P: Requires>(
    allowed: &Allowed<P>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
    template: &str,
    title: &str,
) -> Result<HttpResponse, AppError> {
    let years = app.db.read(year::open_years).await?;
    let items: Vec<_> = years
        .iter()
        .map(|year| json!({"value": year, "text": year}))
        .collect();
    View::new(app, request, allowed, title)
        .with("years", items)
        .form(form)
        .render(template)
}
