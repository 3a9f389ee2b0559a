//! Errors as pages: one clear message each, in the same layout as everything else.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError};
use tracing_actix_web::RequestId;

use super::allowed::{app_of, session_of};
use super::view::{View, redirect};
use crate::access::Session;
use crate::error::{AppError, outage};

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy(_) | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
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
    let (error, whole_page) = match response.response().error() {
        Some(error) => (error.as_error::<AppError>(), false),
        // A page that was rendered with an error status (a form with mistakes) has a body of its own.
        None => (None, response.headers().contains_key("content-type")),
    };
    if whole_page {
        return Ok(response.map_into_left_body());
    }
    let told = Told::of_response(error, status);
    let (request, _) = response.into_parts();
    let mut page = error_page(&request, &told).await.unwrap_or_else(|_| {
        HttpResponse::build(told.status)
            .content_type("text/plain; charset=utf-8")
            .body(told.message.clone())
    });
    if let Some(seconds) = told.retry_after {
        page.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if told.status == StatusCode::REQUEST_TIMEOUT {
        // What of the body still arrives is not read.
        page.head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(ServiceResponse::new(request, page).map_into_right_body())
}

/// Seconds after which a browser or script may try again when the service cannot answer.
const RETRY_AFTER: i64 = 30;

struct Told {
    status: StatusCode,
    heading: &'static str,
    message: String,
    retry_after: Option<i64>,
}

impl Told {
    /// What a response with this error says. A fault that has a known cause outside the program says so.
    fn of_response(error: Option<&AppError>, status: StatusCode) -> Self {
        let Some(error) = error else {
            return Self::of_status(status);
        };
        let AppError::Internal(cause) = error else {
            return Self::of(error);
        };
        if let Some(message) = outage(cause) {
            return Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                heading: UNAVAILABLE,
                message,
                retry_after: Some(RETRY_AFTER),
            };
        }
        tracing::error!(error = format!("{cause:#}"), "a request failed");
        Self::of(error)
    }

    fn of(error: &AppError) -> Self {
        let status = error.status_code();
        let (heading, message) = match error {
            AppError::BadRequest(message) => ("That did not work", message.clone()),
            AppError::Conflict(message) => ("Something has changed", message.clone()),
            AppError::TooMany { message, .. } => ("Too many tries", message.clone()),
            AppError::Busy(message) => ("The service is busy", message.clone()),
            AppError::Unavailable(message) => (UNAVAILABLE, message.clone()),
            AppError::TooSlow => (
                "That took too long",
                "The form did not arrive in time. Nothing was changed. Check your connection and try again.".to_owned(),
            ),
            AppError::CrossSite => (
                "This form came from another website",
                "Forms are taken from the pages of this service only. Nothing was changed. Open the page here and fill in the form again.".to_owned(),
            ),
            AppError::NotFound
            | AppError::SignInFirst { .. }
            | AppError::Forbidden
            | AppError::Internal(_) => return Self::of_status(status),
        };
        let retry_after = match error {
            AppError::TooMany { seconds, .. } => Some(*seconds),
            AppError::Busy(_) | AppError::Unavailable(_) => Some(RETRY_AFTER),
            _ => None,
        };
        Self {
            status,
            heading,
            message,
            retry_after,
        }
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
            status,
            heading,
            message: message.to_owned(),
            retry_after: None,
        }
    }
}

/// The heading of a page that cannot be shown because something that the service needs is out of order.
const UNAVAILABLE: &str = "The service cannot do this just now";

async fn error_page(
    request: &actix_web::HttpRequest,
    told: &Told,
) -> Result<HttpResponse, AppError> {
    let app = app_of(request)?;
    let status = told.status;
    let session = if status == StatusCode::SERVICE_UNAVAILABLE {
        // Who is signed in stands in the database, which may be what cannot be reached: not waited for again.
        Session::anonymous()
    } else {
        session_of(&app, request).await?
    };
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
