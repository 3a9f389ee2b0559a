//! Pages: the academic years and their rules.

use actix_web::{HttpRequest, HttpResponse, web};
use growth::Scheme;
use serde_json::json;

use super::{YearError, YearRule};
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// Every year with its rules.
pub async fn list(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let rows = app.db.read(super::years).await?;
    View::new(&app, &request, &allowed, "Academic years")
        .with("years", rows)
        .render("pages/years/list.html")
}

/// The form for a year's rule; `new` for a year that is not there yet.
pub async fn rule_page(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    request: HttpRequest,
    label: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let label = label.into_inner();
    let form = if label == "new" {
        FormData::filled([("scheme", Scheme::default().code().to_owned())])
    } else {
        let year = app
            .db
            .read(move |tx| -> Result<_, AppError> {
                super::year(tx, &label)?.ok_or(AppError::NotFound)
            })
            .await?;
        let part = |format: &str| {
            year.closes_on
                .map_or_else(String::new, |date| date.format(format).to_string())
        };
        FormData::filled([
            ("label", year.label.clone()),
            (
                "retention_days",
                year.retention_days
                    .map_or_else(String::new, |days| days.to_string()),
            ),
            ("instrument", year.instrument.clone().unwrap_or_default()),
            ("scheme", year.scheme.clone()),
            ("closes-day", part("%-d")),
            ("closes-month", part("%-m")),
            ("closes-year", part("%Y")),
        ])
    };
    rule_view(&allowed, &app, &request, &form)
}

/// Sets a year's rule.
pub async fn set_rule(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let label = form.required("label", "Enter the academic year, such as 2026-27");
    let days = form.parsed::<i32>("retention_days", "Enter a number of days");
    let instrument = form.required("instrument", "Enter what designates the period");
    form.one_line("instrument");
    let scheme = form.parsed::<Scheme>("scheme", "Choose a scheme");
    let closes_on = ["day", "month", "year"]
        .iter()
        .any(|part| form.is_set(&format!("closes-{part}")))
        .then(|| form.date("closes", "Enter a date, or leave all three fields empty"))
        .flatten();
    let year = super::parse_label(&label);
    if let (Err(error), false) = (&year, label.is_empty()) {
        form.error("label", error.to_string());
    }
    let (Ok(year), Some(retention_days), true) = (year, days, form.is_valid()) else {
        return rule_view(&allowed, &app, &request, &form);
    };
    let rule = YearRule {
        retention_days,
        instrument,
        scheme,
        closes_on,
    };
    let (actor, now, keyring) = (
        allowed.actor().clone(),
        app.clock.now(),
        app.identities.keyring().clone(),
    );
    match app
        .db
        .write(move |tx| super::set(tx, &keyring, &actor, now, year, &rule))
        .await
    {
        Ok(_) => Ok(redirect_with("/years", "success", "The rule was set")),
        Err(YearError::Database(error)) => Err(error.into()),
        Err(error) => {
            let field = match error {
                YearError::Days(_) => "retention_days",
                YearError::Instrument => "instrument",
                YearError::Closes(_) => "closes-day",
                _ => "label",
            };
            form.error(field, error.to_string());
            rule_view(&allowed, &app, &request, &form)
        }
    }
}

fn rule_view(
    allowed: &Allowed<needs::ManageYears>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let schemes: Vec<_> = Scheme::ALL
        .iter()
        .map(|scheme| {
            let definition = scheme.definition();
            json!({"value": definition.code, "text": definition.name, "hint": definition.description})
        })
        .collect();
    View::new(app, request, allowed, "Rule of an academic year")
        .with("schemes", schemes)
        .form(form)
        .render("pages/years/rule.html")
}
