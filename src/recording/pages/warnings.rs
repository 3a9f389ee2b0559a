//! Page: the measurements that wait to be confirmed, at all schools in scope.

use actix_web::{HttpRequest, HttpResponse, web};
use growth::plausibility::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::needs;
use crate::app::App;
use crate::error::AppError;
use crate::identity::{Found, People, Purpose, Whose};
use crate::measurement::entry;
use crate::measurement::sheet::Order;
use crate::measurement::warning_queries::{self as queries, Waiting};
use crate::records::year::current_year;
use crate::web::{Allowed, LAST_PAGE, View, last_page_instead};

/// Children on one page of the list.
const PAGE: usize = 50;

/// Which page of the list.
#[derive(Deserialize)]
pub struct PageNumber {
    page: Option<i64>,
}

/// The warnings that nobody has confirmed: as many as the home page counts.
pub async fn warnings(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    number: web::Query<PageNumber>,
) -> Result<HttpResponse, AppError> {
    let page = number.page.unwrap_or(1).clamp(1, LAST_PAGE) as usize;
    let first = (page - 1) * PAGE;
    let (scope, actor, today) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clock.today(),
    );
    let inside = app.clone();
    let (year, total, warnings, rows, damaged) = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let year = current_year(tx, today)?.unwrap_or_default();
            let mut waiting = queries::waiting(tx, &scope, &year)?;
            let all: Vec<i64> = waiting.iter().map(|child| child.pupil.id).collect();
            let compared = inside.identities.open(
                tx,
                &actor,
                Purpose::Recording,
                Whose::PartOfYear(&year, &all),
            )?;
            sort_by_school_class_and_name(&mut waiting, &compared.people);
            let damaged = compared.notice();
            drop(compared);
            let warnings: usize = waiting.iter().map(|child| child.codes.len()).sum();
            let total = waiting.len();
            let shown: Vec<Waiting> = waiting.into_iter().skip(first).take(PAGE).collect();
            let ids: Vec<i64> = shown.iter().map(|child| child.pupil.id).collect();
            let names =
                inside
                    .identities
                    .open(tx, &actor, Purpose::Recording, Whose::Pupils(&ids))?;
            let is_damaged = |id| matches!(names.found(id), Found::Damaged);
            let measured = queries::standing_measurements(tx, &ids)?;
            let rows: Vec<Value> = shown
                .iter()
                .map(|child| {
                    let pupil = &child.pupil;
                    let held = measured.get(&pupil.id);
                    json!({
                        "id": pupil.id,
                        "damaged": is_damaged(pupil.id),
                        "name": names.people.get(&pupil.id).map(|it| format!("{}, {}", it.family_name, it.given_name)),
                        "urn": pupil.school_urn,
                        "school": child.school,
                        "class": names.people.get(&pupil.id).map(|it| it.particulars.class.as_str()),
                        "on_roll": pupil.on_roll,
                        "version": pupil.outcome_version,
                        "height_mm": held.map(|held| held.height_mm),
                        "weight_g": held.map(|held| held.weight_g),
                        "measured_on": held.map(|held| held.measured_on),
                        "month_only": held.is_some_and(|held| held.month_only),
                        "by": held.and_then(|held| held.measured_by.clone()),
                        "words": child.codes.iter().map(|code| words(code)).collect::<Vec<_>>(),
                    })
                })
                .collect();
            Ok((year, total, warnings, rows, damaged))
        })
        .await?;
    if let Some(elsewhere) = last_page_instead(&request, page, total.div_ceil(PAGE)) {
        return Ok(elsewhere);
    }
    View::new(&app, &request, &allowed, "Warnings to confirm")
        .with("year", year)
        .with("damaged", damaged.unwrap_or_default())
        .with("warnings", warnings)
        .with("total", total)
        .with("page", page)
        .with("pages", total.div_ceil(PAGE))
        .with("first", first + 1)
        .with("last", first + rows.len())
        .with("rows", rows)
        .render("pages/measurement/warnings.html")
}

/// Puts the list into the order in which somebody walks through a school with it.
fn sort_by_school_class_and_name(waiting: &mut [Waiting], names: &People) {
    let order = Order::new();
    waiting.sort_by(|one, other| {
        let school = |it: &Waiting| (it.school.clone(), it.pupil.school_urn);
        let by_person = match (names.get(&one.pupil.id), names.get(&other.pupil.id)) {
            (Some(one), Some(other)) => (one.particulars.class)
                .cmp(&other.particulars.class)
                .then_with(|| order.compare(&one.family_name, &other.family_name))
                .then_with(|| order.compare(&one.given_name, &other.given_name)),
            (one, other) => other.is_some().cmp(&one.is_some()),
        };
        school(one)
            .cmp(&school(other))
            .then(by_person)
            .then(one.pupil.id.cmp(&other.pupil.id))
    });
}

fn words(code: &str) -> &'static str {
    Code::from_code(code).map_or("Check this measurement.", entry::warning_words)
}
