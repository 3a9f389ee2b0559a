//! One import: before it is confirmed, what it would do; afterwards, what it did and what waits.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::error::ImportError;
use super::super::errors_file::write_errors;
use super::super::import::Mode;
use super::super::import_queries::ImportRecord;
use super::super::importing::Importing;
use super::super::look::open_rows;
use super::super::staged::{self, Preview};
use super::super::state::{State, WaitsFor};
use super::super::underway::{A_GLANCE, A_MOMENT, Reply, Underway};
use super::super::waiting_queries;
use super::progress::progress_page;
use super::shared::{ROWS_A_PAGE, blocking, page_of_memory, record};
use super::{list, show};
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{
    Allowed, Asked, Submission, Submitted, View, answered, chosen, download, redirect,
    redirect_with,
};
use programme::Coded as _;

/// Which part of an import, and which page of it.
#[derive(Debug, Deserialize)]
pub struct Part {
    show: Option<String>,
    page: Option<i64>,
    /// There when the visitor waited for the preview: it is shown as it was
    /// made.
    made: Option<String>,
}

/// An import.
pub async fn import_page(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    part: web::Query<Part>,
) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let as_asked = record(&app, &allowed, id).await?;
    let patience = if part.made.is_some() {
        A_GLANCE
    } else {
        A_MOMENT
    };
    match app.part::<Underway>().confirmation(id, patience).await {
        Some(Ok(Reply::Underway(reached))) => {
            return progress_page(
                &allowed,
                &app,
                &request,
                id,
                "Importing the roster",
                reached,
            );
        }
        Some(Ok(Reply::Done(()))) => return Ok(imported(id)),
        // The visitor is on another page by now, which says it.
        Some(Err(error)) => return Ok(refused(id, &error)),
        None => {}
    }
    if as_asked.is(State::Staged) {
        preview_page(&allowed, &app, &request, as_asked, &part, patience).await
    } else {
        result_page(&allowed, &app, &request, as_asked, &part).await
    }
}

fn imported(id: i64) -> HttpResponse {
    redirect_with(
        &format!("/imports/{id}"),
        "success",
        "The roster was imported",
    )
}

fn refused(id: i64, error: &ImportError) -> HttpResponse {
    redirect_with(&format!("/imports/{id}"), "warning", &error.to_string())
}

async fn preview_page(
    allowed: &Allowed<needs::ManageRosters>,
    app: &App,
    request: &HttpRequest,
    record: ImportRecord,
    part: &Part,
    patience: Duration,
) -> Result<HttpResponse, AppError> {
    let id = record.id;
    let turning_pages = part.show.is_some() || part.page.is_some() || part.made.is_some();
    let preview = match app
        .part::<Underway>()
        .preview(app, allowed.actor(), &record, !turning_pages, patience)
        .await
    {
        Ok(Reply::Done(preview)) => preview,
        Ok(Reply::Underway(reached)) => {
            return progress_page(allowed, app, request, id, "Checking the roster", reached);
        }
        // The columns are the first thing to put right.
        Err(ImportError::Columns(_) | ImportError::Questions(_)) => {
            return Ok(redirect(&format!("/imports/{id}/columns")));
        }
        Err(error) => return Err(error.into()),
    };
    let Preview { parsed, prepared } = &*preview;
    let counts = prepared.counts();
    let parts = show::part_counts(prepared);
    let chosen = chosen_part(&parts, part.show.as_deref())?;
    let total = parts
        .iter()
        .find(|part| part["word"] == chosen)
        .and_then(|part| part["count"].as_u64())
        .unwrap_or(0);
    let pager = page_of_memory(part.page, total as usize);
    let columns: Vec<Value> = parsed
        .columns
        .columns
        .iter()
        .filter(|column| !column.heading.is_empty())
        .map(|column| json!({"heading": column.heading, "field": column.field.filter(|_| column.place == 0).map(roster_reader::columns::field::Field::label)}))
        .collect();
    View::new(app, request, allowed, "Check the import")
        .with("import", list::row(&record))
        .with("counts", &counts)
        .with("goes_in", counts.new + counts.matched - counts.unchanged)
        .with("waits", counts.review + counts.rejected)
        .with("notices", &prepared.notices)
        .with("columns", columns)
        .with("title", title_of(&parts, &chosen))
        .with("rows", show::rows_of(prepared, &chosen, pager))
        .with("parts", parts)
        .with("chosen", &chosen)
        .with("pager", pager)
        .render("pages/roster/preview.html")
}

fn title_of(parts: &[Value], chosen: &str) -> String {
    parts
        .iter()
        .find(|part| part["word"] == chosen)
        .and_then(|part| part["title"].as_str())
        .unwrap_or("Rows")
        .to_owned()
}

/// The part asked for, else the first one with anything in it.
fn chosen_part(parts: &[Value], asked: Option<&str>) -> Result<String, AppError> {
    let known = |word: &str| {
        parts
            .iter()
            .any(|part| part["word"] == word)
            .then(|| word.to_owned())
    };
    let first_with_rows = || {
        let part = parts.iter().find(|part| part["count"] != 0)?;
        part["word"].as_str().map(str::to_owned)
    };
    Ok(chosen(asked, known)?
        .or_else(first_with_rows)
        .unwrap_or_else(|| "new".to_owned()))
}

async fn result_page(
    allowed: &Allowed<needs::ManageRosters>,
    app: &App,
    request: &HttpRequest,
    record: ImportRecord,
    part: &Part,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::new(part.page, ROWS_A_PAGE);
    let kind = match part.show.as_deref() {
        // A page of the preview that was open when the import was confirmed.
        Some(word) if show::is_part(word) && WaitsFor::from_code(word).is_none() => None,
        word => chosen(word, WaitsFor::from_code)?,
    };
    let for_rows = record.clone();
    let (rows, total, waiting) = allowed
        .write(app, move |work| {
            let (rows, total) = open_rows(work, &for_rows, kind, asked)?;
            let waiting = waiting_queries::waiting_counts(work.tx, for_rows.id)?;
            Ok::<_, ImportError>((rows, total, waiting))
        })
        .await?;
    let pager = asked.of(total);
    if let Some(elsewhere) = pager.elsewhere(request) {
        return Ok(elsewhere);
    }
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let child = row
                .uploaded
                .as_ref()
                .or(row.held.first().map(|held| &held.child));
            json!({
                "row": row.number,
                "status": row.outcome,
                "decision": row.decision,
                "name": child.map(|child| child.person.full_name()),
                "messages": row.messages,
            })
        })
        .collect();
    View::new(app, request, allowed, "Import")
        .with("import", list::row(&record))
        .with("rows", rows)
        .with("waiting", waiting)
        .with("kind", kind.map(WaitsFor::code).unwrap_or_default())
        .with("expires_at", record.expires_at)
        .with("pager", pager)
        .render("pages/roster/result.html")
}

/// Confirms an import.
pub async fn confirm(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let record = record(&app, &allowed, id.into_inner()).await?;
    let id = record.id;
    let mode = if form.0.is_set("partial") {
        Mode::Partial
    } else {
        Mode::AllOrNothing
    };
    let submission = form.0.submission();
    if !record.is(State::Staged) {
        return confirmed_before(&app, &allowed, id, submission).await;
    }
    let work = app
        .part::<Underway>()
        .confirm(&app, allowed.actor(), &record, mode, submission.clone())
        .await;
    match work {
        Ok(Reply::Done(())) => Ok(imported(id)),
        Ok(Reply::Underway(_)) => Ok(redirect(&format!("/imports/{id}?made=yes"))),
        Err(ImportError::NotWaiting) => confirmed_before(&app, &allowed, id, submission).await,
        Err(error) => Err(error.into()),
    }
}

/// What a confirmation is answered that finds nothing waiting: the form of the confirmation itself, sent again, gets
/// the answer of the first time.
async fn confirmed_before(
    app: &App,
    allowed: &Allowed<needs::ManageRosters>,
    id: i64,
    submission: Submission,
) -> Result<HttpResponse, AppError> {
    let known = app.db.read(move |tx| answered(tx, &submission)).await?;
    let now = record(app, allowed, id).await?;
    if known.is_some() && now.is(State::Applied) {
        return Ok(imported(id));
    }
    if known.is_some() && now.is(State::Staged) {
        // It was refused, and the first sending has been told why.
        return Ok(redirect(&format!("/imports/{id}")));
    }
    Err(ImportError::NotWaiting.into())
}

/// Throws a staged import away.
pub async fn discard(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    id: web::Path<i64>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let record = record(&app, &allowed, id.into_inner()).await?;
    allowed
        .write(&app, move |work| staged::discard(work, record.id))
        .await?;
    Ok(redirect_with(
        "/imports",
        "success",
        "The upload was discarded; nothing was imported",
    ))
}

/// The user's own file back with a column of errors.
pub async fn errors_file(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let record = record(&app, &allowed, id.into_inner()).await?;
    let bytes = blocking(&app, &allowed, move |importing| {
        errors_bytes(importing, &record)
    })
    .await?;
    Ok(download(
        "roster-with-errors.csv",
        "text/csv; charset=utf-8",
        bytes,
    ))
}

/// The file of [`errors_file`].
pub(super) fn errors_bytes(
    importing: Importing<'_>,
    record: &ImportRecord,
) -> Result<Vec<u8>, ImportError> {
    let Preview { parsed, prepared } = staged::preview(importing, record)?;
    let mut bytes = Vec::new();
    // Writing into memory cannot fail.
    let _ = write_errors(&prepared.plan, &parsed, &mut bytes);
    Ok(bytes)
}
