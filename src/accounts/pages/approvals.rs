//! Pages: what a programme administrator must approve before somebody sees children.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDateTime;
use serde::Serialize;

use super::described::Described;
use super::mistakes::own_mistake;
use crate::access::needs;
use crate::accounts::Office;
use crate::accounts::change::{self, Changed};
use crate::accounts::{self, AccountError, NewAccount, Waiting};
use crate::app::App;
use crate::error::{AppError, conflict};
use crate::outbox::SENDING_JOB;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// A row of the list.
#[derive(Serialize)]
struct Row {
    id: i64,
    wanted: Described,
    is_new: bool,
    asked_by: String,
    asked_at: NaiveDateTime,
}

/// What waits.
pub async fn approvals(
    allowed: Allowed<needs::ApproveAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let rows: Vec<Row> = app
        .db
        .read(accounts::waiting)
        .await?
        .into_iter()
        .map(|waiting| Row {
            id: waiting.account,
            wanted: Described::of(&waiting.wanted),
            is_new: waiting.is_new,
            asked_by: waiting.asked_by,
            asked_at: waiting.asked_at,
        })
        .collect();
    View::new(&app, &request, &allowed, "Accounts to approve")
        .with("rows", rows)
        .render("pages/accounts/approvals.html")
}

/// One of them, beside what is in force now.
pub async fn approval_page(
    allowed: Allowed<needs::ApproveAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    view(&allowed, &app, &request, *id, &FormData::default()).await
}

/// Approves or refuses: the button pressed says which.
pub async fn decide(
    allowed: Allowed<needs::ApproveAccounts>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let id = id.into_inner();
    let approves = form.text("action") == "approve";
    let seen = form
        .text("seen")
        .parse::<i64>()
        .ok()
        .and_then(chrono::DateTime::from_timestamp_micros)
        .map(|at| at.naive_utc())
        .ok_or_else(|| conflict(AccountError::ApprovalChanged))?;
    let (for_work, actor, now) = (app.clone(), allowed.actor().clone(), app.clock.now());
    let decided = app
        .db
        .write(move |tx| {
            let office = Office {
                app: &for_work,
                actor: &actor,
                now,
            };
            if approves {
                office.approve(tx, id, seen)
            } else {
                office.refuse(tx, id, seen).map(|()| Changed::Nothing)
            }
        })
        .await;
    match decided {
        Ok(changed) => {
            app.wanted.add(SENDING_JOB);
            let words = match (approves, changed) {
                (false, _) => "Refused. Nothing about the account was changed",
                (true, Changed::DoneAndMailed) => {
                    "Approved. The person gets an email with a link to set a password"
                }
                (true, _) => "Approved",
            };
            Ok(redirect_with("/approvals", "success", words))
        }
        Err(error) => match own_mistake(error)? {
            error @ AccountError::ApprovalChanged => Err(conflict(error)),
            error => {
                form.error("", error.to_string());
                view(&allowed, &app, &request, id, &form).await
            }
        },
    }
}

async fn view(
    allowed: &Allowed<needs::ApproveAccounts>,
    app: &App,
    request: &HttpRequest,
    id: i64,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let (waiting, state, before) = app
        .db
        .read(
            move |tx| -> Result<(Waiting, String, NewAccount), AppError> {
                let waiting = accounts::waiting_for(tx, id)?.ok_or(AppError::NotFound)?;
                let (row, before) = change::load(tx, id)?;
                Ok((waiting, row.state, before))
            },
        )
        .await?;
    View::new(app, request, allowed, "Decide on an account")
        .with("wanted", Described::of(&waiting.wanted))
        .with("before", (!waiting.is_new).then(|| Described::of(&before)))
        .with("is_disabled", !waiting.is_new && state == "disabled")
        .with("asked_by", &waiting.asked_by)
        .with("asked_at", waiting.asked_at)
        .with("seen", waiting.asked_at.and_utc().timestamp_micros())
        .form(form)
        .render("pages/accounts/approval.html")
}
