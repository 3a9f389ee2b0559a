//! Pages: sign in, sign out, set a password, and the accounts.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::{AccountError, NewAccount, SignIn, password};
use crate::access::session::new_token;
use crate::access::{Role, needs, session};
use crate::app::App;
use crate::audit;
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
    let row = app
        .db
        .read(move |tx| super::account_by_email(tx, &email))
        .await?;
    let hash = row.as_ref().and_then(|row| row.password_hash.clone());
    let right = hashing(&app, move || password::fits(&typed, hash.as_deref())).await?;
    let token = new_token().map_err(|_| internal(AccountError::NoRandomness))?;
    let (for_table, now, limits) = (token.clone(), app.clock.now(), app.session_limits());
    let outcome = app
        .db
        .write(move |tx| super::sign_in(tx, row.as_ref(), right, &for_table, now, limits))
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
    }
}

/// Works on a password on a thread of its own, a few at a time.
async fn hashing<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    let _turn = app.hashing.acquire().await.map_err(internal)?;
    db::blocking(move || Ok::<_, AppError>(work())).await
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
                    "account.signed_out",
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
        .read(move |tx| super::link_works(tx, &for_query, now))
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
                .write(move |tx| super::use_link(tx, &token, &hash, now))
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
            .read(move |tx| super::account_by_id(tx, id))
            .await?
            .ok_or(AppError::NotFound)?;
        let stored = row.password_hash;
        let right = hashing(&app, move || password::fits(&current, stored.as_deref())).await?;
        if !right {
            form.error("current", "This is not your current password");
            let (actor, now) = (allowed.actor().clone(), app.clock.now());
            app.db
                .write(move |tx| super::wrong_current_password(tx, &actor, id, now))
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
                        super::set_password(tx, id, &hash, now)?;
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

/// Every account.
pub async fn list(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let rows = app.db.read(super::accounts).await?;
    let now = app.clock.now();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.id,
                "email": row.email,
                "name": row.name,
                "role": role_label(&row.role),
                "state": if row.locked_until.is_some_and(|until| until > now) { "locked" } else { &row.state },
            })
        })
        .collect();
    View::new(&app, &request, &allowed, "Accounts")
        .with("accounts", rows)
        .render("pages/accounts/list.html")
}

/// The form for a new account.
pub async fn add_page(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    account_view(&allowed, &app, &request, &FormData::default(), None)
}

/// Makes an account and shows the link that sets its password.
pub async fn add(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let Some(new) = read_account(&mut form) else {
        return account_view(&allowed, &app, &request, &form, None);
    };
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    let made = app
        .db
        .write(move |tx| -> Result<String, AccountError> {
            let id = super::add_account(tx, &new, now)?;
            let detail = json!({"role": new.role.code()});
            audit::event(
                tx,
                &actor,
                now,
                "account.added",
                &format!("account:{id}"),
                &detail,
            )?;
            super::password_link(tx, &actor, id, now)
        })
        .await;
    match made {
        Ok(token) => link_view(&allowed, &app, &request, &token),
        Err(AccountError::Database(error)) => Err(error.into()),
        Err(error) => {
            let field = if matches!(error, AccountError::Taken) {
                "email"
            } else {
                "schools"
            };
            form.error(field, capitalised(&error.to_string()));
            account_view(&allowed, &app, &request, &form, None)
        }
    }
}

/// The form for an account that exists.
pub async fn edit_page(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let (row, schools, authorities) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let row = super::account_by_id(tx, id)?.ok_or(AppError::NotFound)?;
            let (schools, authorities) = super::assignments_of(tx, id)?;
            Ok((row, schools, authorities))
        })
        .await?;
    let schools: Vec<String> = schools.iter().map(ToString::to_string).collect();
    let form = FormData::filled([
        ("email", row.email.clone()),
        ("name", row.name.clone()),
        ("role", row.role.clone()),
        ("schools", schools.join(" ")),
        ("authorities", authorities.join(" ")),
    ]);
    account_view(&allowed, &app, &request, &form, Some(&row))
}

/// Changes an account, disables or enables it, or makes a new link: the button pressed says which.
pub async fn edit(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let (id, actor, now) = (id.into_inner(), allowed.actor().clone(), app.clock.now());
    let row = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            super::account_by_id(tx, id)?.ok_or(AppError::NotFound)
        })
        .await?;
    let subject = format!("account:{id}");
    match form.text("action") {
        "link" if row.state == "disabled" => {
            form.error("", "Enable the account first: a link would open it again");
            account_view(&allowed, &app, &request, &form, Some(&row))
        }
        "link" => {
            let token = app
                .db
                .write(move |tx| super::password_link(tx, &actor, id, now))
                .await
                .map_err(internal)?;
            link_view(&allowed, &app, &request, &token)
        }
        "disable" if actor.id == Some(id) => {
            form.error("", "You cannot disable your own account");
            account_view(&allowed, &app, &request, &form, Some(&row))
        }
        action @ ("disable" | "enable") => {
            let state = match (action, row.password_hash.is_some()) {
                ("disable", _) => "disabled",
                (_, true) => "active",
                (_, false) => "invited",
            };
            app.db
                .write(move |tx| -> Result<(), db::Error> {
                    super::set_state(tx, id, state, now)?;
                    audit::event(
                        tx,
                        &actor,
                        now,
                        "account.state_changed",
                        &subject,
                        &json!({"state": state}),
                    )
                })
                .await?;
            Ok(redirect_with(
                "/accounts",
                "success",
                "The account was changed",
            ))
        }
        _ => {
            let Some(new) = read_account(&mut form) else {
                return account_view(&allowed, &app, &request, &form, Some(&row));
            };
            let changed = app
                .db
                .write(move |tx| -> Result<(), AccountError> {
                    super::change_account(tx, id, &new, now)?;
                    let detail = json!({"role": new.role.code()});
                    audit::event(tx, &actor, now, "account.changed", &subject, &detail)?;
                    Ok(())
                })
                .await;
            match changed {
                Ok(()) => Ok(redirect_with(
                    "/accounts",
                    "success",
                    "The account was changed",
                )),
                Err(AccountError::Database(error)) => Err(error.into()),
                Err(error) => {
                    form.error("schools", capitalised(&error.to_string()));
                    account_view(&allowed, &app, &request, &form, Some(&row))
                }
            }
        }
    }
}

fn read_account(form: &mut FormData) -> Option<NewAccount> {
    let email = form.required("email", "Enter an email address");
    if !email.is_empty() && email.parse::<lettre::Address>().is_err() {
        form.error(
            "email",
            "Enter an email address in the form name@example.org",
        );
    }
    let name = form.required("name", "Enter the person’s name");
    let role = form.parsed::<Role>("role", "Choose a role");
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| letter.is_whitespace() || letter == ',')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let schools: Result<Vec<i32>, _> = words(form.text("schools"))
        .iter()
        .map(|word| word.parse())
        .collect();
    if schools.is_err() {
        form.error(
            "schools",
            "Enter URNs: six digits each, with a space between",
        );
    }
    let authorities = words(form.text("authorities"));
    if !form.is_valid() {
        return None;
    }
    Some(NewAccount {
        email,
        name,
        role: role?,
        schools: schools.ok()?,
        authorities,
    })
}

fn account_view(
    allowed: &Allowed<needs::ManageAccounts>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
    row: Option<&super::AccountRow>,
) -> Result<HttpResponse, AppError> {
    let roles: Vec<_> = Role::ALL
        .iter()
        .map(|role| json!({"value": role.code(), "text": role.label()}))
        .collect();
    View::new(
        app,
        request,
        allowed,
        if row.is_some() {
            "Change an account"
        } else {
            "Add an account"
        },
    )
    .with("roles", roles)
    .with("account", row)
    .form(form)
    .render("pages/accounts/account.html")
}

fn link_view(
    allowed: &Allowed<needs::ManageAccounts>,
    app: &App,
    request: &HttpRequest,
    token: &str,
) -> Result<HttpResponse, AppError> {
    View::new(app, request, allowed, "Give this link to the person")
        .with(
            "link",
            format!("{}/set-password/{token}", app.config.web.public_url),
        )
        .with("hours", super::LINK_HOURS)
        .render("pages/accounts/link.html")
}

fn role_label(code: &str) -> &str {
    match code.parse::<Role>() {
        Ok(role) => role.label(),
        Err(_) => code,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
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
