//! Pages: finding a child, its record, its flags, correcting it.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::queries::{self, Flags};
use super::record::{chart_of, measured_json, state_of};
use super::{MOST_SHOWN, Wanted, correct};
use crate::access::{Permission, needs};
use crate::app::App;
use crate::audit::{self, Action};
use crate::error::{AppError, internal};
use crate::identity::{Purpose, Whose, notice};
use crate::letters::afterwards::afterwards_of_child;
use crate::measurement::history_queries::history;
use crate::measurement::queries::pupil_in_scope;
use crate::measurement::sheet::Order;
use crate::measurement::{entry, queries as measurements};
use crate::records::school;
use crate::records::year::current_year;
use crate::web::{Allowed, FormData, Submitted, View, redirect_with};
use programme::Coded as _;
use programme::{Person, ReasonNotMeasured, YearGroup};

/// What a search came to.
#[derive(Default)]
struct Matches {
    /// The children shown.
    rows: Vec<Value>,
    /// How many fit.
    total: usize,
    /// Children who could not be compared, in words.
    damaged: Option<String>,
}

/// The search form.
pub async fn search_page(
    allowed: Allowed<needs::ViewChild>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    render_search(&allowed, &app, &request, &FormData::default(), None).await
}

async fn render_search(
    allowed: &Allowed<needs::ViewChild>,
    app: &web::Data<App>,
    request: &HttpRequest,
    form: &FormData,
    found: Option<Matches>,
) -> Result<HttpResponse, AppError> {
    let today = app.clock.today();
    let (years, current) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            Ok((queries::years_with_names(tx)?, current_year(tx, today)?))
        })
        .await?;
    let years: Vec<Value> = years
        .into_iter()
        .map(|year| json!({"value": year, "text": year}))
        .collect();
    let searched = found.is_some();
    let Matches {
        rows,
        total,
        damaged,
    } = found.unwrap_or_default();
    View::new(app, request, allowed, "Children")
        .with("years", years)
        .with("current", current.unwrap_or_default())
        .with("searched", searched)
        .with("damaged", damaged.unwrap_or_default())
        .with("shown", rows.len())
        .with("rows", rows)
        .with("total", total)
        .form(form)
        .render("pages/children/search.html")
}

/// Looks for children by parts of their names or by the NHS number. A form, so that no name stands in an address.
pub async fn search(
    allowed: Allowed<needs::ViewChild>,
    app: web::Data<App>,
    request: HttpRequest,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let wanted = match Wanted::read(form.text("q")) {
        Ok(wanted) => wanted,
        Err(error) => {
            form.error("q", error.to_string());
            return render_search(&allowed, &app, &request, &form, None).await;
        }
    };
    let (scope, actor) = (allowed.scope().clone(), allowed.actor().clone());
    let (inside, year) = (app.clone(), form.text("year").to_owned());
    let found = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let year = queries::years_with_names(tx)?
                .into_iter()
                .find(|label| *label == year)
                .ok_or_else(|| {
                    crate::error::bad_request("Choose an academic year whose names are still held.")
                })?;
            let places = queries::places(tx, &scope, &year)?;
            let door = &inside.identities;
            let compared = door.open(tx, &actor, Purpose::FindingChild, Whose::WholeYear(&year))?;
            // Outside the scope a child does not exist, damaged or not.
            let in_scope = compared.unreadable.iter().map(|one| one.pupil);
            let damaged = notice(in_scope.filter(|pupil| places.contains_key(pupil)));
            let compared = compared.people;
            let mut ids: Vec<i64> = compared
                .iter()
                .filter(|(id, person)| places.contains_key(id) && wanted.fits(person))
                .map(|(id, _)| *id)
                .collect();
            let order = Order::new();
            ids.sort_by(|a, b| match (compared.get(a), compared.get(b)) {
                (Some(one), Some(two)) => order
                    .compare(&one.family_name, &two.family_name)
                    .then_with(|| order.compare(&one.given_name, &two.given_name))
                    .then(a.cmp(b)),
                _ => a.cmp(b),
            });
            let total = ids.len();
            ids.truncate(MOST_SHOWN);
            drop(compared);
            let shown = door.open(tx, &actor, Purpose::FindingChild, Whose::Pupils(&ids))?;
            let urns: Vec<i32> = places.values().map(|(urn, _)| *urn).collect();
            let schools = school::names_of(tx, &unique(urns))?;
            let rows: Vec<Value> = ids
                .iter()
                .filter_map(|id| {
                    let (person, (urn, group)) = (shown.people.get(id)?, places.get(id)?);
                    Some(json!({
                        "id": id,
                        "name": format!("{}, {}", person.family_name, person.given_name),
                        "born": person.date_of_birth,
                        "school": schools.get(urn),
                        "year_group": YearGroup::from_code(group).map(|group| group.to_string()),
                        "class": person.particulars.class,
                    }))
                })
                .collect();
            Ok(Matches {
                rows,
                total,
                damaged,
            })
        })
        .await?;
    render_search(&allowed, &app, &request, &form, Some(found)).await
}

fn unique(mut urns: Vec<i32>) -> Vec<i32> {
    urns.sort_unstable();
    urns.dedup();
    urns
}

/// One child's page.
pub async fn child_page(
    allowed: Allowed<needs::ViewChild>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (scope, actor, inside, id) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clone(),
        *id,
    );
    let (row, page) = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let row = pupil_in_scope(tx, &scope, id)?.ok_or(AppError::NotFound)?;
            let person = inside
                .identities
                .open(tx, &actor, Purpose::ViewingRecord, Whose::Pupils(&[id]))?
                .one(id)?;
            let school = school::name(tx, row.school_urn)?;
            let measured = measurements::measurements_of(tx, id)?;
            let reasons = measurements::reasons_of(tx, id)?;
            let history = history(tx, id)?;
            let warnings: Vec<Value> = measurements::warnings_of(tx, id)?
                .into_iter()
                .filter(|warning| warning.version == row.outcome_version)
                .map(|warning| {
                    let words = growth::plausibility::Code::from_code(&warning.code)
                        .map_or("Check this measurement.", entry::warning_words);
                    json!({"words": words, "confirmed_by": warning.confirmed_by})
                })
                .collect();
            let afterwards = afterwards_of_child(tx, id)?;
            let letters: Vec<Value> = queries::letters_of(tx, id)?
                .into_iter()
                .map(|letter| {
                    let afterwards = afterwards.get(&letter.id);
                    json!({
                        "id": letter.id,
                        "kind": letter.kind,
                        "state": letter.state,
                        "sent_at": letter.sent_at,
                        "afterwards": afterwards.map(|afterwards| &afterwards.happened),
                    })
                })
                .collect();
            let timeline = timeline(queries::events_of(tx, id)?, queries::accesses_of(tx, id)?);
            let page = json!({
                "person": person.as_ref().map(person_json),
                "class": person.as_ref().map(|person| person.particulars.class.clone()),
                "flags": flags_of(&row, person.as_ref()),
                "school": school,
                "chart": chart_of(&row, person.as_ref(), &measured),
                "measurements": measured.iter().rev()
                    .filter_map(|held| Some((held, state_of(&history, held.version, &row)?)))
                    .map(|(held, state)| measured_json(&row, person.as_ref(), held, state)).collect::<Vec<_>>(),
                "reasons": reasons.iter().rev().filter_map(|held| Some(json!({
                    "words": ReasonNotMeasured::from_code(&held.reason).map_or("not measured", ReasonNotMeasured::words),
                    "noted_on": held.noted_on,
                    "by": held.recorded_by,
                    "state": state_of(&history, held.version, &row)?,
                }))).collect::<Vec<_>>(),
                "warnings": warnings,
                "letters": letters,
                "timeline": timeline,
            });
            Ok((row, page))
        })
        .await?;
    let group = YearGroup::from_code(&row.year_group).map(|group| group.to_string());
    View::new(&app, &request, &allowed, "Child")
        .with("id", row.id)
        .with("year", &row.year_label)
        .with("urn", row.school_urn)
        .with("sex", if row.sex == "F" { "Female" } else { "Male" })
        .with("year_group", group)
        .with("on_roll", row.on_roll)
        .with("outcome", &row.outcome)
        .with("name_removed_on", row.name_removed_on)
        .with("may_edit", allowed.session().may(Permission::EditChild))
        .with(
            "may_letter",
            allowed.session().may(Permission::ManageLetters),
        )
        .with("page", page)
        .render("pages/children/child.html")
}

/// The flags of a child; those sealed with the name are gone with it.
fn flags_of(row: &measurements::PupilRow, person: Option<&Person>) -> Flags {
    let particulars = person.map(|person| &person.particulars);
    Flags {
        opted_out: row.opted_out,
        sensitive: particulars.is_some_and(|it| it.sensitive),
        growth_condition: particulars.is_some_and(|it| it.growth_condition),
    }
}

fn person_json(person: &Person) -> Value {
    let contacts: Vec<Value> = person
        .contacts
        .iter()
        .map(|contact| {
            json!({
                "name": contact.addressed_as(),
                "relationship": contact.relationship,
                "email": contact.email,
                "phone": contact.phone,
                "language": contact.language,
                "send_letters": contact.send_letters,
            })
        })
        .collect();
    let mut address = person.address_lines.clone();
    address.push(person.town.clone());
    address.extend(person.postcode.as_ref().map(ToString::to_string));
    address.retain(|line| !line.is_empty());
    json!({
        "name": person.full_name(),
        "preferred_name": person.preferred_name,
        "born": person.date_of_birth,
        "nhs_number": person.nhs_number.as_ref().map(programme::NhsNumber::spaced),
        "upn": person.upn.as_ref().map(ToString::to_string),
        "address": address,
        "contacts": contacts,
    })
}

/// What was done and seen, the newest first; the same person for the same thing in the same minute once.
fn timeline(events: Vec<queries::Happening>, accesses: Vec<queries::Happening>) -> Vec<Value> {
    let mut lines: BTreeSet<(NaiveDateTime, String, String)> = BTreeSet::new();
    let minute = |at: NaiveDateTime| {
        use chrono::{DurationRound, TimeDelta};
        at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
    };
    for event in events {
        lines.insert((minute(event.at), event.by, action_words(&event.what)));
    }
    for access in accesses {
        let words = Purpose::from_code(&access.what).map_or_else(
            || format!("Name seen: {}", access.what),
            |purpose| format!("Name seen {}", purpose.explanation()),
        );
        lines.insert((minute(access.at), access.by, words));
    }
    lines
        .into_iter()
        .rev()
        .map(|(at, by, what)| json!({"at": at, "by": by, "what": what}))
        .collect()
}

fn action_words(action: &str) -> String {
    match Action::from_code(action) {
        Some(Action::MeasurementRecorded) => "Measurement recorded".to_owned(),
        Some(Action::MeasurementNotMeasured) => "Reason for no measurement recorded".to_owned(),
        Some(Action::MeasurementUndone) => "Outcome undone".to_owned(),
        Some(Action::MeasurementPutBack) => "Undone outcome put back".to_owned(),
        Some(Action::MeasurementConfirmed) => "Measurement confirmed".to_owned(),
        Some(Action::MeasurementReassessed) => "Assessed again after a correction".to_owned(),
        Some(Action::ChildCorrected) => "Details corrected".to_owned(),
        Some(Action::ChildFlagsSet) => "Flags set".to_owned(),
        _ => action.replace(['.', '_'], " "),
    }
}

/// Sets a child's flags.
pub async fn set_flags(
    allowed: Allowed<needs::EditChild>,
    app: web::Data<App>,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(form) = form;
    let has = |flag: &str| form.all("flags").any(|chosen| chosen == flag);
    let flags = Flags {
        opted_out: has("opted_out"),
        sensitive: has("sensitive"),
        growth_condition: has("growth_condition"),
    };
    let (scope, actor, now, id) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clock.now(),
        *id,
    );
    let inside = app.clone();
    app.db
        .write(move |tx| -> Result<(), AppError> {
            let row = pupil_in_scope(tx, &scope, id)?.ok_or(AppError::NotFound)?;
            let mut person = correct::open(tx, &inside, &actor, id)?;
            person.particulars.sensitive = flags.sensitive;
            person.particulars.growth_condition = flags.growth_condition;
            inside.identities.put(tx, &row.year_label, id, &person)?;
            queries::set_opted_out(tx, id, flags.opted_out, now)?;
            let subject = format!("pupil:{id}");
            let detail = serde_json::to_value(flags).map_err(internal)?;
            Ok(audit::event(
                tx,
                &actor,
                now,
                Action::ChildFlagsSet,
                &subject,
                &detail,
            )?)
        })
        .await?;
    Ok(redirect_with(
        &format!("/children/{id}"),
        "success",
        "The flags were set",
    ))
}

/// The form with a child's details.
pub async fn details_page(
    allowed: Allowed<needs::EditChild>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, AppError> {
    let (scope, actor, inside, id) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clone(),
        *id,
    );
    let form = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let row = pupil_in_scope(tx, &scope, id)?.ok_or(AppError::NotFound)?;
            let person = correct::open(tx, &inside, &actor, id)?;
            correct::filled(&row, &person)
        })
        .await?;
    render_details(&allowed, &app, &request, id, &form)
}

fn render_details(
    allowed: &Allowed<needs::EditChild>,
    app: &web::Data<App>,
    request: &HttpRequest,
    id: i64,
    form: &FormData,
) -> Result<HttpResponse, AppError> {
    let contacts: Vec<usize> = (0..correct::CONTACTS).collect();
    View::new(app, request, allowed, "Correct a child’s details")
        .with("id", id)
        .with("contacts", contacts)
        .form(form)
        .render("pages/children/details.html")
}

/// Corrects a child's details.
pub async fn correct_details(
    allowed: Allowed<needs::EditChild>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<i64>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(mut form) = form;
    let (scope, actor, inside, id) = (
        allowed.scope().clone(),
        allowed.actor().clone(),
        app.clone(),
        *id,
    );
    let form = app
        .db
        .write(move |tx| -> Result<_, AppError> {
            let row = pupil_in_scope(tx, &scope, id)?.ok_or(AppError::NotFound)?;
            let held = correct::open(tx, &inside, &actor, id)?;
            if correct::is_of_now(&mut form, &row, &held)?
                && let Some(correction) = correct::read(&mut form, &held, inside.clock.today())
            {
                correct::apply(tx, &inside, &actor, &row, &held, &correction)?;
            }
            Ok(form)
        })
        .await?;
    if form.is_valid() {
        Ok(redirect_with(
            &format!("/children/{id}"),
            "success",
            "The details were corrected",
        ))
    } else {
        render_details(&allowed, &app, &request, id, &form)
    }
}
