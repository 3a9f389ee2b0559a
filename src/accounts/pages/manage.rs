//! Pages: the accounts, for those who administer them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::described::{Described, role_label};
use super::mistakes::own_mistake;
use crate::access::{Role, needs};
use crate::accounts::Office;
use crate::accounts::change::{self, Changed};
use crate::accounts::{self, AccountError, AccountRow, NewAccount, Waiting};
use crate::app::App;
use crate::error::AppError;
use crate::outbox::SENDING_JOB;
use crate::web::{Allowed, Answer, FormData, Submitted, View, chosen, once};
use programme::{read_name, text::capitalised};

/// A row of the list.
#[derive(Serialize)]
struct Row {
    id: i64,
    email: String,
    name: String,
    role: String,
    states: Vec<String>,
}

/// Which accounts to list.
#[derive(Deserialize)]
pub struct ListQuery {
    /// `slowed` for those alone; all when empty.
    #[serde(default)]
    state: String,
}

/// Every account, or those slowed after wrong passwords.
pub async fn list(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, AppError> {
    let slowed = |code: &str| (code == "slowed").then_some(());
    let only_slowed = chosen(Some(&query.state), slowed)?.is_some();
    let (for_work, now) = (app.clone(), app.clock.now());
    let rows = app
        .db
        .read(move |tx| -> Result<Vec<Row>, AppError> {
            let waiting = accounts::waiting(tx)?;
            let keyring = for_work.identities.keyring();
            let slowed = accounts::slowed_accounts(tx, keyring, now)?;
            Ok(accounts::accounts(tx)?
                .into_iter()
                .filter(|row| !only_slowed || slowed.contains(&row.id))
                .map(|row| Row {
                    states: states(&row, &waiting, slowed.contains(&row.id)),
                    role: role_label(&row.role).to_owned(),
                    id: row.id,
                    email: row.email,
                    name: row.name,
                })
                .collect())
        })
        .await?;
    View::new(&app, &request, &allowed, "Accounts")
        .with("accounts", rows)
        .with("only_slowed", only_slowed)
        .render("pages/accounts/list.html")
}

/// The states of an account, as tags.
fn states(row: &AccountRow, waiting: &[Waiting], is_slowed: bool) -> Vec<String> {
    let waits = waiting.iter().find(|waiting| waiting.account == row.id);
    let mut states = Vec::new();
    if waits.is_none_or(|waits| !waits.is_new) {
        states.push(row.state.clone());
    }
    if waits.is_some() {
        states.push("to_approve".to_owned());
    }
    if is_slowed {
        states.push("slowed".to_owned());
    }
    states
}

/// The form for a new account.
pub async fn add_page(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    account_view(&allowed, &app, &request, &FormData::default(), None)
}

/// Makes an account; the person is invited by email.
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
    let (for_work, actor, now) = (app.clone(), allowed.actor().clone(), app.clock.now());
    let submission = form.submission();
    let made = app
        .db
        .write(move |tx| {
            let office = Office {
                app: &for_work,
                actor: &actor,
                now,
            };
            once(tx, &submission, now, |tx| Ok(told(office.add(tx, &new)?)))
        })
        .await;
    match made {
        Ok(answer) => {
            app.wanted.add(SENDING_JOB);
            Ok(answer.respond())
        }
        Err(error) => {
            put_error(&mut form, &own_mistake(error)?);
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
    let shown = shown(&app, id.into_inner()).await?;
    let account = shown
        .waiting
        .as_ref()
        .map_or(&shown.account, |waiting| &waiting.wanted);
    let schools: Vec<String> = account.schools.iter().map(ToString::to_string).collect();
    let form = FormData::filled([
        ("email", account.email.clone()),
        ("name", account.name.clone()),
        ("role", account.role.code().to_owned()),
        ("schools", schools.join(" ")),
        ("authorities", account.authorities.join(" ")),
    ]);
    account_view(&allowed, &app, &request, &form, Some(&shown))
}

/// Changes an account, disables or enables it, or emails a new link: the button pressed says which.
pub async fn edit(
    allowed: Allowed<needs::ManageAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let id = id.into_inner();
    let action = form.text("action").to_owned();
    let wanted = if action.is_empty() {
        let Some(wanted) = read_account(&mut form) else {
            let shown = shown(&app, id).await?;
            return account_view(&allowed, &app, &request, &form, Some(&shown));
        };
        Some(wanted)
    } else {
        None
    };
    let (for_work, actor, now) = (app.clone(), allowed.actor().clone(), app.clock.now());
    let submission = form.submission();
    let changed = app
        .db
        .write(move |tx| {
            let office = Office {
                app: &for_work,
                actor: &actor,
                now,
            };
            once(tx, &submission, now, |tx| {
                let changed = match (action.as_str(), wanted) {
                    (_, Some(wanted)) => office.change(tx, id, &wanted)?,
                    ("link", _) => {
                        office.send_link(tx, id)?;
                        Changed::DoneAndMailed
                    }
                    ("disable", _) => {
                        office.disable(tx, id)?;
                        Changed::Done
                    }
                    ("enable", _) => office.enable(tx, id)?,
                    _ => Changed::Nothing,
                };
                Ok(told(changed))
            })
        })
        .await;
    match changed {
        Ok(answer) => {
            app.wanted.add(SENDING_JOB);
            Ok(answer.respond())
        }
        Err(error) => {
            put_error(&mut form, &own_mistake(error)?);
            let shown = shown(&app, id).await?;
            account_view(&allowed, &app, &request, &form, Some(&shown))
        }
    }
}

/// The list, with what became of a change.
fn told(changed: Changed) -> Answer {
    let (kind, words) = match changed {
        Changed::Done => ("success", "The account was changed"),
        Changed::DoneAndMailed => (
            "success",
            "Done. The person gets an email with a link to set a password",
        ),
        Changed::Waits => (
            "information",
            "Waiting for approval. The programme administrators were told by email",
        ),
        Changed::WaitsInVain => (
            "warning",
            "Waiting for approval, but there is no programme administrator who could give it. The first one is added on the server: stature user add EMAIL --role administrator",
        ),
        Changed::Nothing => (
            "information",
            "Nothing was different, so nothing was changed",
        ),
    };
    Answer::saying("/accounts", kind, words)
}

fn put_error(form: &mut FormData, error: &AccountError) {
    let field = match error {
        AccountError::Taken | AccountError::Address => "email",
        AccountError::Name(_) => "name",
        AccountError::Assignment(_) => "schools",
        AccountError::LastSystemAdministrator if form.text("action").is_empty() => "role",
        _ => "",
    };
    form.error(field, capitalised(&error.to_string()));
}

fn read_account(form: &mut FormData) -> Option<NewAccount> {
    let email = form.required("email", "Enter an email address");
    if !email.is_empty()
        && let Err(error) = accounts::check_address(&email)
    {
        put_error(form, &error);
    }
    form.one_line("name");
    let name = form.required("name", "Enter the person’s name");
    if !name.is_empty()
        && let Err(error) = read_name(&name)
    {
        put_error(form, &error.into());
    }
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

/// An account as its page shows it.
struct Shown {
    row: AccountRow,
    account: NewAccount,
    waiting: Option<Waiting>,
}

async fn shown(app: &App, id: i64) -> Result<Shown, AppError> {
    app.db
        .read(move |tx| -> Result<Shown, AppError> {
            let (row, account) = change::load(tx, id)?;
            Ok(Shown {
                row,
                account,
                waiting: accounts::waiting_for(tx, id)?,
            })
        })
        .await
}

fn account_view(
    allowed: &Allowed<needs::ManageAccounts>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
    shown: Option<&Shown>,
) -> Result<HttpResponse, AppError> {
    let roles: Vec<_> = Role::ALL
        .iter()
        .map(|role| json!({"value": role.code(), "text": role.label()}))
        .collect();
    let title = if shown.is_some() {
        "Change an account"
    } else {
        "Add an account"
    };
    let waiting = shown.and_then(|shown| shown.waiting.as_ref());
    View::new(app, request, allowed, title)
        .with("roles", roles)
        .with("account", shown.map(|shown| &shown.row))
        .with(
            "is_own",
            shown.is_some_and(|shown| allowed.actor().id == Some(shown.row.id)),
        )
        .with(
            "in_force",
            shown
                .filter(|_| waiting.is_some_and(|waiting| !waiting.is_new))
                .map(|shown| Described::of(&shown.account)),
        )
        .with("is_new", waiting.is_some_and(|waiting| waiting.is_new))
        .form(form)
        .render("pages/accounts/account.html")
}
