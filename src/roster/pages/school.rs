//! A school's own upload: it lands as an import that waits for the programme.
//!
//! The one thing to know: the school sees what is wrong with its file, and
//! nothing of what the programme holds.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::super::import::{By, ImportError, Target};
use super::super::queries::{self, ImportRecord};
use super::super::staged;
use super::super::state::State;
use super::upload::{form_view, keep};
use super::{ROWS_A_PAGE, blocking, list, record};
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, FormData, LAST_PAGE, Upload, View, download, last_page_instead};
use programme::{AcademicYear, Urn};
use roster_reader::check::{CheckedRow, Verdict};
use roster_reader::code::{Code, Strength};

/// What the school sent before.
pub async fn school_list(
    allowed: Allowed<needs::UploadRoster>,
    app: web::Data<App>,
    request: HttpRequest,
    page: web::Query<list::PageNumber>,
) -> Result<HttpResponse, AppError> {
    let page = page.page.unwrap_or(1).clamp(1, LAST_PAGE as usize);
    let (scope, by) = (allowed.scope().clone(), own_account(&allowed)?);
    let offset = ((page - 1) * ROWS_A_PAGE) as i64;
    let (records, total) = app
        .db
        .read(move |tx| queries::imports(tx, &scope, Some(by), None, offset, ROWS_A_PAGE as i64))
        .await?;
    let rows: Vec<Value> = records
        .iter()
        .map(|record| json!({"id": record.id, "year": record.year_label, "school": record.school_urn, "state": record.state, "at": record.created_at}))
        .collect();
    let pages = (total as usize).div_ceil(ROWS_A_PAGE);
    if let Some(elsewhere) = last_page_instead(&request, page, pages) {
        return Ok(elsewhere);
    }
    View::new(&app, &request, &allowed, "Class lists")
        .with("imports", rows)
        .with("page", page)
        .with("pages", pages)
        .render("pages/roster/school_list.html")
}

/// The form.
pub async fn school_upload_page(
    allowed: Allowed<needs::UploadRoster>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    form_view(
        &allowed,
        &app,
        &request,
        &FormData::default(),
        "pages/roster/school_upload.html",
        "Send a class list",
    )
    .await
}

/// Takes the file in for the programme to look at.
pub async fn school_upload(
    allowed: Allowed<needs::UploadRoster>,
    app: web::Data<App>,
    request: HttpRequest,
    upload: Upload,
) -> Result<HttpResponse, AppError> {
    let mut form = upload.form;
    let year = AcademicYear::parse_label(&form.required("year", "Choose the academic year"));
    let own = allowed.scope().urns().unwrap_or_default();
    let asked = form.text("school").to_owned();
    // A school with one URN need not say which.
    let urn = match own.as_slice() {
        [urn] if asked.is_empty() => Urn::try_from(*urn).ok(),
        _ => Urn::parse(&asked)
            .ok()
            .filter(|urn| allowed.scope().covers(urn.number() as i32)),
    };
    if urn.is_none() {
        form.error("school", "Enter the URN of your school, six digits");
    }
    if upload.bytes.is_empty() {
        form.error("file", "Choose the file to send");
    }
    if let (Some(year), Some(urn), true) = (year, urn, form.is_valid()) {
        let target = Target {
            year,
            school: Some(urn),
        };
        let pages = "/school/rosters";
        match keep(&app, &allowed, &form, target, upload.bytes, pages).await {
            Ok(answer) => return Ok(answer.respond()),
            Err(ImportError::Database(error)) => return Err(error.into()),
            Err(error) => form.error("file", error.to_string()),
        }
    }
    form_view(
        &allowed,
        &app,
        &request,
        &form,
        "pages/roster/school_upload.html",
        "Send a class list",
    )
    .await
}

/// The account that is signed in: what it uploaded is told by its number, since
/// names change and are shared.
fn own_account(allowed: &Allowed<needs::UploadRoster>) -> Result<i64, AppError> {
    allowed.actor().id.ok_or(AppError::NotFound)
}

/// A list that this school sent itself; what the programme imported for it is
/// the programme's.
async fn own_record(
    app: &App,
    allowed: &Allowed<needs::UploadRoster>,
    id: i64,
) -> Result<ImportRecord, AppError> {
    let record = record(app, allowed, id).await?;
    if record.is_of(allowed.actor().id) {
        Ok(record)
    } else {
        Err(AppError::NotFound)
    }
}

/// What is wrong with a file the school sent.
pub async fn school_import_page(
    allowed: Allowed<needs::UploadRoster>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    page: web::Query<list::PageNumber>,
) -> Result<HttpResponse, AppError> {
    let record = own_record(&app, &allowed, id.into_inner()).await?;
    let view = View::new(&app, &request, &allowed, "Class list")
        .with("import", json!({"id": record.id, "year": record.year_label, "state": record.state, "at": record.created_at}));
    if !record.is(State::Staged) {
        return view
            .with("rows", Vec::<Value>::new())
            .with("total", 0)
            .with("children", 0)
            .with("trouble", Value::Null)
            .render("pages/roster/school_import.html");
    }
    let for_reading = record.clone();
    let checked = blocking(&app, &allowed, move |app, by| {
        checked(app, by, &for_reading)
    })
    .await;
    let (rows, children, trouble) = match checked {
        Ok((rows, _)) => {
            let children = rows
                .iter()
                .filter(|row| matches!(row.verdict, Verdict::Child(_)))
                .count();
            let said: Vec<Value> = rows
                .iter()
                .filter_map(|row| Some(json!({"row": row.number, "message": message(row)?})))
                .collect();
            (said, children, Value::Null)
        }
        Err(ImportError::Database(error)) => return Err(error.into()),
        Err(error) => (Vec::new(), 0, Value::String(error.to_string())),
    };
    let total = rows.len();
    let pages = total.div_ceil(ROWS_A_PAGE);
    let page = page.page.unwrap_or(1).clamp(1, pages.max(1));
    let first = (page - 1) * ROWS_A_PAGE;
    let shown: Vec<Value> = rows.into_iter().skip(first).take(ROWS_A_PAGE).collect();
    view.with("first", first + 1)
        .with("last", first + shown.len())
        .with("total", total)
        .with("page", page)
        .with("pages", pages)
        .with("rows", shown)
        .with("children", children)
        .with("trouble", trouble)
        .render("pages/roster/school_import.html")
}

/// The school's own file back with a column of errors.
pub async fn school_errors_file(
    allowed: Allowed<needs::UploadRoster>,
    app: web::Data<App>,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let record = own_record(&app, &allowed, id.into_inner()).await?;
    let bytes = blocking(&app, &allowed, move |app, by| {
        let (rows, parsed) = checked(app, by, &record)?;
        let said = |number: u32| {
            let place = rows.binary_search_by_key(&number, |row| row.number).ok()?;
            message(&rows[place])
        };
        let mut bytes = Vec::new();
        // Writing into memory cannot fail.
        let _ =
            tabular::write_with_errors(&parsed.table, parsed.columns.heading_row, said, &mut bytes);
        Ok(bytes)
    })
    .await?;
    Ok(download(
        "class-list-with-errors.csv",
        "text/csv; charset=utf-8",
        bytes,
    ))
}

/// The rows of a file checked by themselves, compared with nobody.
fn checked(
    app: &App,
    by: By<'_>,
    record: &ImportRecord,
) -> Result<(Vec<CheckedRow>, super::super::import::Parsed), ImportError> {
    let schools = app.db.read_now(queries::schools)?;
    let parsed = staged::reread(&app.db, by, record)?;
    let checked = parsed.check(&schools, staged::target_of(record)?, by.progress)?;
    Ok((checked.rows, parsed))
}

fn message(row: &CheckedRow) -> Option<String> {
    let said: Vec<&str> = row
        .findings
        .iter()
        .filter(|finding| {
            finding.code.strength() != Strength::Repair && finding.code != Code::YearNotInProgramme
        })
        .map(|finding| finding.message.as_str())
        .collect();
    (!said.is_empty()).then(|| said.join(" "))
}
