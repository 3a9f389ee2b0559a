//! How each column was read, for correction.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::super::error::ImportError;
use super::super::import::Parsed;
use super::super::import_queries::ImportRecord;
use super::super::staged;
use super::super::state::State;
use super::shared::{blocking, record};
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, FormData, Submitted, View, redirect};
use programme::text;
use roster_reader::columns::field::{Field, MOST_PARENTS};
use roster_reader::columns::{Choices, Column, How};

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
    let parsed = blocking(&app, &allowed, move |importing| {
        staged::reread(importing, &for_reading)
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
    let before = blocking(&app, &allowed, move |importing| {
        staged::reread(importing, &for_reading)
    })
    .await?;
    let choices = choices(&form, &before);
    let for_choosing = record.clone();
    let parsed = blocking(&app, &allowed, move |importing| {
        staged::choose_columns(importing, &for_choosing, &choices)
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
    if record.is(State::Staged) {
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
    let columns = parsed.columns.columns.iter().enumerate();
    let columns = columns.filter(|(_, column)| !column.heading.is_empty());
    let (used, unused): (Vec<_>, Vec<_>) =
        columns.partition(|(index, column)| column.field.is_some() || in_doubt(parsed, *index));
    let show = |columns: Vec<(usize, &Column)>| -> Vec<Value> {
        columns
            .into_iter()
            .map(|(index, column)| {
                json!({
                    "name": format!("column-{index}"),
                    "heading": column.heading,
                    "field": column.field.map(Field::key).unwrap_or_default(),
                    "hint": hint(parsed, index, column),
                })
            })
            .collect()
    };
    View::new(app, request, allowed, "What each column is")
        .with("id", record.id)
        .with("used", show(used))
        .with("unused", show(unused))
        .with("fields", field_groups())
        .form(form)
        .render("pages/roster/columns.html")
}

fn in_doubt(parsed: &Parsed, column: usize) -> bool {
    let questions = &parsed.columns.questions;
    questions
        .iter()
        .any(|question| question.columns.contains(&column))
}

/// Everything a column can be, under the headings by which people look for it.
fn field_groups() -> Vec<Value> {
    let group = |label: String, of: &dyn Fn(Field) -> bool| {
        let items: Vec<Value> = Field::all()
            .filter(|field| of(*field))
            .map(|field| json!({"value": field.key(), "text": field.label()}))
            .collect();
        json!({"label": label, "items": items})
    };
    let is_address = |field: Field| {
        matches!(
            field,
            Field::AddressLine(_)
                | Field::House
                | Field::Street
                | Field::Town
                | Field::Postcode
                | Field::AddressBlock
        )
    };
    let is_school = |field: Field| {
        matches!(
            field,
            Field::Urn | Field::DfeNumber | Field::LocalAuthority | Field::SchoolName
        )
    };
    let is_parent = |field: Field| matches!(field, Field::Parent(..));
    let mut groups = vec![
        group("The child".to_owned(), &|field| {
            !(is_address(field) || is_school(field) || is_parent(field))
        }),
        group("The child’s address".to_owned(), &is_address),
        group("The school".to_owned(), &is_school),
    ];
    for number in 1..=MOST_PARENTS {
        groups.push(group(
            format!("Parent or carer {number}"),
            &|field| matches!(field, Field::Parent(of, _) if of == number),
        ));
    }
    groups
}

/// The first values of a column, and how it came to its field where the heading
/// does not say it.
fn hint(parsed: &Parsed, index: usize, column: &Column) -> String {
    let examples = examples(parsed, index);
    let values = if examples.is_empty() {
        "The column is empty.".to_owned()
    } else {
        examples.join(" · ")
    };
    match column.how {
        How::Values => format!("{values} (recognised by its values)"),
        How::Chosen => format!("{values} (as chosen for this layout)"),
        How::Heading | How::LeftAlone => values,
    }
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
