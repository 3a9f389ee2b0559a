//! Pages: one's own account and its password, also by a link.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::hashing;
use crate::access::{needs, session};
use crate::accounts::{AccountError, password};
use crate::app::App;
use crate::audit;
use crate::db;
use crate::error::AppError;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// The form behind a link that sets a password.
pub async fn set_password_page(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let (token, now) = (token.into_inner(), app.clock.now());
    let for_query = token.clone();
    let works = app
        .db
        .read(move |tx| crate::accounts::link_works(tx, &for_query, now))
        .await?;
    View::new(&app, &request, &allowed, "Set your password")
        .with("works", works)
        .with("fewest", password::FEWEST)
        .form(&FormData::default())
        .render("pages/accounts/set_password.html")
}

/// Sets a password through a link.
pub async fn set_password(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let typed = form.required("password", "Enter a password");
    let hashed = hashing(&app, move || password::hash(&typed)).await?;
    let outcome = match hashed {
        Err(error) => Err(AccountError::from(error)),
        Ok(hash) => {
            let now = app.clock.now();
            app.db
                .write(move |tx| crate::accounts::use_link(tx, &token, &hash, now))
                .await
        }
    };
    match outcome {
        Ok(()) => Ok(redirect_with(
            "/sign-in",
            "success",
            "Your password is set. Sign in with it.",
        )),
        Err(AccountError::Database(error)) => Err(error.into()),
        Err(error) => {
            if form.is_valid() {
                form.error("password", error.to_string());
            }
            View::new(&app, &request, &allowed, "Set your password")
                .with("works", true)
                .with("fewest", password::FEWEST)
                .form(&form)
                .render("pages/accounts/set_password.html")
        }
    }
}

/// One's own account.
pub async fn own_page(
    allowed: Allowed<needs::SignedIn>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    own_view(&allowed, &app, &request, &FormData::default())
}

/// Changes one's own password; every other session of the account ends.
pub async fn change_password(
    allowed: Allowed<needs::SignedIn>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let current = form.required("current", "Enter your current password");
    let typed = form.required("password", "Enter a new password");
    let id = allowed.actor().id.ok_or(AppError::NotFound)?;
    if form.is_valid() {
        let row = app
            .db
            .read(move |tx| crate::accounts::account_by_id(tx, id))
            .await?
            .ok_or(AppError::NotFound)?;
        let stored = row.password_hash;
        let right = hashing(&app, move || password::fits(&current, stored.as_deref())).await?;
        if !right {
            form.error("current", "This is not your current password");
            let (actor, now) = (allowed.actor().clone(), app.clock.now());
            app.db
                .write(move |tx| crate::accounts::wrong_current_password(tx, &actor, id, now))
                .await?;
        }
    }
    if form.is_valid() {
        let hashed = hashing(&app, move || password::hash(&typed)).await?;
        match hashed {
            Err(error) => form.error("password", error.to_string()),
            Ok(hash) => {
                let (actor, login, now) = (
                    allowed.actor().clone(),
                    allowed.session().login,
                    app.clock.now(),
                );
                app.db
                    .write(move |tx| -> Result<(), db::Error> {
                        crate::accounts::set_password(tx, id, &hash, now)?;
                        session::end_all(tx, id, login, now)?;
                        audit::event(
                            tx,
                            &actor,
                            now,
                            "account.password_set",
                            &format!("account:{id}"),
                            &json!({}),
                        )
                    })
                    .await?;
                return Ok(redirect_with(
                    "/account",
                    "success",
                    "Your password was changed",
                ));
            }
        }
    }
    own_view(&allowed, &app, &request, &form)
}

fn own_view(
    allowed: &Allowed<needs::SignedIn>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let schools = match allowed.scope().urns() {
        None => "All".to_owned(),
        Some(urns) if urns.is_empty() => "None".to_owned(),
        Some(urns) => urns
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    View::new(app, request, allowed, "Your account")
        .with("email", &allowed.session().email)
        .with("schools", schools)
        .with("fewest", password::FEWEST)
        .form(form)
        .render("pages/accounts/own.html")
}
