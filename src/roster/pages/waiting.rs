//! Deciding about one row that waits, and undoing an import.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::super::decide::{self as decisions, Decision};
use super::super::error::ImportError;
use super::super::import_queries::ImportRecord;
use super::super::look::{OpenRow, open_row};
use super::super::undo::undo as undo_import;
use super::shared::record;
use super::show;
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};

/// A row that waits.
pub async fn row_page(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(i64, i32)>,
) -> Result<HttpResponse, AppError> {
    let (id, row) = path.into_inner();
    let record = record(&app, &allowed, id).await?;
    view(&allowed, &app, &request, record, row, &FormData::default()).await
}

async fn view(
    allowed: &Allowed<needs::ManageRosters>,
    app: &App,
    request: &HttpRequest,
    record: ImportRecord,
    row: i32,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let id = record.id;
    let open: OpenRow = allowed
        .write(app, move |work| open_row(work, &record, row))
        .await?
        .ok_or(AppError::NotFound)?;
    let cells: Vec<Value> = open
        .cells
        .iter()
        .enumerate()
        .filter(|(_, (heading, _))| !heading.is_empty())
        .map(|(index, (heading, value))| json!({"name": format!("cell-{index}"), "heading": heading, "value": value}))
        .collect();
    let held: Vec<Value> = open
        .held
        .iter()
        .map(|held| json!({"pupil": held.pupil, "name": held.child.person.full_name(), "facts": show::facts(&held.child)}))
        .collect();
    View::new(
        app,
        request,
        allowed,
        if row > 0 {
            format!("Row {row}")
        } else {
            "No longer in this list".to_owned()
        },
    )
    .with("id", id)
    .with("row", row)
    .with("outcome", open.outcome)
    .with("decision", open.decision)
    .with("messages", &open.messages)
    .with("cells", cells)
    .with("uploaded", open.uploaded.as_ref().map(show::facts))
    .with("held", held)
    .form(form)
    .render("pages/roster/row.html")
}

/// Takes the decision.
pub async fn decide(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(i64, i32)>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (id, row) = path.into_inner();
    let Submitted(mut form) = form;
    let record = record(&app, &allowed, id).await?;
    let Some(decision) = read_decision(&form) else {
        form.error("", "Choose what to do with this row");
        return view(&allowed, &app, &request, record, row, &form).await;
    };
    let for_decision = record.clone();
    let done = allowed
        .write(&app, move |work| {
            decisions::decide(work, &for_decision, row, &decision)
        })
        .await;
    match done {
        Ok(()) => Ok(redirect_with(
            &format!("/imports/{id}"),
            "success",
            "Decided",
        )),
        Err(ImportError::StillWrong(message)) => {
            form.error("", message);
            view(&allowed, &app, &request, record, row, &form).await
        }
        Err(error) => Err(error.into()),
    }
}

fn read_decision(form: &FormData) -> Option<Decision> {
    let word = form.text("decision");
    if let Some(pupil) = word.strip_prefix("use-") {
        return pupil.parse().ok().map(Decision::UseUploaded);
    }
    Some(match word {
        "keep_existing" => Decision::KeepExisting,
        "keep_both" => Decision::KeepBoth,
        "drop" => Decision::Drop,
        "left" => Decision::Left,
        "stays" => Decision::Stays,
        "mend" => {
            let mut cells: Vec<(usize, String)> = form
                .with_prefix("cell-")
                .filter_map(|(index, value)| Some((index.parse().ok()?, value.to_owned())))
                .collect();
            cells.sort_unstable();
            let width = cells.last().map_or(0, |(index, _)| index + 1).min(1000);
            let mut row = vec![String::new(); width];
            for (index, value) in cells {
                if let Some(cell) = row.get_mut(index) {
                    *cell = value;
                }
            }
            Decision::Mend(row)
        }
        _ => return None,
    })
}

/// Asks whether an import is to be undone.
pub async fn undo_page(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let record = record(&app, &allowed, id.into_inner()).await?;
    View::new(&app, &request, &allowed, "Undo an import")
        .with("import", super::list::row(&record))
        .render("pages/roster/undo.html")
}

/// Undoes an import.
pub async fn undo(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    id: web::Path<i64>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let record = record(&app, &allowed, id.into_inner()).await?;
    let id = record.id;
    allowed
        .write(&app, move |work| undo_import(work, &record))
        .await?;
    Ok(redirect_with(
        &format!("/imports/{id}"),
        "success",
        "The import was undone",
    ))
}
