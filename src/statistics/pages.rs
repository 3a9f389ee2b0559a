//! Pages: releases for those who make them, figures for those they are made for.

use actix_web::{HttpRequest, HttpResponse, web};
use programme::{AcademicYear, Audience};
use serde::Deserialize;
use serde_json::json;

use super::{Format, ReleaseError, Shelf, Told, audiences_of, cautions, queries, view};
use crate::access::{Permission, needs};
use crate::app::App;
use crate::error::{AppError, conflict, internal};
use crate::outbox::SENDING_JOB;
use crate::records::year as years;
use crate::web::{Allowed, Answer, FormData, Submitted, View, chosen, download, once};

impl From<ReleaseError> for AppError {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::Unknown(_) => Self::NotFound,
            ReleaseError::Database(error) => error.into(),
            ReleaseError::Keyring(_) | ReleaseError::Sealed { .. } | ReleaseError::Internal(_) => {
                internal(error)
            }
            error @ ReleaseError::ServerKeyLost => Self::Unavailable(format!("{error}.")),
            error => conflict(error),
        }
    }
}

/// Which releases to list.
#[derive(Deserialize)]
pub struct ListQuery {
    /// `ready` for those that can be published; all when empty.
    #[serde(default)]
    show: String,
}

/// Every release, or those that can be published.
pub async fn list(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, AppError> {
    let ready = |code: &str| (code == "ready").then_some(());
    let only_ready = chosen(Some(&query.show), ready)?.is_some();
    let rows = app
        .db
        .read(move |tx| {
            if only_ready {
                super::releases_to_publish(tx)
            } else {
                super::releases(tx, None)
            }
        })
        .await?;
    View::new(&app, &request, &allowed, "Releases")
        .with("releases", rows)
        .with("only_ready", only_ready)
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
    let submission = form.submission();
    let made = app
        .db
        .write(move |tx| {
            once(tx, &submission, now, |tx| {
                let (number, _) = super::make(tx, &shelf, &actor, now, today, &audience, &chosen)?;
                let page = format!("/releases/{number}");
                Ok::<_, ReleaseError>(Answer::done(page, "The release was made"))
            })
        })
        .await;
    match made {
        Ok(answer) => Ok(answer.respond()),
        Err(
            error @ (ReleaseError::Refused(_)
            | ReleaseError::Counts(_)
            | ReleaseError::PublishedWith { .. }),
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
    let (number, seal_is_checked) = (number.into_inner(), shelf.has_key());
    let (row, release, announcement) = app
        .db
        .read(move |tx| -> Result<_, ReleaseError> {
            let (row, release) = super::load(tx, &shelf, number)?;
            let announcement = super::announcement(tx, &row)?;
            Ok((row, release, announcement))
        })
        .await?;
    View::new(&app, &request, &allowed, row.title.clone())
        .with("figures", view::figures(release.table()))
        .with("cautions", cautions(release.table()))
        .with("announcement", announcement)
        .with("seal_is_checked", seal_is_checked)
        .with("evidence", evidence(&row)?)
        .with("release", row)
        .with("notes", disclosure::notes())
        .render("pages/statistics/release.html")
}

/// The page that says what publishing does, and what speaks against it, before it is done.
pub async fn publish_page(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (shelf, number) = (Shelf::open(app.identities.keyring())?, *number);
    let (row, release) = app
        .db
        .read(move |tx| super::load(tx, &shelf, number))
        .await?;
    let form = FormData::default();
    publish_view(&allowed, &app, &request, &row, &release, &form)
}

fn publish_view(
    allowed: &Allowed<needs::ManageReleases>,
    app: &App,
    request: &HttpRequest,
    row: &super::ReleaseRow,
    release: &disclosure::Release,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let readers = match release.audience() {
        Audience::School(_) => "The school",
        Audience::Authority(_) => "The local authority",
        Audience::Public => "Everybody, without signing in,",
    };
    View::new(app, request, allowed, "Publish a release")
        .with("release", row)
        .with("readers", readers)
        .with("is_public", *release.audience() == Audience::Public)
        .with("cautions", cautions(release.table()))
        .form(form)
        .render("pages/statistics/publish.html")
}

/// Shows a release to its audience.
pub async fn publish(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let shelf = Shelf::open(app.identities.keyring())?;
    let (actor, now, number) = (
        allowed.actor().clone(),
        app.clock.now(),
        number.into_inner(),
    );
    let for_reading = shelf.clone();
    let (row, release) = app
        .db
        .read(move |tx| super::load(tx, &for_reading, number))
        .await?;
    if !form.is_set("anyway") && !cautions(release.table()).is_empty() {
        form.error(
            "anyway",
            "Confirm that the release is to be published all the same",
        );
        return publish_view(&allowed, &app, &request, &row, &release, &form);
    }
    let (parts, submission) = (app.get_ref().clone(), form.submission());
    let answer = app
        .db
        .write(move |tx| {
            once(tx, &submission, now, |tx| {
                let told = super::publish_and_tell(tx, &parts, &shelf, &actor, now, number)?;
                let text = format!("The release is published. {}", told.words());
                Ok::<_, ReleaseError>(Answer::done(format!("/releases/{number}"), text))
            })
        })
        .await?;
    app.wanted.add(SENDING_JOB);
    Ok(answer.respond())
}

/// Sends the email about a release once more, or for the first time when there was no address before.
pub async fn announce(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    number: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let shelf = Shelf::open(app.identities.keyring())?;
    let (actor, now, number) = (
        allowed.actor().clone(),
        app.clock.now(),
        number.into_inner(),
    );
    let (parts, submission) = (app.get_ref().clone(), form.0.submission());
    let answer = app
        .db
        .write(move |tx| {
            once(tx, &submission, now, |tx| {
                let told = super::announce_again(tx, &parts, &shelf, &actor, now, number)?;
                let kind = match told {
                    Told::Contact => "success",
                    Told::NoContact | Told::Nobody => "warning",
                };
                let page = format!("/releases/{number}");
                Ok::<_, ReleaseError>(Answer::saying(&page, kind, told.words()))
            })
        })
        .await?;
    app.wanted.add(SENDING_JOB);
    Ok(answer.respond())
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
    let (row, announcement) = app
        .db
        .read(move |tx| -> Result<_, ReleaseError> {
            let (row, _) = super::load(tx, &shelf, number)?;
            let announcement = super::announcement(tx, &row)?;
            Ok((row, announcement))
        })
        .await?;
    View::new(&app, &request, &allowed, "Withdraw a release")
        .with("release", row)
        .with("announcement", announcement)
        .render("pages/statistics/withdraw.html")
}

/// Takes a release back.
pub async fn withdraw(
    allowed: Allowed<needs::ManageReleases>,
    app: web::Data<App>,
    number: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (actor, now, number) = (
        allowed.actor().clone(),
        app.clock.now(),
        number.into_inner(),
    );
    let submission = form.0.submission();
    let answer = app
        .db
        .write(move |tx| {
            once(tx, &submission, now, |tx| {
                let withdrawn = super::withdraw(tx, &actor, now, number)?;
                let page = format!("/releases/{number}");
                let said = format!("The release is withdrawn. {}", withdrawn.words());
                Ok::<_, ReleaseError>(Answer::done(page, said.trim_end()))
            })
        })
        .await?;
    Ok(answer.respond())
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

/// The releases made for everybody, and for the visitor's schools or authorities.
pub async fn own_list(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let audiences = audiences_of(allowed.session());
    let rows = app
        .db
        .read(move |tx| super::releases(tx, Some(&audiences)))
        .await?;
    let has_own = allowed.session().may(Permission::ViewReleases);
    let title = if has_own {
        "Figures"
    } else {
        "Published figures"
    };
    View::new(&app, &request, &allowed, title)
        .with("releases", rows)
        .with("has_own", has_own)
        .with("is_signed_in", allowed.role().is_some())
        .render("pages/statistics/own_list.html")
}

/// One of them.
pub async fn own_release(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (row, release) = own(&allowed, &app, &request, number.into_inner()).await?;
    View::new(&app, &request, &allowed, row.title.clone())
        .with("figures", view::figures(release.table()))
        .with("release", row)
        .with("notes", disclosure::notes())
        .render("pages/statistics/own_release.html")
}

/// One of them as a file.
pub async fn own_file(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(i64, String)>,
) -> Result<HttpResponse, AppError> {
    let (number, ending) = path.into_inner();
    let format: Format = ending.parse().map_err(|_| AppError::NotFound)?;
    let (_, release) = own(&allowed, &app, &request, number).await?;
    send(release.table(), format)
}

/// A published release of one of the visitor's audiences; any other is not there. Somebody who is not signed in is
/// asked to, whether there is one or not: a school follows the link in its email.
async fn own(
    allowed: &Allowed<needs::Public>,
    app: &App,
    request: &HttpRequest,
    number: i64,
) -> Result<(super::ReleaseRow, disclosure::Release), AppError> {
    let audiences = audiences_of(allowed.session());
    let shelf = Shelf::open(app.identities.keyring())?;
    let found = app
        .db
        .read(move |tx| super::load_published(tx, &shelf, number))
        .await;
    match found {
        Ok((row, release)) if audiences.contains(&row.audience) => Ok((row, release)),
        Ok(_) | Err(ReleaseError::Unknown(_)) if allowed.role().is_none() => {
            Err(AppError::SignInFirst {
                next: request.path().to_owned(),
            })
        }
        Ok(_) => Err(AppError::NotFound),
        Err(error) => Err(error.into()),
    }
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
