//! Passwords that a page is given: hashing in turn, and tries that have to wait.

use actix_web::HttpRequest;
use chrono::NaiveDateTime;

use crate::accounts::hashing::Hashing;
use crate::accounts::slow::Attempt;
use crate::app::App;
use crate::db;
use crate::error::{AppError, internal};
use crate::web::client;

/// Works on a password on a thread of its own, when its turn comes.
pub(super) async fn hashing<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    let hashing = app.part::<Hashing>();
    let _turn = hashing.turn().await.ok_or_else(|| {
        AppError::Busy(
            "Very many people are signing in just now. Wait half a minute and try again."
                .to_owned(),
        )
    })?;
    db::blocking(move || Ok::<_, AppError>(work())).await
}

/// A try to sign in to the account of `email` by this request.
pub(super) fn attempt(app: &App, request: &HttpRequest, email: &str) -> Result<Attempt, AppError> {
    let address = client::address(request, &app.config.web.trusted_proxies);
    Attempt::new(
        app.identities.keyring(),
        email,
        client::network(address),
        address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
    )
    .map_err(internal)
}

/// How long to wait, in words, and in seconds.
pub(super) fn wait(until: NaiveDateTime, now: NaiveDateTime) -> (String, i64) {
    let seconds = (until - now).num_seconds().max(1);
    let words = match seconds {
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60 => "1 minute".to_owned(),
        _ => format!("{} minutes", (seconds + 59) / 60),
    };
    (words, seconds)
}
