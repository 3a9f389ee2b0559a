//! Page: home.

use actix_web::{HttpRequest, HttpResponse, web};

use super::queries::{self, Funnel};
use super::todo;
use crate::access::{Permission, Role, Session, needs};
use crate::app::App;
use crate::db;
use crate::error::AppError;
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
    let (year, funnel, releases, actions) = app
        .db
        .read(move |tx| -> Result<_, db::Error> {
            let year = queries::year_of(tx, today)?;
            let funnel: Option<Funnel> = match &year {
                Some(year) if session.may(Permission::ViewProgress) => {
                    Some(queries::funnel(tx, &year.label, &session.scope)?)
                }
                _ => None,
            };
            let releases = if session.may(Permission::ViewReleases) {
                Some(queries::published_releases(tx, &audiences(&session))?)
            } else {
                None
            };
            let actions = todo::actions(tx, &session, year.as_ref(), today, now)?;
            Ok((year, funnel, releases, actions))
        })
        .await?;
    // A school and an authority have nothing to do here: they come to read.
    let has_tasks = !matches!(
        allowed.role(),
        Some(Role::School | Role::Authority | Role::Monitor)
    );
    View::new(&app, &request, &allowed, "Home")
        .with("year", year.map(|year| year.label))
        .with("funnel", funnel)
        .with("releases", releases)
        .with("actions", actions)
        .with("has_tasks", has_tasks)
        .render("pages/home.html")
}

/// The audiences whose releases somebody sees.
fn audiences(session: &Session) -> Vec<String> {
    let schools = session.scope.urns().unwrap_or_default();
    schools
        .into_iter()
        .filter(|_| session.role == Some(Role::School))
        .map(|urn| format!("school:{urn}"))
        .chain(session.authorities.iter().map(|code| format!("la:{code}")))
        .chain(std::iter::once("public".to_owned()))
        .collect()
}
