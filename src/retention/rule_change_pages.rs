//! Pages: proposing, confirming and withdrawing a change of a year's rule.

use actix_web::{HttpResponse, web};

use super::rule_change::{self, ChangeError, NewRule, Proposer};
use crate::access::needs;
use crate::app::App;
use crate::error::{AppError, bad_request, conflict, internal};
use crate::outbox::OutboxError;
use crate::records::year::YearError;
use crate::web::{Allowed, FormData, Submitted, redirect_with};

impl From<ChangeError> for AppError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Year(YearError::Unknown(_)) => Self::NotFound,
            ChangeError::Database(error) | ChangeError::Year(YearError::Database(error)) => {
                error.into()
            }
            ChangeError::Mail(OutboxError::Identity(error)) => error.into(),
            ChangeError::Mail(OutboxError::Database(error)) => error.into(),
            ChangeError::Mail(error) => internal(error),
            ChangeError::Internal(error) => internal(error),
            error => conflict(error),
        }
    }
}

/// Proposes a change.
pub async fn propose(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    label: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let (by, label) = (proposer(&allowed)?, label.into_inner());
    let rule = NewRule {
        retention_days: form
            .text("retention_days")
            .parse()
            .map_err(|_| bad_request("The number of days is missing. Go back and try again."))?,
        instrument: form.text("instrument").to_owned(),
    };
    let (parts, year) = (app.get_ref().clone(), label.clone());
    app.db
        .write(move |tx| rule_change::propose(tx, &parts, &by, &year, &rule))
        .await?;
    Ok(back_to(
        &label,
        "The change is proposed. A person with the other role confirms it; both roles are told by email.",
    ))
}

/// Confirms a change that a person with the other role proposed.
pub async fn confirm(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    label: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let (by, label, id) = (proposer(&allowed)?, label.into_inner(), change_of(&form)?);
    let (parts, year) = (app.get_ref().clone(), label.clone());
    let on = app
        .db
        .write(move |tx| rule_change::confirm(tx, &parts, &by, &year, id))
        .await?;
    let text = format!(
        "The change is confirmed. It takes effect on {}; both roles are told by email.",
        on.format("%-d %B %Y")
    );
    Ok(back_to(&label, &text))
}

/// Withdraws or rejects a change.
pub async fn withdraw(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    label: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let (by, label, id) = (proposer(&allowed)?, label.into_inner(), change_of(&form)?);
    let (parts, year) = (app.get_ref().clone(), label.clone());
    app.db
        .write(move |tx| rule_change::withdraw(tx, &parts, &by, &year, id))
        .await?;
    Ok(back_to(
        &label,
        "The change is withdrawn. The rule stays as it is.",
    ))
}

fn proposer(allowed: &Allowed<needs::ManageYears>) -> Result<Proposer, AppError> {
    let session = allowed.session();
    match (session.actor.id, session.role) {
        (Some(account), Some(role)) => Ok(Proposer {
            account,
            name: session.actor.label.clone(),
            role,
        }),
        _ => Err(AppError::Forbidden),
    }
}

fn change_of(form: &FormData) -> Result<i64, AppError> {
    form.text("change")
        .parse()
        .map_err(|_| bad_request("The form names no change. Go back and try again."))
}

fn back_to(label: &str, text: &str) -> HttpResponse {
    redirect_with(&format!("/years/{label}"), "success", text)
}
