//! Forms on their way in: what was typed, and what is wrong with it.
//!
//! Everything typed is kept, so that a page with errors shows it again. Every form of somebody signed in carries the
//! token of its session; the extractors here refuse one that does not.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::UrlencodedError;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::allowed::app_of;
use super::cookies;
use crate::access::Session;
use crate::app::App;
use crate::error::{AppError, bad_request, internal};
use crate::form::FormData;
use crate::identity::hex;

/// Forms larger than this are not ours.
pub const MOST_BYTES: usize = 512 * 1024;

/// A form sent as `application/x-www-form-urlencoded` with a valid token.
#[derive(Debug)]
pub struct Submitted(pub FormData);

impl FromRequest for Submitted {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = web::Form::<Vec<(String, String)>>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let deadline = app_of(&request)?.config.web.form_deadline;
            let form = tokio::time::timeout(deadline, form)
                .await
                .map_err(|_| AppError::TooSlow)?;
            let pairs = form.map_err(|error| match error.as_error() {
                Some(UrlencodedError::Overflow { .. }) => too_large(),
                _ => bad_request("The form could not be read. Go back and try again."),
            })?;
            let mut form = FormData::of_pairs(pairs.into_inner())?;
            check_token(&request, form.text("csrf"))?;
            form.sent_to(request.path(), &[]);
            Ok(Self(form))
        })
    }
}

/// What a form larger than [`MOST_BYTES`] is answered.
pub(super) fn too_large() -> AppError {
    bad_request("The form is larger than any of ours. Nothing was changed. Go back and try again.")
}

/// Refuses a form of somebody signed in without the session's token. Who is signed in is known by now: the permission
/// was checked first. The cookie alone does not tell, because it outlives a session that has ended.
pub fn check_token(request: &HttpRequest, given: &str) -> Result<(), AppError> {
    let app = app_of(request)?;
    let expected = session_token(&app, request)?;
    if expected.is_empty() || bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
        Ok(())
    } else {
        Err(AppError::Conflict(
            "This form is out of date: you may have signed in again since it was opened. Nothing was changed. Go back, reload the page and try again.".to_owned(),
        ))
    }
}

/// The token that forms carry in the session of a request; empty where nobody is signed in.
pub fn session_token(app: &App, request: &HttpRequest) -> Result<String, AppError> {
    let is_signed_in = request
        .extensions()
        .get::<Session>()
        .is_some_and(|session| session.login.is_some());
    match cookies::login_token(app, request) {
        Some(token) if is_signed_in => form_token(&token),
        _ => Ok(String::new()),
    }
}

/// The token that forms of this login carry. It is derived from the login's own token, which only the browser knows:
/// the database holds a hash of that one, from which this one cannot be derived.
pub fn form_token(login_token: &str) -> Result<String, AppError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(login_token.as_bytes()).map_err(internal)?;
    mac.update(b"stature form");
    Ok(hex(&mac.finalize().into_bytes()))
}
