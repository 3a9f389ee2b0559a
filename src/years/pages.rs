//! Pages: the academic years and their rules.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use growth::Scheme;
use serde_json::json;

use crate::access::needs;
use crate::app::App;
use crate::db;
use crate::error::AppError;
use crate::identity;
use crate::records::year as years;
use crate::records::year::{Year, YearError, YearRule};
use crate::retention::{self, rule_change};
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};
use programme::AcademicYear;

/// Every year with its rules.
pub async fn list(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (keyring, now) = (app.identities.keyring().clone(), app.clock.now());
    let (rows, faulty, damaged, pause) = app
        .db
        .read(move |tx| -> Result<_, db::Error> {
            Ok((
                years::years(tx)?,
                years::faulty_keys(tx, &keyring)?,
                identity::damage_notice(tx)?,
                retention::pause_in_force(tx, now)?,
            ))
        })
        .await?;
    let faults: BTreeMap<_, _> = faulty.iter().map(|key| (&key.name, key.fault)).collect();
    View::new(&app, &request, &allowed, "Academic years")
        .with("years", rows)
        .with("faults", faults)
        .with("damaged", damaged.unwrap_or_default())
        .with("scheme_names", scheme_names())
        .with("faulty_keys", years::in_words(&faulty))
        .with("pauses", Vec::from_iter(pause))
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
    if label == "new" {
        let form = FormData::filled([("scheme", Scheme::default().code().to_owned())]);
        return add_view(&allowed, &app, &request, &form);
    }
    let year = find(&app, label).await?;
    let form = filled(&year);
    edit_view(&allowed, &app, &request, year, &form).await
}

/// Sets the rule of a year that has none.
pub async fn add(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let label = form.required("label", "Enter the academic year, such as 2026-27");
    let rule = rule_of(&mut form);
    let year = years::parse_label(&label);
    if let (Err(error), false) = (&year, label.is_empty()) {
        form.error("label", error.to_string());
    }
    let (Ok(year), Some(rule)) = (year, rule) else {
        return add_view(&allowed, &app, &request, &form);
    };
    let known = app
        .db
        .read(move |tx| years::year(tx, &year.to_string()))
        .await?;
    if known.is_some_and(|known| known.retention_days.is_some()) {
        form.error(
            "label",
            format!("{year} has a rule already: change it on the page of that year"),
        );
        return add_view(&allowed, &app, &request, &form);
    }
    match set(&allowed, &app, year, rule).await {
        Ok(()) => Ok(redirect_with("/years", "success", "The rule was set")),
        Err(error) => {
            refuse(&mut form, error)?;
            add_view(&allowed, &app, &request, &form)
        }
    }
}

/// Changes a year's rule. How long names are kept is only shown and proposed where the year holds names.
pub async fn edit(
    allowed: Allowed<needs::ManageYears>,
    app: web::Data<App>,
    request: HttpRequest,
    label: web::Path<String>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let before = find(&app, label.into_inner()).await?;
    let year = years::parse_label(&before.label).map_err(|_| AppError::NotFound)?;
    let Some(rule) = rule_of(&mut form) else {
        return edit_view(&allowed, &app, &request, before, &form).await;
    };
    match set(&allowed, &app, year, rule.clone()).await {
        Ok(()) => Ok(redirect_with("/years", "success", "The rule was set")),
        Err(YearError::NeedsSecondPerson(_)) => {
            // What concerns no name is changed at once.
            let rest = YearRule {
                retention_days: before.retention_days.unwrap_or(rule.retention_days),
                instrument: before.instrument.clone().unwrap_or_default(),
                ..rule.clone()
            };
            if let Err(error) = set(&allowed, &app, year, rest).await {
                refuse(&mut form, error)?;
                return edit_view(&allowed, &app, &request, before, &form).await;
            }
            check_view(&allowed, &app, &request, before, &rule).await
        }
        Err(error) => {
            refuse(&mut form, error)?;
            edit_view(&allowed, &app, &request, before, &form).await
        }
    }
}

/// What was typed, or errors beside the fields.
fn rule_of(form: &mut FormData) -> Option<YearRule> {
    let days = form.parsed::<i32>("retention_days", "Enter a number of days");
    let instrument = form.required("instrument", "Enter what designates the period");
    form.one_line("instrument");
    let scheme = form.parsed::<Scheme>("scheme", "Choose a scheme");
    let closes_on = ["day", "month", "year"]
        .iter()
        .any(|part| form.is_set(&format!("closes-{part}")))
        .then(|| form.date("closes", "Enter a date, or leave all three fields empty"))
        .flatten();
    let retention_days = days?;
    form.is_valid().then_some(YearRule {
        retention_days,
        instrument,
        scheme,
        closes_on,
    })
}

async fn set(
    allowed: &Allowed<needs::ManageYears>,
    app: &App,
    year: AcademicYear,
    rule: YearRule,
) -> Result<(), YearError> {
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    let keyring = app.identities.keyring().clone();
    app.db
        .write(move |tx| years::set(tx, &keyring, &actor, now, year, &rule).map(drop))
        .await
}

/// Puts a refusal beside its field; what no field caused ends the request.
fn refuse(form: &mut FormData, error: YearError) -> Result<(), AppError> {
    let field = match error {
        YearError::Database(error) => return Err(error.into()),
        YearError::Days(_) => "retention_days",
        YearError::Instrument => "instrument",
        YearError::Closes(_) => "closes-day",
        YearError::Label(_) => "label",
        _ => "",
    };
    form.error(field, error.to_string());
    Ok(())
}

async fn find(app: &App, label: String) -> Result<Year, AppError> {
    app.db
        .read(move |tx| -> Result<_, AppError> {
            years::year(tx, &label)?.ok_or(AppError::NotFound)
        })
        .await
}

fn filled(year: &Year) -> FormData {
    let part = |format: &str| {
        year.closes_on
            .map_or_else(String::new, |date| date.format(format).to_string())
    };
    FormData::filled([
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
}

/// What each scheme is called, by its code.
fn scheme_names() -> BTreeMap<String, String> {
    Scheme::ALL
        .iter()
        .map(|scheme| {
            let definition = scheme.definition();
            (definition.code.to_owned(), definition.name.to_owned())
        })
        .collect()
}

fn schemes() -> Vec<serde_json::Value> {
    Scheme::ALL
        .iter()
        .map(|scheme| {
            let definition = scheme.definition();
            json!({"value": definition.code, "text": definition.name, "hint": definition.description})
        })
        .collect()
}

fn add_view(
    allowed: &Allowed<needs::ManageYears>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    View::new(app, request, allowed, "Add an academic year")
        .with("schemes", schemes())
        .form(form)
        .render("pages/years/add.html")
}

/// The page of one year: its rule, and a change that waits.
async fn edit_view(
    allowed: &Allowed<needs::ManageYears>,
    app: &App,
    request: &HttpRequest,
    year: Year,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let (label, today) = (year.label.clone(), app.clock.today());
    let (names, change, effect) = app
        .db
        .read(move |tx| -> Result<_, db::Error> {
            let change = rule_change::open_change(tx, &label)?;
            let effect = match &change {
                Some(change) => {
                    let on = change
                        .takes_effect_on
                        .unwrap_or_else(|| rule_change::effect_date(today));
                    rule_change::effect(tx, &label, change.retention_days, on)?
                }
                None => None,
            };
            Ok((years::names_held(tx, &label)?, change, effect))
        })
        .await?;
    let may_confirm = change.as_ref().is_some_and(|change| {
        change.state == "proposed"
            && allowed
                .role()
                .is_some_and(|role| role.code() != change.proposed_role)
            && allowed.actor().id != Some(change.proposed_by)
    });
    View::new(app, request, allowed, format!("Rule for {}", year.label))
        .with("schemes", schemes())
        .with("year", year)
        .with("names", names)
        .with("changes", Vec::from_iter(change))
        .with("effect", effect)
        .with("may_confirm", may_confirm)
        .with("days_until_effect", rule_change::EFFECT_DAYS)
        .form(form)
        .render("pages/years/edit.html")
}

/// Asks whether to propose a change, with what it would do.
async fn check_view(
    allowed: &Allowed<needs::ManageYears>,
    app: &App,
    request: &HttpRequest,
    year: Year,
    rule: &YearRule,
) -> Result<HttpResponse, AppError> {
    let (label, days, today) = (year.label.clone(), rule.retention_days, app.clock.today());
    let effect = app
        .db
        .read(move |tx| rule_change::effect(tx, &label, days, rule_change::effect_date(today)))
        .await?;
    View::new(
        app,
        request,
        allowed,
        format!("Propose a change for {}", year.label),
    )
    .with("year", year)
    .with("retention_days", rule.retention_days)
    .with("instrument", rule.instrument.trim())
    .with("effect", effect)
    .with("days_until_effect", rule_change::EFFECT_DAYS)
    .render("pages/years/propose.html")
}
