//! Pages: the accounts, for those who administer them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Role, needs};
use crate::accounts::{AccountError, NewAccount};
use crate::app::App;
use crate::audit;
use crate::db;
use crate::error::{AppError, internal};
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// Which accounts to list.
#[derive(Deserialize)]
pub struct ListQuery {
    /// `locked` for those alone; all when empty.
    #[serde(default)]
    state: String,
}

/// Every account, or those that are locked.
pub async fn list(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, AppError> {
    let rows = app.db.read(crate::accounts::accounts).await?;
    let now = app.clock.now();
    let only_locked = query.state == "locked";
    let rows: Vec<_> = rows
        .iter()
        .filter(|row| !only_locked || row.is_locked(now))
        .map(|row| {
            json!({
                "id": row.id,
                "email": row.email,
                "name": row.name,
                "role": role_label(&row.role),
                "state": if row.is_locked(now) { "locked" } else { &row.state },
            })
        })
        .collect();
    View::new(&app, &request, &allowed, "Accounts")
        .with("accounts", rows)
        .with("only_locked", only_locked)
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
            let id = crate::accounts::add_account(tx, &new, now)?;
            let detail = json!({"role": new.role.code()});
            audit::event(
                tx,
                &actor,
                now,
                "account.added",
                &format!("account:{id}"),
                &detail,
            )?;
            crate::accounts::password_link(tx, &actor, id, now)
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
            let row = crate::accounts::account_by_id(tx, id)?.ok_or(AppError::NotFound)?;
            let (schools, authorities) = crate::accounts::assignments_of(tx, id)?;
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
            crate::accounts::account_by_id(tx, id)?.ok_or(AppError::NotFound)
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
                .write(move |tx| crate::accounts::password_link(tx, &actor, id, now))
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
                    crate::accounts::set_state(tx, id, state, now)?;
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
                    crate::accounts::change_account(tx, id, &new, now)?;
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
    row: Option<&crate::accounts::AccountRow>,
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
        .with("hours", crate::accounts::LINK_HOURS)
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
