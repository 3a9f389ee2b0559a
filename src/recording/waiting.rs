//! The measurements that wait to be confirmed.

use chrono::NaiveDate;
use growth::plausibility::Code;
use serde::Serialize;

use crate::access::Scope;
use crate::error::AppError;
use crate::identity::{Found, Opened, People, Purpose, Whose};
use crate::measurement::entry;
use crate::measurement::sheet::Order;
use crate::measurement::warning_queries::{Waiting, waiting};
use crate::records::outcome::{Measured, standing_measurements_of};
use crate::records::year::current_year;
use crate::web::{Asked, Pager};
use crate::work::Work;

/// Children on one page of the list.
pub(super) const PAGE: i64 = 50;

/// A page of the list.
#[derive(Serialize)]
pub(super) struct WaitingPage {
    year: String,
    /// Children whose record cannot be read, in words.
    damaged: String,
    /// Warnings on all pages.
    warnings: usize,
    pub(super) pager: Pager,
    rows: Vec<Line>,
}

/// A child whose measurement waits.
#[derive(Serialize)]
struct Line {
    id: i64,
    damaged: bool,
    name: Option<String>,
    urn: i32,
    school: String,
    class: Option<String>,
    on_roll: bool,
    version: i32,
    height_mm: Option<i32>,
    weight_g: Option<i32>,
    measured_on: Option<NaiveDate>,
    month_only: bool,
    by: Option<String>,
    words: Vec<&'static str>,
}

/// A page of the measurements that wait at schools in scope. All their names are opened to be sorted, and those of the
/// page for the one who asked.
pub(super) fn waiting_page(
    work: &mut Work<'_>,
    scope: &Scope,
    asked: Asked,
) -> Result<WaitingPage, AppError> {
    let year = current_year(work.tx, work.today)?.unwrap_or_default();
    let mut waiting = waiting(work.tx, scope, &year)?;
    let all: Vec<i64> = waiting.iter().map(|child| child.pupil.id).collect();
    let compared = open(work, Whose::PartOfYear(&year, &all))?;
    sort_by_school_class_and_name(&mut waiting, &compared.people);
    let damaged = compared.notice().unwrap_or_default();
    drop(compared);
    let warnings = waiting.iter().map(|child| child.codes.len()).sum();
    let pager = asked.of(waiting.len() as i64);
    let shown: Vec<Waiting> = waiting
        .into_iter()
        .skip(asked.offset() as usize)
        .take(PAGE as usize)
        .collect();
    let ids: Vec<i64> = shown.iter().map(|child| child.pupil.id).collect();
    let names = open(work, Whose::Pupils(&ids))?;
    let measured = standing_measurements_of(work.tx, &ids)?;
    let rows = shown
        .into_iter()
        .map(|child| {
            let held = measured.get(&child.pupil.id);
            line(child, &names, held)
        })
        .collect();
    Ok(WaitingPage {
        year,
        damaged,
        warnings,
        pager,
        rows,
    })
}

fn open(work: &mut Work<'_>, whose: Whose<'_>) -> Result<Opened, AppError> {
    Ok(work
        .identities
        .open(work.tx, work.actor, Purpose::Recording, whose)?)
}

fn line(child: Waiting, names: &Opened, held: Option<&Measured>) -> Line {
    let pupil = child.pupil;
    let found = names.found(pupil.id);
    let person = found.person();
    Line {
        id: pupil.id,
        damaged: matches!(found, Found::Damaged),
        name: person.map(|it| format!("{}, {}", it.family_name, it.given_name)),
        urn: pupil.school_urn,
        school: child.school,
        class: person.map(|it| it.particulars.class.clone()),
        on_roll: pupil.on_roll,
        version: pupil.outcome_version,
        height_mm: held.map(|held| held.height_mm),
        weight_g: held.map(|held| held.weight_g),
        measured_on: held.map(|held| held.measured_on),
        month_only: held.is_some_and(|held| held.month_only),
        by: held.and_then(|held| held.measured_by.clone()),
        words: child.codes.iter().map(|code| words(code)).collect(),
    }
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
