//! Pages: signing in and out.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDateTime;
use serde::Deserialize;
use serde_json::json;

use super::tries::{attempt, hashing, wait};
use crate::access::session::new_token;
use crate::access::{needs, session};
use crate::accounts::{AccountError, SignIn, password};
use crate::app::App;
use crate::audit::{self, Action};
use crate::db;
use crate::error::{AppError, internal};
use crate::web::{Allowed, FormData, Submitted, View, cookies, redirect, redirect_with};

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct NextPage {
    next: Option<String>,
}

/// The sign-in form.
pub async fn sign_in_page(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<NextPage>,
) -> Result<HttpResponse, AppError> {
    if allowed.role().is_some() {
        return Ok(redirect("/"));
    }
    let form = FormData::filled([("next", own_path(query.next.as_deref()).to_owned())]);
    sign_in_view(&allowed, &app, &request, &form)
}

/// Signs somebody in.
pub async fn sign_in(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let email = form.required("email", "Enter your email address");
    let typed = form.required("password", "Enter your password");
    if !form.is_valid() {
        return sign_in_view(&allowed, &app, &request, &form);
    }
    let attempt = attempt(&app, &request, &email)?;
    let (for_query, now) = (attempt.clone(), app.clock.now());
    let (waits, row) = app
        .db
        .read(move |tx| -> Result<_, db::Error> {
            let waits = for_query.waits_until(tx, now)?;
            Ok((waits, crate::accounts::account_by_email(tx, &email)?))
        })
        .await?;
    // Nobody's password is looked at while they have to wait: waiting would not slow down guessing otherwise.
    if let Some(until) = waits {
        return wait_view(&allowed, &app, &request, form, until);
    }
    let hash = row.as_ref().and_then(|row| row.password_hash.clone());
    let right = hashing(&app, move || password::fits(&typed, hash.as_deref())).await?;
    let token = new_token().map_err(|_| internal(AccountError::NoRandomness))?;
    let (for_table, limits) = (token.clone(), app.session_limits());
    let outcome = app
        .db
        .write(move |tx| {
            let row = row.as_ref();
            crate::accounts::sign_in(tx, &attempt, row, right, &for_table, (now, limits))
        })
        .await?;
    match outcome {
        SignIn::Begun => {
            let mut response = redirect(own_path(Some(form.text("next"))));
            response
                .add_cookie(&cookies::login_cookie(&app, &token))
                .map_err(internal)?;
            Ok(response)
        }
        SignIn::Refused => {
            form.error("email", AccountError::Refused.to_string());
            sign_in_view(&allowed, &app, &request, &form)
        }
        SignIn::Waits(until) => wait_view(&allowed, &app, &request, form, until),
    }
}

/// The form with how long to wait; the same for every address, and for a right password, which is not looked at.
fn wait_view(
    allowed: &Allowed<needs::Public>,
    app: &App,
    request: &HttpRequest,
    mut form: FormData,
    until: NaiveDateTime,
) -> Result<HttpResponse, AppError> {
    let (words, seconds) = wait(until, app.clock.now());
    form.error(
        "email",
        format!(
            "Too many wrong passwords for this email address came from your network. Wait {words} and sign in again. Until then you cannot sign in from here, even with the right password. You can sign in from another network."
        ),
    );
    let mut response = View::new(app, request, allowed, "Sign in")
        .form(&form)
        .status(StatusCode::TOO_MANY_REQUESTS)
        .render("pages/accounts/sign_in.html")?;
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    Ok(response)
}

fn sign_in_view(
    allowed: &Allowed<needs::Public>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    View::new(app, request, allowed, "Sign in")
        .form(form)
        .render("pages/accounts/sign_in.html")
}

/// Only paths of our own: a link to the sign-in page must not lead elsewhere afterwards.
fn own_path(next: Option<&str>) -> &str {
    // Browsers leave tabs and line breaks out of an address: "/\t/evil.example" is another site's.
    let is_ours = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(|letter: char| letter == '\\' || letter.is_control())
    };
    next.filter(is_ours).unwrap_or("/")
}

/// Ends the session.
pub async fn sign_out(
    allowed: Allowed<needs::SignedIn>,
    app: web::Data<App>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (login, actor, now) = (
        allowed.session().login,
        allowed.actor().clone(),
        app.clock.now(),
    );
    app.db
        .write(move |tx| -> Result<(), db::Error> {
            if let Some(login) = login {
                session::end(tx, login, now)?;
                audit::event(
                    tx,
                    &actor,
                    now,
                    Action::AccountSignedOut,
                    &format!("login:{login}"),
                    &json!({}),
                )?;
            }
            Ok(())
        })
        .await?;
    let mut response = redirect_with("/sign-in", "information", "You are signed out");
    response
        .add_cookie(&cookies::forget_login_cookie(&app))
        .map_err(internal)?;
    // The pages shown before must not come back with the back button.
    response.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        actix_web::http::header::HeaderValue::from_static("\"cache\""),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "",
        ] {
            assert_eq!(own_path(Some(elsewhere)), "/");
        }
        assert_eq!(own_path(Some("/letters")), "/letters");
    }
}
