//! Pages: the mail that the demonstration has sent.

use std::path::PathBuf;

use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};

use super::mailbox;
use crate::access::needs;
use crate::app::App;
use crate::config::MailTransport;
use crate::db;
use crate::error::{AppError, internal};
use crate::web::{Allowed, View};

/// A message's page may have styles and embedded pictures, and do nothing: it is somebody else's page.
const MAIL_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The messages, the newest first.
pub async fn list(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let lines = from_folder(&app, |folder| mailbox::list(&folder)).await?;
    View::new(&app, &request, &allowed, "Sent mail")
        .with("mails", lines)
        .render("pages/demo/mail.html")
}

/// One message: who, what, its text, the way to its HTML and its attachments.
pub async fn message(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let letter = from_folder(&app, move |folder| mailbox::letter(&folder, &name))
        .await?
        .ok_or(AppError::NotFound)?;
    View::new(&app, &request, &allowed, letter.line.subject.clone())
        .with("mail", letter)
        .render("pages/demo/message.html")
}

/// The HTML of a message, as a mail program would show it.
pub async fn html(
    _: Allowed<needs::Public>,
    app: web::Data<App>,
    name: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let html = from_folder(&app, move |folder| mailbox::html(&folder, &name))
        .await?
        .ok_or(AppError::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, MAIL_POLICY))
        .body(html))
}

/// An attachment; a PDF opens in the browser, everything else is kept.
pub async fn attachment(
    _: Allowed<needs::Public>,
    app: web::Data<App>,
    place: web::Path<(String, u32)>,
) -> Result<HttpResponse, AppError> {
    let (name, number) = place.into_inner();
    let file = from_folder(&app, move |folder| {
        mailbox::attachment(&folder, &name, number)
    })
    .await?
    .ok_or(AppError::NotFound)?;
    let disposition = if file.media_type == "application/pdf" {
        DispositionType::Inline
    } else {
        DispositionType::Attachment
    };
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header(ContentDisposition {
            disposition,
            parameters: vec![DispositionParam::Filename(file.name)],
        })
        .body(file.bytes))
}

/// Reads the mail folder on a thread that may wait; there is none outside the demonstration.
async fn from_folder<T: Send + 'static>(
    app: &App,
    read: impl FnOnce(PathBuf) -> std::io::Result<T> + Send + 'static,
) -> Result<T, AppError> {
    let folder = match &app.config.mail.transport {
        MailTransport::Folder(folder) if app.config.web.demo => folder.clone(),
        _ => return Err(AppError::NotFound),
    };
    db::blocking(move || read(folder).map_err(internal)).await
}
