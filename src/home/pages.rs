//! Pages: Home, and how far the schools have come. Counts only.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::action::Asked;
use super::progress::{self, Line};
use super::todo;
use crate::access::{Permission, Role, needs};
use crate::app::App;
use crate::error::AppError;
use crate::measurement::{looks, quality};
use crate::measurement::{quality_json, tally_json};
use crate::records::school;
use crate::records::year::current_year;
use crate::statistics;
use crate::web::{Allowed, View};

/// What there is to do for the one who is signed in.
pub async fn home(
    allowed: Allowed<needs::SignedIn>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (session, today, now) = (
        allowed.session().clone(),
        app.clock.today(),
        app.clock.now(),
    );
    let parts = app.get_ref().clone();
    let (year, funnel, releases, actions) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let year = current_year(tx, today)?;
            let funnel = match &year {
                Some(year) if session.may(Permission::ViewProgress) => {
                    Some(progress::progress(tx, &session.scope, year)?.total)
                }
                _ => None,
            };
            let releases = if session.may(Permission::ViewReleases) {
                let audiences = statistics::audiences_of(&session);
                Some(statistics::releases(tx, Some(&audiences))?.len())
            } else {
                None
            };
            let asked = Asked {
                app: &parts,
                session: &session,
                year: year.as_deref(),
                today,
                now,
            };
            let actions = todo::actions(tx, &asked)?;
            Ok((year, funnel, releases, actions))
        })
        .await?;
    // A school and an authority have nothing to do here: they come to read.
    let has_tasks = !matches!(
        allowed.role(),
        Some(Role::School | Role::Authority | Role::Monitor)
    );
    View::new(&app, &request, &allowed, "Home")
        .with("year", year)
        .with("funnel", funnel.as_ref().map(line_json))
        .with("releases", releases)
        .with("actions", actions)
        .with("has_tasks", has_tasks)
        .render("pages/home.html")
}

/// How far the schools in scope have come, and how good the figures are: counts only.
pub async fn progress(
    allowed: Allowed<needs::ViewProgress>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (scope, today) = (allowed.scope().clone(), app.clock.today());
    let (year, found, names, looks) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let year = current_year(tx, today)?;
            let label = year.clone().unwrap_or_default();
            Ok((
                year,
                progress::progress(tx, &scope, &label)?,
                school::names(tx, &scope)?,
                looks(tx, &scope, &label)?,
            ))
        })
        .await?;
    let schools: Vec<Value> = found
        .schools
        .iter()
        .map(|(urn, line)| {
            let name = names.get(urn).cloned().unwrap_or_else(|| urn.to_string());
            json!({"urn": urn, "name": name, "line": line_json(line)})
        })
        .collect();
    let report = quality::report(&looks);
    let lines = |groups: &std::collections::BTreeMap<String, quality::Quality>| -> Vec<Value> {
        groups
            .iter()
            .map(|(name, found)| json!({"name": name, "quality": quality_json(found)}))
            .collect()
    };
    View::new(&app, &request, &allowed, "Progress")
        .with("year", year)
        .with("total", line_json(&found.total))
        .with("schools", schools)
        .with("quality", quality_json(&report.all))
        .with("devices", lines(&report.by_device))
        .with("measurers", lines(&report.by_measurer))
        .with(
            "may_open_schools",
            allowed.session().may(Permission::Record),
        )
        .render("pages/measurement/progress.html")
}

/// A line as pages show it.
fn line_json(line: &Line) -> Value {
    json!({
        "tally": tally_json(&line.tally),
        "ready_or_sent": line.ready_or_sent,
        "sent": line.sent,
    })
}
