//! Finding children by what somebody typed.

use std::collections::HashMap;

use chrono::NaiveDate;
use programme::YearGroup;
use serde::Serialize;

use super::queries::{self, Place};
use super::wanted::Wanted;
use crate::access::Scope;
use crate::error::{AppError, bad_request};
use crate::identity::{People, Purpose, Whose, notice};
use crate::measurement::sheet::Order;
use crate::records::school;
use crate::work::Work;

/// The most children a search shows.
const MOST_SHOWN: usize = 50;

/// What a search came to.
#[derive(Serialize)]
pub(super) struct Matches {
    /// The children shown.
    rows: Vec<Found>,
    /// How many fit.
    total: usize,
    /// Children who could not be compared, in words.
    damaged: String,
}

/// A child that fits.
#[derive(Serialize)]
struct Found {
    id: i64,
    name: String,
    born: NaiveDate,
    school: Option<String>,
    year_group: Option<String>,
    class: String,
}

/// Looks for children of a year at schools in scope. The year is opened to be compared, and those who fit are opened
/// for the one who asked.
pub(super) fn find(
    work: &mut Work<'_>,
    scope: &Scope,
    year: &str,
    wanted: &Wanted,
) -> Result<Matches, AppError> {
    if !queries::years_with_names(work.tx)?
        .iter()
        .any(|held| held == year)
    {
        return Err(bad_request(
            "Choose an academic year whose names are still held.",
        ));
    }
    let places = queries::places(work.tx, scope, year)?;
    let (mut ids, damaged) = fitting(work, &places, year, wanted)?;
    let total = ids.len();
    ids.truncate(MOST_SHOWN);
    let whose = Whose::Pupils(&ids);
    let shown = work
        .identities
        .open(work.tx, work.actor, Purpose::FindingChild, whose)?;
    let mut urns: Vec<i32> = places.values().map(|(urn, _)| *urn).collect();
    urns.sort_unstable();
    urns.dedup();
    let schools = school::names_of(work.tx, &urns)?;
    let rows = ids
        .iter()
        .filter_map(|id| {
            let (person, (urn, group)) = (shown.people.get(id)?, places.get(id)?);
            Some(Found {
                id: *id,
                name: format!("{}, {}", person.family_name, person.given_name),
                born: person.date_of_birth,
                school: schools.get(urn).cloned(),
                year_group: YearGroup::from_code(group).map(|group| group.to_string()),
                class: person.particulars.class.clone(),
            })
        })
        .collect();
    Ok(Matches {
        rows,
        total,
        damaged: damaged.unwrap_or_default(),
    })
}

/// The children who fit, in the order of their names, and what to say of those who could not be compared.
fn fitting(
    work: &mut Work<'_>,
    places: &HashMap<i64, Place>,
    year: &str,
    wanted: &Wanted,
) -> Result<(Vec<i64>, Option<String>), AppError> {
    let whose = Whose::WholeYear(year);
    let compared = work
        .identities
        .open(work.tx, work.actor, Purpose::FindingChild, whose)?;
    // Outside the scope a child does not exist, damaged or not.
    let in_scope = compared.unreadable.iter().map(|one| one.pupil);
    let damaged = notice(in_scope.filter(|pupil| places.contains_key(pupil)));
    let mut ids: Vec<i64> = compared
        .people
        .iter()
        .filter(|(id, person)| places.contains_key(id) && wanted.fits(person))
        .map(|(id, _)| *id)
        .collect();
    sort_by_name(&mut ids, &compared.people);
    Ok((ids, damaged))
}

fn sort_by_name(ids: &mut [i64], people: &People) {
    let order = Order::new();
    ids.sort_by(|a, b| match (people.get(a), people.get(b)) {
        (Some(one), Some(two)) => order
            .compare(&one.family_name, &two.family_name)
            .then_with(|| order.compare(&one.given_name, &two.given_name))
            .then(a.cmp(b)),
        _ => a.cmp(b),
    });
}
