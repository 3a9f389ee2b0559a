//! What each column was taken to be, for correction.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::super::columns::{Choices, How};
use super::super::field::Field;
use super::super::import::{ImportError, Parsed};
use super::super::queries::ImportRecord;
use super::super::staged;
use super::{blocking, record};
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::fields::text;
use crate::web::{Allowed, FormData, Submitted, View, redirect};

/// How many values of a column are shown.
const EXAMPLES: usize = 3;

/// The columns of a staged import.
pub async fn columns_page(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let record = staged_record(&app, &allowed, id.into_inner()).await?;
    let for_reading = record.clone();
    let parsed = blocking(&app, &allowed, move |app, by| {
        staged::reread(&app.db, by, &for_reading)
    })
    .await?;
    let mut form = FormData::default();
    add_errors(&mut form, &record, &parsed);
    view(&allowed, &app, &request, &record, &parsed, &form)
}

/// Takes the corrections, and remembers them for this layout.
pub async fn choose_columns(
    allowed: Allowed<needs::ManageRosters>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let record = staged_record(&app, &allowed, id.into_inner()).await?;
    let for_reading = record.clone();
    let before = blocking(&app, &allowed, move |app, by| {
        staged::reread(&app.db, by, &for_reading)
    })
    .await?;
    let choices = choices(&form, &before);
    let for_choosing = record.clone();
    let parsed = blocking(&app, &allowed, move |app, by| {
        staged::choose_columns(&app.db, by, &for_choosing, &choices)
    })
    .await?;
    add_errors(&mut form, &record, &parsed);
    if form.is_valid() {
        return Ok(redirect(&format!("/imports/{}", record.id)));
    }
    view(&allowed, &app, &request, &record, &parsed, &form)
}

async fn staged_record(
    app: &App,
    allowed: &Allowed<needs::ManageRosters>,
    id: i64,
) -> Result<ImportRecord, AppError> {
    let record = record(app, allowed, id).await?;
    if record.state == "staged" {
        Ok(record)
    } else {
        Err(ImportError::NotWaiting.into())
    }
}

/// What was chosen for every column with a heading.
fn choices(form: &FormData, parsed: &Parsed) -> Choices {
    let names = parsed.columns.choice_names();
    let mut choices = BTreeMap::new();
    for (index, name) in names
        .into_iter()
        .enumerate()
        .filter(|(_, name)| !name.is_empty())
    {
        let chosen = form.text(&format!("column-{index}"));
        choices.insert(name, Field::from_key(chosen).map(Field::key));
    }
    Choices(choices)
}

/// Says what is missing or in doubt.
fn add_errors(form: &mut FormData, record: &ImportRecord, parsed: &Parsed) {
    if let Err(error) = parsed.columns.check_complete(record.school_urn.is_some()) {
        form.error("", error.to_string());
    }
    for question in &parsed.columns.questions {
        let first = question.columns.first().copied().unwrap_or(0);
        form.error(&format!("column-{first}"), question.text.clone());
    }
}

fn view(
    allowed: &Allowed<needs::ManageRosters>,
    app: &App,
    request: &HttpRequest,
    record: &ImportRecord,
    parsed: &Parsed,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let columns: Vec<Value> = parsed
        .columns
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| !column.heading.is_empty())
        .map(|(index, column)| {
            json!({
                "name": format!("column-{index}"),
                "heading": column.heading,
                "field": column.field.map(Field::key).unwrap_or_default(),
                "how": match column.how {
                    How::Heading => "by its heading",
                    How::Values => "by its values",
                    How::Chosen => "as chosen before",
                    How::LeftAlone => "",
                },
                "examples": examples(parsed, index),
            })
        })
        .collect();
    let fields: Vec<Value> = Field::all()
        .map(|field| json!({"value": field.key(), "text": field.label()}))
        .collect();
    View::new(app, request, allowed, "What each column is")
        .with("id", record.id)
        .with("columns", columns)
        .with("fields", fields)
        .form(form)
        .render("pages/roster/columns.html")
}

/// The first different values of a column.
fn examples(parsed: &Parsed, column: usize) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    for row in parsed
        .table
        .rows()
        .skip(parsed.columns.heading_row + 1)
        .take(200)
    {
        let cell = text::clean(row.cell(column));
        if !cell.is_empty() && !examples.iter().any(|seen| *seen == cell) {
            examples.push(cell.chars().take(40).collect());
            if examples.len() == EXAMPLES {
                break;
            }
        }
    }
    examples
}
