//! Pages: the public notice, the two books, and subject access.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::queries::{self, Filter};
use super::{SearchFor, Ticked, gather, records, search};
use crate::access::needs;
use crate::app::App;
use crate::error::{AppError, bad_request, internal};
use crate::identity::Purpose;
use crate::web::{
    Allowed, FormData, LAST_PAGE, Submitted, View, chosen, download, last_page_instead,
};
use programme::{LONGEST_NAME, NhsNumber, text};

/// The public privacy notice, made from the purposes that identities may be opened for.
pub async fn notice(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let years = app.db.read(queries::year_rules).await?;
    View::new(&app, &request, &allowed, "Privacy notice")
        .with("promises", promises())
        .with("years", years)
        .render("pages/privacy/notice.html")
}

/// The accessibility statement.
pub async fn accessibility(
    allowed: Allowed<needs::Public>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    View::new(&app, &request, &allowed, "Accessibility statement")
        .render("pages/accessibility.html")
}

/// One of the uses in the promise to parents, and what names are opened for under it.
#[derive(Serialize)]
struct Promise {
    promise: &'static str,
    purposes: Vec<&'static str>,
}

/// The purposes, put under the promises they serve, in the order of the list.
fn promises() -> Vec<Promise> {
    let mut promises: Vec<Promise> = Vec::new();
    for purpose in Purpose::ALL {
        match promises
            .iter_mut()
            .find(|known| known.promise == purpose.promise())
        {
            Some(known) => known.purposes.push(purpose.explanation()),
            None => promises.push(Promise {
                promise: purpose.promise(),
                purposes: vec![purpose.explanation()],
            }),
        }
    }
    promises
}

/// Which part of a book to show.
#[derive(Debug, Deserialize)]
pub struct BookQuery {
    page: Option<i64>,
    purpose: Option<String>,
    child: Option<String>,
}

impl BookQuery {
    fn page(&self) -> i64 {
        self.page.unwrap_or(1).clamp(1, LAST_PAGE)
    }

    fn filter(&self) -> Result<Filter, AppError> {
        let child = self
            .child
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        Ok(Filter {
            purpose: self.purpose.clone().filter(|purpose| !purpose.is_empty()),
            pupil: child.map(str::parse).transpose().map_err(|_| {
                bad_request("A child’s record number is a whole number, such as 1204.")
            })?,
        })
    }

    /// The address of another page of the same list, without the page's number.
    fn href(&self, path: &str, purposes: &[(String, String)]) -> String {
        // Only a purpose of the list goes into the address, so nothing needs escaping.
        let purpose = self
            .purpose
            .as_deref()
            .filter(|code| purposes.iter().any(|(known, _)| known == code))
            .unwrap_or_default();
        let child: String = self
            .child
            .iter()
            .flat_map(|text| text.chars())
            .filter(char::is_ascii_digit)
            .collect();
        format!("{path}?purpose={purpose}&child={child}&page=")
    }
}

/// Who has opened which names, and why.
pub async fn access_log(
    allowed: Allowed<needs::ViewAccessLog>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<BookQuery>,
) -> Result<HttpResponse, AppError> {
    let (filter, number) = (query.filter()?, query.page());
    chosen(filter.purpose.as_deref(), Purpose::from_code)?;
    let (rows, total) = app
        .db
        .read(move |tx| queries::accesses(tx, &filter, number))
        .await?;
    if let Some(elsewhere) = beyond_last_page(&request, number, total) {
        return Ok(elsewhere);
    }
    let purposes: Vec<(String, String)> = Purpose::ALL
        .into_iter()
        .map(|purpose| (purpose.code().to_owned(), purpose.explanation().to_owned()))
        .collect();
    book(&app, &request, &allowed, "Access log", &query, &purposes)
        .with("rows", rows)
        .with(
            "paging",
            paging(number, total, query.href("/privacy/log", &purposes)),
        )
        .render("pages/privacy/log.html")
}

/// What left the organisation, to whom.
pub async fn ledger(
    allowed: Allowed<needs::ViewAccessLog>,
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<BookQuery>,
) -> Result<HttpResponse, AppError> {
    let (filter, number) = (query.filter()?, query.page());
    let ((rows, total), known) = app
        .db
        .read(move |tx| -> Result<_, crate::db::Error> {
            Ok((
                queries::disclosures(tx, &filter, number)?,
                queries::disclosure_purposes(tx)?,
            ))
        })
        .await?;
    if let Some(elsewhere) = beyond_last_page(&request, number, total) {
        return Ok(elsewhere);
    }
    let is_known = |code: &str| known.iter().any(|known| known == code).then_some(());
    chosen(query.purpose.as_deref(), is_known)?;
    let purposes: Vec<(String, String)> = known
        .into_iter()
        .map(|code| (code.clone(), code.replace('_', " ")))
        .collect();
    book(
        &app,
        &request,
        &allowed,
        "Disclosure ledger",
        &query,
        &purposes,
    )
    .with("rows", rows)
    .with(
        "paging",
        paging(number, total, query.href("/privacy/ledger", &purposes)),
    )
    .render("pages/privacy/ledger.html")
}

/// What both books' pages show beside their rows.
fn book<'a>(
    app: &'a App,
    request: &'a HttpRequest,
    allowed: &'a Allowed<needs::ViewAccessLog>,
    title: &str,
    query: &BookQuery,
    purposes: &[(String, String)],
) -> View<'a> {
    let choices: Vec<_> = purposes
        .iter()
        .map(|(code, words)| json!({"value": code, "text": words}))
        .collect();
    let words: serde_json::Map<String, serde_json::Value> = purposes
        .iter()
        .map(|(code, words)| (code.clone(), words.clone().into()))
        .collect();
    View::new(app, request, allowed, title)
        .with("purposes", choices)
        .with("words", words)
        .with("chosen", query.purpose.clone().unwrap_or_default())
        .with("child", query.child.clone().unwrap_or_default())
}

/// Where a page stands in its list.
fn beyond_last_page(request: &HttpRequest, page: i64, total: i64) -> Option<HttpResponse> {
    let pages = (total + queries::PAGE - 1) / queries::PAGE;
    last_page_instead(request, page as usize, pages as usize)
}

fn paging(page: i64, total: i64, href: String) -> serde_json::Value {
    let first = if total == 0 {
        0
    } else {
        (page - 1) * queries::PAGE + 1
    };
    json!({
        "page": page,
        "pages": (total + queries::PAGE - 1) / queries::PAGE,
        "first": first,
        "last": (page * queries::PAGE).min(total),
        "total": total,
        "href": href,
    })
}

/// The form that asks which child a request is about.
pub async fn subject_access_page(
    allowed: Allowed<needs::SubjectAccess>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    subject_access_view(&allowed, &app, &request, &FormData::default())
}

/// Shows the records that may be the child's. What was typed travels in the body: names are never in an address.
pub async fn subject_access_search(
    allowed: Allowed<needs::SubjectAccess>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    found_view(&allowed, &app, &request, form).await
}

/// The records that fit what was typed, or the form again with what is wrong in it.
async fn found_view(
    allowed: &Allowed<needs::SubjectAccess>,
    app: &web::Data<App>,
    request: &HttpRequest,
    mut form: FormData,
) -> Result<HttpResponse, AppError> {
    let before = form.errors().len();
    let what = wanted(&mut form);
    if form.errors().len() > before {
        return subject_access_view(allowed, app, request, &form);
    }
    let (identities, actor) = (app.identities.clone(), allowed.actor().clone());
    let found = app
        .db
        .write(move |tx| search(tx, &identities, &actor, &what))
        .await?;
    View::new(app, request, allowed, "Records found")
        .with("found", found.found)
        .with("not_searched", found.not_searched)
        .with("damaged", found.damaged)
        .form(&form)
        .render("pages/privacy/subject_access_found.html")
}

/// What to search for; with errors beside the fields where it cannot be searched for.
fn wanted(form: &mut FormData) -> SearchFor {
    let number = text::typed(form.text("nhs_number"));
    let nhs_number = NhsNumber::parse(&number).ok();
    if !number.is_empty() && nhs_number.is_none() {
        form.error(
            "nhs_number",
            "Check the NHS number: it has 10 digits, of which the last one depends on the others",
        );
    }
    let name = text::typed(form.text("name"));
    if form.text("name").chars().count() > LONGEST_NAME {
        form.error(
            "name",
            format!("Enter at most {LONGEST_NAME} characters of the name"),
        );
    } else if form.is_set("name") && !name.chars().any(char::is_alphabetic) {
        form.error("name", "Enter a name with at least one letter");
    }
    let has_date = ["day", "month", "year"]
        .iter()
        .any(|part| form.is_set(&format!("date_of_birth-{part}")));
    let date_of_birth = if has_date {
        form.date(
            "date_of_birth",
            "Check the date of birth: there is no such day",
        )
    } else {
        None
    };
    // An error beside the name says enough.
    let has_name = form.is_set("name");
    if nhs_number.is_none() && number.is_empty() && (!has_name || !has_date) {
        form.error(
            "name",
            "Enter the child’s name and date of birth, or the NHS number",
        );
    }
    SearchFor {
        name,
        date_of_birth,
        nhs_number,
    }
}

fn subject_access_view(
    allowed: &Allowed<needs::SubjectAccess>,
    app: &App,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    View::new(app, request, allowed, "Subject access request")
        .form(form)
        .render("pages/privacy/subject_access.html")
}

/// The records that were ticked.
fn chosen_records(form: &FormData) -> Result<Vec<i64>, AppError> {
    // A number that cannot be read is not left out: the file would say that it is everything.
    form.all("pupil")
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| bad_request("A record that was chosen has no number. Search again."))
}

/// What the chosen records say of other people: the person who answers decides on each detail before the file is made.
pub async fn subject_access_review(
    allowed: Allowed<needs::SubjectAccess>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let pupils = chosen_records(&form)?;
    if pupils.is_empty() {
        form.error("pupil", "Tick at least one record that is this child’s");
        return found_view(&allowed, &app, &request, form).await;
    }
    let (identities, actor) = (app.identities.clone(), allowed.actor().clone());
    let records = app
        .db
        .write(move |tx| records(tx, &identities, &actor, &pupils))
        .await?;
    View::new(
        &app,
        &request,
        &allowed,
        "What the file says of other people",
    )
    .with("records", records)
    .render("pages/privacy/subject_access_review.html")
}

/// The file for the parent: everything held under the chosen records, and of other people what was ticked.
pub async fn subject_access_file(
    allowed: Allowed<needs::SubjectAccess>,
    app: web::Data<App>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let pupils = chosen_records(&form)?;
    if pupils.is_empty() {
        return Err(bad_request(
            "No record was chosen. Search for the child again.",
        ));
    }
    let ticked = Ticked::new(form.all("include"));
    let (identities, actor, now) = (
        app.identities.clone(),
        allowed.actor().clone(),
        app.clock.now(),
    );
    let file = app
        .db
        .write(move |tx| gather(tx, &identities, &actor, now, &pupils, &ticked))
        .await?;
    let html = crate::templates::render(
        &app.templates,
        "pages/privacy/child_file.html",
        json!({"file": file}),
    )
    .map_err(internal)?;
    Ok(download(
        "everything-held.html",
        "text/html; charset=utf-8",
        html.into_bytes(),
    ))
}
