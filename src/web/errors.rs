//! Errors as pages: one clear message each, in the same layout as everything else.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError};
use tracing_actix_web::RequestId;

use super::allowed::{app_of, session_of};
use super::view::{View, redirect};
use crate::error::AppError;

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        match self {
            Self::SignInFirst { next } => redirect(&sign_in_address(next)),
            _ => HttpResponse::build(self.status_code()).finish(),
        }
    }
}

/// Turns an error into a page of its own. actix's own refusals (an unreadable path, a method that a page does not
/// know) become pages too.
pub async fn as_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response.map_into_left_body());
    }
    let told = response
        .response()
        .error()
        .and_then(|error| error.as_error::<AppError>())
        .map(Told::of);
    // A page that was rendered with an error status (a form with mistakes) has a body of its own.
    let has_page =
        response.headers().contains_key("content-type") && response.response().error().is_none();
    if has_page {
        return Ok(response.map_into_left_body());
    }
    if let Some(AppError::Internal(error)) = response
        .response()
        .error()
        .and_then(|error| error.as_error())
    {
        tracing::error!(error = format!("{error:#}"), "a request failed");
    }
    let told = told.unwrap_or_else(|| Told::of_status(status));
    let (request, _) = response.into_parts();
    let page = error_page(&request, status, &told)
        .await
        .unwrap_or_else(|_| {
            HttpResponse::build(status)
                .content_type("text/plain; charset=utf-8")
                .body(told.message.clone())
        });
    Ok(ServiceResponse::new(request, page).map_into_right_body())
}

struct Told {
    heading: &'static str,
    message: String,
}

impl Told {
    fn of(error: &AppError) -> Self {
        let (heading, message) = match error {
            AppError::BadRequest(message) => ("That did not work", message.clone()),
            AppError::Conflict(message) => ("Something has changed", message.clone()),
            AppError::TooMany(message) => ("Too many tries", message.clone()),
            AppError::Unavailable(message) => ("Something is missing", message.clone()),
            AppError::NotFound | AppError::SignInFirst { .. } => {
                return Self::of_status(StatusCode::NOT_FOUND);
            }
            AppError::Forbidden => return Self::of_status(StatusCode::FORBIDDEN),
            AppError::Internal(_) => return Self::of_status(StatusCode::INTERNAL_SERVER_ERROR),
        };
        Self { heading, message }
    }

    fn of_status(status: StatusCode) -> Self {
        let (heading, message) = match status {
            StatusCode::NOT_FOUND => (
                "Page not found",
                "If you typed the address, check it. If you followed a link, what it led to may have been removed, or may belong to a school that you are not assigned to.",
            ),
            StatusCode::FORBIDDEN => (
                "You do not have permission to do this",
                "Your role does not include this page. Ask your system administrator if you need it.",
            ),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("That did not work", "This page cannot be used in that way.")
            }
            status if status.is_server_error() => (
                "Sorry, there is a problem with the service",
                "Nothing that you sent was half-done: it was either kept whole or not at all. Try again later.",
            ),
            _ => (
                "That did not work",
                "The request could not be understood. Go back and try again.",
            ),
        };
        Self {
            heading,
            message: message.to_owned(),
        }
    }
}

async fn error_page(
    request: &actix_web::HttpRequest,
    status: StatusCode,
    told: &Told,
) -> Result<HttpResponse, AppError> {
    let app = app_of(request)?;
    let session = session_of(&app, request).await?;
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .filter(|_| status.is_server_error())
        .map(ToString::to_string);
    View::for_session(&app, request, &session, told.heading)
        .status(status)
        .with("message", &told.message)
        .with("request_id", request_id)
        .render("pages/error.html")
}

/// The sign-in page that comes back to `next`.
fn sign_in_address(next: &str) -> String {
    if next == "/" {
        "/sign-in".to_owned()
    } else {
        format!("/sign-in?next={next}")
    }
}
