//! Pages: releases for those who make them, figures for those they are made for.

use actix_web::{HttpRequest, HttpResponse, web};
use disclosure::{AcademicYear, Audience};
use serde_json::json;

use super::{Format, ReleaseError, Shelf, queries, view};
use crate::access::{Role, needs};
use crate::app::App;
use crate::error::{AppError, conflict, internal};
use crate::web::{Allowed, FormData, Submitted, View, download, redirect_with};
use crate::years;

impl From<ReleaseError> for AppError {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::Unknown(_) => Self::NotFound,
            ReleaseError::Database(error) => error.into(),
            ReleaseError::Keyring(_) | ReleaseError::Sealed { .. } | ReleaseError::Internal(_) => {
                internal(error)
            }
            error => conflict(error),
        }
    }
}

/// Every release.
pub async fn list(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let rows = app.db.read(|tx| super::releases(tx, None)).await?;
    View::new(&app, &request, &allowed, "Releases")
        .with("releases", rows)
        .render("pages/statistics/releases.html")
}

/// The form for a release to be made.
pub async fn make_page(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    make_view(&allowed, &app, &request, &FormData::default()).await
}

/// Makes a release.
pub async fn make(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let audience = form.parsed::<Audience>("audience", "Choose who will see the figures");
    let chosen: Vec<AcademicYear> = form
        .all("years")
        .filter_map(|year| year.parse().ok())
        .collect();
    if chosen.is_empty() {
        form.error("years", "Choose at least one year");
    }
    let (Some(audience), true) = (audience, form.is_valid()) else {
        return make_view(&allowed, &app, &request, &form).await;
    };
    let shelf = Shelf::open(app.identities.keyring())?;
    let (actor, now, today) = (allowed.actor().clone(), app.clock.now(), app.clock.today());
    let made = app
        .db
        .write(move |tx| super::make(tx, &shelf, &actor, now, today, &audience, &chosen))
        .await;
    match made {
        Ok((number, _)) => Ok(redirect_with(
            &format!("/releases/{number}"),
            "success",
            "The release was made",
        )),
        Err(
            error @ (ReleaseError::Refused(_) | ReleaseError::Counts(_) | ReleaseError::Urn(_)),
        ) => {
            form.error("audience", error.to_string());
            make_view(&allowed, &app, &request, &form).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A release with its figures, the result of its audit, and what can be done with it.
pub async fn release(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let shelf = Shelf::open(app.identities.keyring())?;
    let number = number.into_inner();
    let (row, release) = app
        .db
        .read(move |tx| super::load(tx, &shelf, number))
        .await?;
    View::new(&app, &request, &allowed, row.title.clone())
        .with("figures", view::figures(release.table()))
        .with("evidence", evidence(&row)?)
        .with("release", row)
        .with("notes", disclosure::notes())
        .render("pages/statistics/release.html")
}

/// Shows a release to its audience.
pub async fn publish(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    number: web::Path<i64>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let shelf = Shelf::open(app.identities.keyring())?;
    let (actor, now, number) = (
        allowed.actor().clone(),
        app.clock.now(),
        number.into_inner(),
    );
    let parts = app.get_ref().clone();
    let told = app
        .db
        .write(move |tx| super::publish_and_tell(tx, &parts, &shelf, &actor, now, number))
        .await?;
    let text = format!("The release is published. {}", told.words());
    Ok(redirect_with(
        &format!("/releases/{number}"),
        "success",
        &text,
    ))
}

/// The page that asks before a release is taken back.
pub async fn withdraw_page(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let shelf = Shelf::open(app.identities.keyring())?;
    let number = number.into_inner();
    let (row, _) = app
        .db
        .read(move |tx| super::load(tx, &shelf, number))
        .await?;
    View::new(&app, &request, &allowed, "Withdraw a release")
        .with("release", row)
        .render("pages/statistics/withdraw.html")
}

/// Takes a release back.
pub async fn withdraw(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    number: web::Path<i64>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (actor, now, number) = (
        allowed.actor().clone(),
        app.clock.now(),
        number.into_inner(),
    );
    app.db
        .write(move |tx| super::withdraw(tx, &actor, now, number))
        .await?;
    Ok(redirect_with(
        &format!("/releases/{number}"),
        "success",
        "The release is withdrawn",
    ))
}

/// A release as a file, for those who make releases.
pub async fn release_file(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    path: web::Path<(i64, String)>,
) -> Result<HttpResponse, AppError> {
    let (number, ending) = path.into_inner();
    let format: Format = ending.parse().map_err(|_| AppError::NotFound)?;
    let shelf = Shelf::open(app.identities.keyring())?;
    let (actor, now) = (allowed.actor().clone(), app.clock.now());
    let release = app
        .db
        .write(move |tx| super::take_out(tx, &shelf, &actor, now, number))
        .await?;
    send(release.table(), format)
}

/// The releases made for the visitor's schools or authorities, and for everybody.
pub async fn own_list(
    allowed: Allowed<needs::ViewReleases>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let audiences = audiences_of(&allowed);
    let rows = app
        .db
        .read(move |tx| super::releases(tx, Some(&audiences)))
        .await?;
    View::new(&app, &request, &allowed, "Figures")
        .with("releases", rows)
        .render("pages/statistics/own_list.html")
}

/// One of them.
pub async fn own_release(
    allowed: Allowed<needs::ViewReleases>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (row, release) = own(&allowed, &app, number.into_inner()).await?;
    View::new(&app, &request, &allowed, row.title.clone())
        .with("figures", view::figures(release.table()))
        .with("release", row)
        .with("notes", disclosure::notes())
        .render("pages/statistics/own_release.html")
}

/// One of them as a file.
pub async fn own_file(
    allowed: Allowed<needs::ViewReleases>,
    app: web::Data<App>,
    path: web::Path<(i64, String)>,
) -> Result<HttpResponse, AppError> {
    let (number, ending) = path.into_inner();
    let format: Format = ending.parse().map_err(|_| AppError::NotFound)?;
    let (_, release) = own(&allowed, &app, number).await?;
    send(release.table(), format)
}

/// A published release of one of the visitor's audiences; any other is not there.
async fn own(
    allowed: &Allowed<needs::ViewReleases>,
    app: &App,
    number: i64,
) -> Result<(super::ReleaseRow, disclosure::Release), AppError> {
    let audiences = audiences_of(allowed);
    let shelf = Shelf::open(app.identities.keyring())?;
    app.db
        .read(move |tx| -> Result<_, AppError> {
            let (row, release) = super::load_published(tx, &shelf, number)?;
            if audiences.contains(&row.audience) {
                Ok((row, release))
            } else {
                Err(AppError::NotFound)
            }
        })
        .await
}

/// The audiences that somebody belongs to. An authority sees its own figures, not those of its schools.
fn audiences_of(allowed: &Allowed<needs::ViewReleases>) -> Vec<String> {
    let mut audiences = vec![Audience::Public.to_string()];
    match allowed.role() {
        Some(Role::School) => {
            let urns = allowed.scope().urns().unwrap_or_default();
            audiences.extend(
                urns.into_iter()
                    .map(|urn| Audience::School(urn.to_string()).to_string()),
            );
        }
        Some(Role::Authority) => {
            let codes = allowed.session().authorities.iter().cloned();
            audiences.extend(codes.map(|code| Audience::Authority(code).to_string()));
        }
        _ => {}
    }
    audiences
}

fn send(table: &disclosure::SafeTable, format: Format) -> Result<HttpResponse, AppError> {
    let bytes = super::file(table, format).map_err(internal)?;
    let name = format!("release-{}.{}", table.number(), format.ending());
    Ok(download(&name, format.content_type(), bytes))
}

fn evidence(row: &super::ReleaseRow) -> Result<serde_json::Value, AppError> {
    serde_json::from_str(&row.evidence).map_err(internal)
}

async fn make_view(
    allowed: &Allowed<needs::ManageReleases>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let (audiences, years) = app
        .db
        .read(|tx| -> Result<_, AppError> { Ok((queries::audiences(tx)?, years::years(tx)?)) })
        .await?;
    let audiences: Vec<_> = audiences
        .into_iter()
        .map(|(value, text)| json!({"value": value, "text": text}))
        .collect();
    let years: Vec<_> = years
        .into_iter()
        .map(|year| json!({"value": year.label, "text": year.label, "hint": null}))
        .collect();
    View::new(app, request, allowed, "Make a release")
        .with("audiences", audiences)
        .with("years", years)
        .form(form)
        .render("pages/statistics/make.html")
}
