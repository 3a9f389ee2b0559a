//! Pages: signing in and out, one's own password, and the administration of accounts.

mod approvals;
mod manage;
mod own;
mod sign_in;

pub use approvals::{approval_page, approvals, decide};
pub use manage::{add, add_page, edit, edit_page, list};
pub use own::{change_password, own_page, set_password, set_password_page};
pub use sign_in::{sign_in, sign_in_page, sign_out};

use actix_web::HttpRequest;
use chrono::NaiveDateTime;

use super::{AccountError, Attempt, NewAccount};
use crate::access::Role;
use crate::accounts::Hashing;
use crate::app::App;
use crate::db;
use crate::error::{AppError, bad_request, internal};
use crate::web::client;

/// Works on a password on a thread of its own, when its turn comes.
async fn hashing<T: Send + 'static>(
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
fn attempt(app: &App, request: &HttpRequest, email: &str) -> Result<Attempt, AppError> {
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
fn wait(until: NaiveDateTime, now: NaiveDateTime) -> (String, i64) {
    let seconds = (until - now).num_seconds().max(1);
    let words = match seconds {
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60 => "1 minute".to_owned(),
        _ => format!("{} minutes", (seconds + 59) / 60),
    };
    (words, seconds)
}

/// The error of a page when it is not the visitor's mistake, else the error itself.
fn own_mistake(error: AccountError) -> Result<AccountError, AppError> {
    match error {
        AccountError::Database(error) => Err(error.into()),
        AccountError::Keyring(error) => Err(internal(error)),
        AccountError::Email(error) => Err(AppError::Internal(error)),
        AccountError::NoRandomness => Err(internal(error)),
        AccountError::Unknown => Err(AppError::NotFound),
        error => Ok(error),
    }
}

impl From<AccountError> for AppError {
    fn from(error: AccountError) -> Self {
        own_mistake(error).map_or_else(|page| page, bad_request)
    }
}

/// An account in words, for a page.
#[derive(serde::Serialize)]
struct Described {
    name: String,
    email: String,
    role: &'static str,
    scope: String,
}

impl Described {
    fn of(account: &NewAccount) -> Self {
        let schools: Vec<String> = account.schools.iter().map(ToString::to_string).collect();
        let mut parts = Vec::new();
        if account.role.sees_every_school() {
            parts.push("All schools".to_owned());
        }
        if !schools.is_empty() {
            parts.push(format!("Schools {}", schools.join(", ")));
        }
        if !account.authorities.is_empty() {
            parts.push(format!(
                "Local authorities {}",
                account.authorities.join(", ")
            ));
        }
        Self {
            name: account.name.clone(),
            email: account.email.clone(),
            role: account.role.label(),
            scope: if parts.is_empty() {
                "None".to_owned()
            } else {
                parts.join("; ")
            },
        }
    }
}

fn role_label(code: &str) -> &str {
    match code.parse::<Role>() {
        Ok(role) => role.label(),
        Err(_) => code,
    }
}
