//! Pages: the schools, one school, visits.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::work::{self, HeadcountTooLow, MOST_CHILDREN, Plan, VisitError};
use super::work_queries as queries;
use crate::access::{Permission, Scope, needs};
use crate::app::App;
use crate::audit::Actor;
use crate::db::{self, Conn};
use crate::error::AppError;
use crate::identity::{Identities, Purpose, Whose};
use crate::measurement::participation::Tally;
use crate::measurement::tallies;
use crate::measurement::tally_json;
use crate::records::school;
use crate::records::year::current_year;
use crate::web::{Allowed, Answer, FormData, Submitted, View, once, redirect_with};
use programme::{Urn, YearGroup};

/// Every school in scope with how far it has come.
pub async fn list(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (scope, today) = (allowed.scope().clone(), app.clock.today());
    let (year, schools, tallies) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let year = current_year(tx, today)?.unwrap_or_default();
            let tallies = tallies(tx, &scope, &year)?;
            Ok((year, school::in_scope(tx, &scope)?, tallies))
        })
        .await?;
    let rows: Vec<_> = schools
        .into_iter()
        .filter(|school| school.is_open() || tallies.contains_key(&i32::from(school.urn)))
        .map(|school| {
            let mut tally = Tally::default();
            for group in tallies.get(&i32::from(school.urn)).into_iter().flat_map(BTreeMap::values) {
                tally.add(group);
            }
            json!({"urn": school.urn, "name": school.name, "town": school.town, "tally": tally_json(&tally)})
        })
        .collect();
    View::new(&app, &request, &allowed, "Schools")
        .with("year", year)
        .with("schools", rows)
        .with(
            "may_set_contacts",
            allowed.session().may(Permission::ManageSchools),
        )
        .render("pages/schools/list.html")
}

/// One school: classes, visits, participation, head-counts.
pub async fn school_page(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    urn: web::Path<Urn>,
) -> Result<HttpResponse, AppError> {
    render_school(&allowed, &app, &request, *urn, &FormData::default()).await
}

async fn render_school<P: crate::access::Requires>(
    allowed: &Allowed<P>,
    app: &web::Data<App>,
    request: &HttpRequest,
    urn: Urn,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let (scope, actor, today) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clock.today(),
    );
    let door = app.identities.clone();
    let (year, school, tallies, (classes, damaged), visits, by_hand) = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let school = school::one(tx, &scope, urn)?.ok_or(AppError::NotFound)?;
            let year = current_year(tx, today)?.unwrap_or_default();
            let one = Scope::Schools([urn].into());
            let number = i32::from(urn);
            let tallies = tallies(tx, &one, &year)?
                .remove(&number)
                .unwrap_or_default();
            let classes = classes(tx, &door, &actor, number, &year)?;
            let visits = queries::visits(tx, &scope, &year, Some(number))?;
            let by_hand = queries::headcounts(tx, number, &year)?;
            Ok((year, school, tallies, classes, visits, by_hand))
        })
        .await?;
    let classes: Vec<_> = classes
        .into_iter()
        .map(|((group, class), (children, done))| {
            let words = YearGroup::from_code(&group).map_or(group.clone(), |it| it.to_string());
            json!({"group": group, "group_words": words, "class": class, "class_encoded": percent_encoded(&class), "children": children, "done": done})
        })
        .collect();
    let groups: Vec<_> = YearGroup::ALL
        .iter()
        .map(|group| {
            let tally = tallies.get(group.code()).cloned().unwrap_or_default();
            let hand = by_hand
                .iter()
                .find(|(code, _)| code == group.code())
                .map_or_else(String::new, |(_, number)| number.to_string());
            json!({"code": group.code(), "words": group.to_string(), "tally": tally_json(&tally), "by_hand": hand})
        })
        .collect();
    let without_outcome: u32 = tallies.values().map(|tally| tally.without_outcome).sum();
    View::new(app, request, allowed, school.name.clone())
        .with("without_outcome", without_outcome)
        .with("school", &school)
        .with("year", year)
        .with("classes", classes)
        .with("groups", groups)
        .with("visits", visits)
        .with("may_set", allowed.session().may(Permission::ManageSchools))
        .with("damaged", damaged.unwrap_or_default())
        .with("may_plan", allowed.session().may(Permission::ManageVisits))
        .form(form)
        .render("pages/schools/school.html")
}

/// Children, and those with an outcome, by year group and class; and what to say of those whose class cannot be read.
type Classes = (BTreeMap<(String, String), (u32, u32)>, Option<String>);

/// Counts the children of each class of a school. The class is sealed with the name, so the names are opened for the
/// machine to count by; a child whose name is gone is in no class.
fn classes(
    tx: &mut Conn,
    door: &Identities,
    actor: &Actor,
    urn: i32,
    year: &str,
) -> Result<Classes, AppError> {
    let outcomes = queries::outcomes_on_roll(tx, urn, year)?;
    let pupils: Vec<i64> = outcomes.iter().map(|(pupil, ..)| *pupil).collect();
    let names = door.open(
        tx,
        actor,
        Purpose::Recording,
        Whose::PartOfYear(year, &pupils),
    )?;
    let mut classes = BTreeMap::<_, (u32, u32)>::new();
    for (pupil, group, outcome, opted_out) in outcomes {
        let class = names
            .people
            .get(&pupil)
            .map(|person| person.particulars.class.clone())
            .unwrap_or_default();
        let count = classes.entry((group, class)).or_default();
        count.0 += 1;
        count.1 += u32::from(outcome != "none" || opted_out);
    }
    Ok((classes, names.notice()))
}

/// Sets the head-counts of a school by hand.
pub async fn set_headcounts(
    allowed: Allowed<needs::ManageSchools>,
    app: web::Data<App>,
    request: HttpRequest,
    urn: web::Path<Urn>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let urn = *urn;
    let mut wanted = Vec::new();
    for group in YearGroup::ALL {
        let name = format!("eligible-{}", group.code());
        match form.text(&name) {
            "" => wanted.push((group, None)),
            text => match text.parse::<i32>() {
                Ok(number) if (0..=MOST_CHILDREN).contains(&number) => {
                    wanted.push((group, Some(number)));
                }
                _ => form.error(
                    &name,
                    format!("Enter a whole number from 0 to {MOST_CHILDREN}, or leave it empty to use the class lists"),
                ),
            },
        }
    }
    if !form.is_valid() {
        return render_school(&allowed, &app, &request, urn, &form).await;
    }
    let (scope, actor, now, today) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clock.now(),
        app.clock.today(),
    );
    let too_low = app
        .db
        .write(move |tx| -> Result<Vec<HeadcountTooLow>, AppError> {
            school::one(tx, &scope, urn)?.ok_or(AppError::NotFound)?;
            let year = current_year(tx, today)?.ok_or(AppError::NotFound)?;
            let place = (urn, year.as_str());
            Ok(work::set_headcounts(tx, &actor, now, place, &wanted)?)
        })
        .await?;
    for HeadcountTooLow { group, measured } in &too_low {
        form.error(
            &format!("eligible-{}", group.code()),
            format!(
                "Enter {measured} or more: {measured} children of {group} have been measured at this school"
            ),
        );
    }
    if !form.is_valid() {
        return render_school(&allowed, &app, &request, urn, &form).await;
    }
    Ok(redirect_with(
        &format!("/schools/{urn}"),
        "success",
        "The numbers of eligible children were set",
    ))
}

/// Every visit of the year to schools in scope.
pub async fn visits(
    allowed: Allowed<needs::ViewVisits>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    render_visits(&allowed, &app, &request, &FormData::default()).await
}

async fn render_visits<P: crate::access::Requires>(
    allowed: &Allowed<P>,
    app: &web::Data<App>,
    request: &HttpRequest,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let (scope, today) = (allowed.scope().clone(), app.clock.today());
    let (year, visits, schools) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let year = current_year(tx, today)?.unwrap_or_default();
            let visits = queries::visits(tx, &scope, &year, None)?;
            Ok((year, visits, school::in_scope(tx, &scope)?))
        })
        .await?;
    let (past, coming): (Vec<_>, Vec<_>) = visits
        .into_iter()
        .partition(|visit| visit.row.visit_on < today);
    let schools: Vec<_> = schools
        .into_iter()
        .filter(school::School::is_open)
        .map(|school| json!({"value": school.urn.to_string(), "text": school.name}))
        .collect();
    View::new(app, request, allowed, "Visits")
        .with("year", year)
        .with("coming", coming)
        .with("past", past)
        .with("today", today)
        .with("schools", schools)
        .with("may_plan", allowed.session().may(Permission::ManageVisits))
        .form(form)
        .render("pages/schools/visits.html")
}

/// Why a visit was not planned: something to say beside the field, or another answer.
enum Unplanned {
    Visit(VisitError),
    Other(AppError),
}

impl From<VisitError> for Unplanned {
    fn from(error: VisitError) -> Self {
        match error {
            VisitError::Database(error) => Self::Other(error.into()),
            error => Self::Visit(error),
        }
    }
}

impl From<AppError> for Unplanned {
    fn from(error: AppError) -> Self {
        Self::Other(error)
    }
}

impl From<db::Error> for Unplanned {
    fn from(error: db::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Plans a visit.
pub async fn plan_visit(
    allowed: Allowed<needs::ManageVisits>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let urn = form.parsed::<Urn>("school", "Choose a school");
    let on = form.date("on", "Enter the day of the visit");
    let long = |form: &FormData, name: &str| form.text(name).chars().count() > 200;
    for name in ["team", "note"] {
        form.one_line(name);
        if long(&form, name) {
            form.error(name, "Enter at most 200 characters");
        }
    }
    let (Some(urn), Some(on), true) = (urn, on, form.is_valid()) else {
        return render_visits(&allowed, &app, &request, &form).await;
    };
    let plan = Plan {
        urn,
        on,
        team: form.text("team").to_owned(),
        note: form.text("note").to_owned(),
    };
    let (scope, actor, now, today) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clock.now(),
        app.clock.today(),
    );
    let submission = form.submission();
    let planned = app
        .db
        .write(move |tx| {
            once(tx, &submission, now, |tx| -> Result<Answer, Unplanned> {
                school::one(tx, &scope, plan.urn)?.ok_or(AppError::NotFound)?;
                let year = current_year(tx, today)?.ok_or(AppError::NotFound)?;
                work::plan_visit(tx, &actor, now, &year, &plan)?;
                Ok(Answer::done("/visits", "The visit was added"))
            })
        })
        .await;
    match planned {
        Ok(answer) => Ok(answer.respond()),
        Err(Unplanned::Other(error)) => Err(error),
        Err(Unplanned::Visit(error)) => {
            form.error("on-day", error.to_string());
            render_visits(&allowed, &app, &request, &form).await
        }
    }
}

/// Cancels a visit.
pub async fn cancel_visit(
    allowed: Allowed<needs::ManageVisits>,
    app: web::Data<App>,
    id: web::Path<i64>,
    _form: Submitted,
) -> Result<HttpResponse, AppError> {
    let (actor, now, id) = (allowed.actor().clone(), app.clock.now(), *id);
    let scope = allowed.scope().clone();
    app.db
        .write(move |tx| -> Result<(), AppError> {
            queries::school_of_visit(tx, id)?
                .filter(|urn| scope.covers(*urn))
                .ok_or(AppError::NotFound)?;
            work::cancel_visit(tx, &actor, now, id)?;
            Ok(())
        })
        .await?;
    Ok(redirect_with(
        "/visits",
        "success",
        "The visit was cancelled",
    ))
}

/// A text as it stands in an address.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
