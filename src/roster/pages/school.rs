//! A school's own upload: it lands as an import that waits for the programme.
//!
//! The school sees what is wrong with its file, and
//! nothing of what the programme holds.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::super::error::ImportError;
use super::super::import::{Parsed, Target};
use super::super::import_queries::{self, ImportRecord};
use super::super::importing::Importing;
use super::super::state::State;
use super::super::{register, staged};
use super::list;
use super::shared::{ROWS_A_PAGE, blocking, page_of_memory, record};
use super::upload::{form_view, keep};
use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::web::{Allowed, Asked, FormData, Upload, View, download};
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
    let asked = Asked::new(page.page, ROWS_A_PAGE);
    let (scope, by) = (allowed.scope().clone(), own_account(&allowed)?);
    let (records, total) = allowed
        .read(&app, move |work| {
            import_queries::imports(work.tx, &scope, Some(by), None, asked)
        })
        .await?;
    let pager = asked.of(total);
    if let Some(elsewhere) = pager.elsewhere(&request) {
        return Ok(elsewhere);
    }
    let rows: Vec<Value> = records
        .iter()
        .map(|record| json!({"id": record.id, "year": record.year_label, "school": record.school_urn, "state": record.state, "at": record.created_at}))
        .collect();
    View::new(&app, &request, &allowed, "Class lists")
        .with("imports", rows)
        .with("pager", pager)
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
    let own: Vec<Urn> = allowed
        .scope()
        .schools()
        .into_iter()
        .flatten()
        .copied()
        .collect();
    let asked = form.text("school").to_owned();
    // A school with one URN need not say which.
    let urn = match own.as_slice() {
        [urn] if asked.is_empty() => Some(*urn),
        _ => Urn::parse(&asked)
            .ok()
            .filter(|urn| allowed.scope().covers_urn(*urn)),
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
            .with("pager", page_of_memory(None, 0))
            .with("children", 0)
            .with("trouble", Value::Null)
            .render("pages/roster/school_import.html");
    }
    let for_reading = record.clone();
    let checked = blocking(&app, &allowed, move |importing| {
        checked(importing, &for_reading)
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
    let pager = page_of_memory(page.page, rows.len());
    let shown: Vec<Value> = rows
        .into_iter()
        .skip((pager.first - 1) as usize)
        .take(ROWS_A_PAGE as usize)
        .collect();
    view.with("pager", pager)
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
    let bytes = blocking(&app, &allowed, move |importing| {
        let (rows, parsed) = checked(importing, &record)?;
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
    importing: Importing<'_>,
    record: &ImportRecord,
) -> Result<(Vec<CheckedRow>, Parsed), ImportError> {
    let schools = importing.db().read_now(register::schools)?;
    let parsed = staged::reread(importing, record)?;
    let checked = parsed.check(&schools, staged::target_of(record)?, importing.progress)?;
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
