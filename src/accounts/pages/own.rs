//! Pages: one's own account and its password, also by a link.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::mistakes::own_mistake;
use super::tries::{attempt, hashing};
use crate::access::needs;
use crate::accounts::password::{self, PasswordError};
use crate::accounts::{self, AccountError, AccountRow};
use crate::app::App;
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
    let owner = app
        .db
        .read(move |tx| accounts::link_owner(tx, &token, now))
        .await?;
    link_view(
        &allowed,
        &app,
        &request,
        owner.is_some(),
        &FormData::default(),
    )
}

/// Sets a password through a link. The link is looked at first: hashing is for those who hold one.
pub async fn set_password(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let (token, now) = (token.into_inner(), app.clock.now());
    let for_query = token.clone();
    let owner = app
        .db
        .read(move |tx| accounts::link_owner(tx, &for_query, now))
        .await?;
    let Some(owner) = owner else {
        return link_view(&allowed, &app, &request, false, &FormData::default());
    };
    let typed = form.required("password", "Enter a password");
    if !form.is_valid() {
        return link_view(&allowed, &app, &request, true, &form);
    }
    let hashed = hash_for(&app, typed, owner).await?;
    let outcome = match hashed {
        Err(error) => Err(AccountError::from(error)),
        Ok(hash) => {
            let for_work = app.clone();
            app.db
                .write(move |tx| {
                    let keyring = for_work.identities.keyring();
                    accounts::use_link(tx, keyring, &token, &hash, now)
                })
                .await
        }
    };
    match outcome {
        Ok(()) => Ok(redirect_with(
            "/sign-in",
            "success",
            "Your password is set. Sign in with it.",
        )),
        Err(error) => {
            let error = own_mistake(error)?;
            let works = !matches!(error, AccountError::Link);
            form.error("password", error.to_string());
            link_view(&allowed, &app, &request, works, &form)
        }
    }
}

/// The hash of a new password of `owner`.
async fn hash_for(
    app: &App,
    typed: String,
    owner: AccountRow,
) -> Result<Result<String, PasswordError>, AppError> {
    hashing(app, move || {
        let owner = password::Owner {
            email: &owner.email,
            name: &owner.name,
        };
        password::hash(&typed, owner)
    })
    .await
}

fn link_view(
    allowed: &Allowed<needs::Public>,
    app: &App,
    request: &HttpRequest,
    works: bool,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let view = View::new(app, request, allowed, "Set your password")
        .with("works", works)
        .with("fewest", password::FEWEST)
        .form(form);
    let view = if works {
        view
    } else {
        view.status(StatusCode::GONE)
    };
    view.render("pages/accounts/set_password.html")
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
    let row = app
        .db
        .read(move |tx| accounts::account_by_id(tx, id))
        .await?
        .ok_or(AppError::NotFound)?;
    if form.is_valid() && !is_current(&allowed, &app, &request, &row, current).await? {
        form.error("current", "This is not your current password");
    }
    if !form.is_valid() {
        return own_view(&allowed, &app, &request, &form);
    }
    match hash_for(&app, typed, row).await? {
        Err(error) => {
            form.error("password", error.to_string());
            own_view(&allowed, &app, &request, &form)
        }
        Ok(hash) => {
            let login = allowed.session().login;
            allowed
                .write(&app, move |work| {
                    accounts::change_own_password(work, id, login, &hash)
                })
                .await?;
            Ok(redirect_with(
                "/account",
                "success",
                "Your password was changed",
            ))
        }
    }
}

/// Whether the current password was typed right; a wrong one is counted.
async fn is_current(
    allowed: &Allowed<needs::SignedIn>,
    app: &App,
    request: &HttpRequest,
    row: &AccountRow,
    typed: String,
) -> Result<bool, AppError> {
    let stored = row.password_hash.clone();
    let right = hashing(app, move || password::fits(&typed, stored.as_deref())).await?;
    if !right {
        let attempt = attempt(app, request, &row.email)?;
        let id = row.id;
        allowed
            .write(app, move |work| {
                accounts::wrong_current_password(work, &attempt, id)
            })
            .await?;
    }
    Ok(right)
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
