//! The rows of counts and of releases.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::Serialize;

use super::authorities::{held_by, published_with};
use super::state::ReleaseState;
use crate::db::schema::{
    disclosure, local_authority, measurement, pupil, release, release_figure, school,
};
use crate::db::{Conn, Error};
use crate::measurement::participation::Tally;
use crate::measurement::{Place, tallies_of};

// Children are counted by what stands on the child and on its measurement.
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    pupil::school_urn,
    pupil::year_label,
    pupil::year_group,
    pupil::sex,
    measurement::population_category,
    measurement::population_severe,
);

/// A school that counts in the statistics.
#[derive(Clone, Debug, Queryable)]
pub(super) struct SchoolRow {
    pub(super) urn: i32,
    pub(super) name: String,
    pub(super) la_code: String,
}

/// Children measured, by category.
#[derive(Clone, Debug, Queryable)]
pub(super) struct CategoryCount {
    pub(super) urn: i32,
    pub(super) year: String,
    pub(super) year_group: String,
    pub(super) sex: String,
    pub(super) category: Option<String>,
    pub(super) severe: bool,
    pub(super) children: i64,
}

/// Everything counted for some schools and years.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) authorities: Vec<(String, String)>,
    pub(super) schools: Vec<SchoolRow>,
    pub(super) categories: Vec<CategoryCount>,
    pub(super) participation: BTreeMap<Place, Tally>,
}

/// Whose children are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// One school's.
    School(i32),
    /// Those of an authority's schools.
    Authority(String),
    /// Everybody's.
    Everybody,
}

impl Whose {
    /// The URN, when it is one school's.
    pub(super) fn school(&self) -> Option<i32> {
        match self {
            Self::School(urn) => Some(*urn),
            Self::Authority(_) | Self::Everybody => None,
        }
    }
}

/// Counts the children of some years, of schools that are part of the statistics.
pub(super) fn count_children(
    tx: &mut Conn,
    whose: &Whose,
    years: &[String],
) -> Result<Counted, Error> {
    let mut schools = school::table
        .filter(school::in_statistics.eq(true))
        .into_boxed();
    match whose {
        Whose::School(urn) => schools = schools.filter(school::urn.eq(*urn)),
        Whose::Authority(code) => schools = schools.filter(school::la_code.eq_any(held_by(code))),
        Whose::Everybody => {}
    }
    let mut schools: Vec<SchoolRow> = schools
        .order(school::urn)
        .select((school::urn, school::name, school::la_code))
        .load(tx)?;
    for school in &mut schools {
        if let Some(with) = published_with(&school.la_code) {
            with.clone_into(&mut school.la_code);
        }
    }
    let authorities = authorities_of(tx, &schools)?;

    let urns: Vec<i32> = schools.iter().map(|school| school.urn).collect();
    let place = (pupil::school_urn, pupil::year_label, pupil::year_group);
    let categories = measurement::table
        .inner_join(pupil::table)
        .group_by((
            place,
            pupil::sex,
            measurement::population_category,
            measurement::population_severe,
        ))
        .select((
            pupil::school_urn,
            pupil::year_label,
            pupil::year_group,
            pupil::sex,
            measurement::population_category,
            measurement::population_severe,
            count_star(),
        ))
        .filter(measurement::version.eq(pupil::outcome_version))
        .filter(pupil::outcome.eq("measured"))
        .filter(pupil::year_label.eq_any(years))
        .filter(pupil::school_urn.eq_any(&urns))
        .load(tx)?;
    Ok(Counted {
        authorities,
        categories,
        participation: tallies_of(tx, Some(&urns), years)?,
        schools,
    })
}

/// The authorities whose figures hold these schools: code and name, with the name of a small neighbour that is part of
/// them.
fn authorities_of(tx: &mut Conn, schools: &[SchoolRow]) -> Result<Vec<(String, String)>, Error> {
    let names: BTreeMap<String, String> = local_authority::table
        .select((local_authority::code, local_authority::name))
        .load::<(String, String)>(tx)?
        .into_iter()
        .collect();
    let codes: BTreeSet<&String> = schools.iter().map(|school| &school.la_code).collect();
    Ok(codes
        .into_iter()
        .map(|code| {
            let parts: Vec<String> = held_by(code)
                .iter()
                .filter_map(|code| names.get(code).cloned())
                .collect();
            (code.clone(), parts.join(" and "))
        })
        .collect())
}

/// A release as it is listed.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = release)]
pub struct ReleaseRow {
    /// Its number.
    pub id: i64,
    /// `school:URN`, `la:CODE` or `public`.
    pub audience: String,
    /// The years, `;` between them.
    pub years: String,
    /// Where it is.
    pub state: ReleaseState,
    /// The date of the counts.
    pub as_at: NaiveDate,
    /// What it is called.
    pub title: String,
    /// The audit's result, as JSON.
    pub evidence: String,
    /// Whether it passed.
    pub audit_passed: bool,
    /// Whether something speaks against publishing it: it shows nothing, or a part of a year.
    pub needs_care: bool,
    /// The sealed release; never shown.
    #[serde(skip)]
    pub frozen: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: NaiveDateTime,
    /// When it was published.
    pub published_at: Option<NaiveDateTime>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<NaiveDateTime>,
}

/// Every release, the newest first; with audiences, theirs only.
pub fn releases(tx: &mut Conn, audiences: Option<&[String]>) -> Result<Vec<ReleaseRow>, Error> {
    let mut query = release::table.into_boxed();
    if let Some(audiences) = audiences {
        query = query
            .filter(release::audience.eq_any(audiences.to_vec()))
            .filter(release::state.eq(ReleaseState::Published));
    }
    Ok(query
        .order(release::id.desc())
        .select(ReleaseRow::as_select())
        .load(tx)?)
}

/// The releases that can be published with nothing to speak against it, the newest first.
pub fn releases_to_publish(tx: &mut Conn) -> Result<Vec<ReleaseRow>, Error> {
    Ok(release::table
        .filter(release::state.eq(ReleaseState::Audited))
        .filter(release::needs_care.eq(false))
        .order(release::id.desc())
        .select(ReleaseRow::as_select())
        .load(tx)?)
}

/// One release.
pub(super) fn release(tx: &mut Conn, number: i64) -> Result<Option<ReleaseRow>, Error> {
    Ok(release::table
        .find(number)
        .select(ReleaseRow::as_select())
        .first(tx)
        .optional()?)
}

/// The numbers and sealed texts of releases that somebody outside has seen: those of which the disclosure ledger tells
/// or that were ever published, withdrawn or not.
pub(super) fn shown_releases(tx: &mut Conn) -> Result<Vec<(i64, String)>, Error> {
    let rows: Vec<(i64, String, bool)> = release::table
        .order(release::id)
        .select((
            release::id,
            release::frozen,
            release::published_at.is_not_null(),
        ))
        .load(tx)?;
    let told: BTreeSet<String> = disclosure::table
        .filter(disclosure::reference.like("release:%"))
        .select(disclosure::reference.assume_not_null())
        .distinct()
        .load::<String>(tx)?
        .into_iter()
        .collect();
    Ok(rows
        .into_iter()
        .filter(|(id, _, published)| *published || told.contains(&format!("release:{id}")))
        .map(|(id, frozen, _)| (id, frozen))
        .collect())
}

/// The greatest number that a release in the database has; 0 where there is none.
pub(super) fn last_number(tx: &mut Conn) -> Result<i64, Error> {
    let last: Option<i64> = release::table
        .select(diesel::dsl::max(release::id))
        .first(tx)?;
    Ok(last.unwrap_or(0))
}

/// The releases made before release `number` that nobody has seen yet: number and audience.
pub(super) fn drafts_before(tx: &mut Conn, number: i64) -> Result<Vec<(i64, String)>, Error> {
    Ok(release::table
        .filter(release::id.lt(number))
        .filter(release::state.eq_any([ReleaseState::Draft, ReleaseState::Audited]))
        .select((release::id, release::audience))
        .load(tx)?)
}

/// Ends a draft: a later release about its places has been shown.
pub(super) fn set_superseded(tx: &mut Conn, number: i64) -> Result<(), Error> {
    diesel::update(release::table.find(number))
        .set(release::state.eq(ReleaseState::Superseded))
        .execute(tx)?;
    Ok(())
}

/// A release to be stored.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = release)]
pub(super) struct NewRelease {
    pub(super) id: i64,
    pub(super) audience: String,
    pub(super) years: String,
    pub(super) state: ReleaseState,
    pub(super) as_at: NaiveDate,
    pub(super) title: String,
    pub(super) evidence: String,
    pub(super) audit_passed: bool,
    pub(super) needs_care: bool,
    pub(super) frozen: String,
    pub(super) made_by: String,
    pub(super) made_at: NaiveDateTime,
}

/// Stores a release with its figures as shown.
pub(super) fn put_release(
    tx: &mut Conn,
    new: &NewRelease,
    records: &[[String; 16]],
) -> Result<(), Error> {
    diesel::insert_into(release::table)
        .values(new)
        .execute(tx)?;
    for (position, record) in records.iter().enumerate() {
        let [
            _,
            _,
            years,
            kind,
            code,
            name,
            group,
            sex,
            measure,
            category,
            numerator,
            denominator,
            percent,
            lower,
            upper,
            as_at,
        ] = record;
        diesel::insert_into(release_figure::table)
            .values((
                release_figure::release_id.eq(new.id),
                release_figure::position.eq(position as i32),
                release_figure::academic_years.eq(years),
                release_figure::area_type.eq(kind),
                release_figure::area_code.eq(code),
                release_figure::area_name.eq(name),
                release_figure::year_group.eq(group),
                release_figure::sex.eq(sex),
                release_figure::measure.eq(measure),
                release_figure::category.eq(category),
                release_figure::numerator.eq(numerator),
                release_figure::denominator.eq(denominator),
                release_figure::percent.eq(percent),
                release_figure::ci_lower.eq(lower),
                release_figure::ci_upper.eq(upper),
                release_figure::as_at.eq(as_at),
            ))
            .execute(tx)?;
    }
    Ok(())
}

/// Writes down a step of a release and the audit's newest result.
pub(super) fn put_state(
    tx: &mut Conn,
    number: i64,
    state: ReleaseState,
    evidence: &str,
    passed: bool,
    published_at: Option<NaiveDateTime>,
    withdrawn_at: Option<NaiveDateTime>,
) -> Result<(), Error> {
    diesel::update(release::table.find(number))
        .set((
            release::state.eq(state),
            release::evidence.eq(evidence),
            release::audit_passed.eq(passed),
            release::published_at.eq(published_at),
            release::withdrawn_at.eq(withdrawn_at),
        ))
        .execute(tx)?;
    Ok(())
}

/// The name and the contact's address of a school or authority.
pub(super) fn contact(
    tx: &mut Conn,
    whose: &Whose,
) -> Result<Option<(String, Option<String>)>, Error> {
    Ok(match whose {
        Whose::School(urn) => school::table
            .find(*urn)
            .select((school::name, school::contact_email))
            .first(tx)
            .optional()?,
        Whose::Authority(code) => local_authority::table
            .find(code)
            .select((local_authority::name, local_authority::contact_email))
            .first(tx)
            .optional()?,
        Whose::Everybody => None,
    })
}

/// Schools and authorities that a release can be made for: value and words.
pub(super) fn audiences(tx: &mut Conn) -> Result<Vec<(String, String)>, Error> {
    let authorities: Vec<(String, String)> = local_authority::table
        .select((local_authority::code, local_authority::name))
        .load(tx)?;
    let schools: Vec<(i32, String)> = school::table
        .filter(school::in_statistics.eq(true))
        .select((school::urn, school::name))
        .load(tx)?;
    let mut all: Vec<(String, String)> = authorities
        .into_iter()
        .filter(|(code, _)| published_with(code).is_none())
        .map(|(code, name)| (format!("la:{code}"), name))
        .collect();
    all.sort_by(|one, other| one.1.cmp(&other.1));
    let mut schools: Vec<(String, String)> = schools
        .into_iter()
        .map(|(urn, name)| (format!("school:{urn}"), format!("{name} ({urn})")))
        .collect();
    schools.sort_by(|one, other| one.1.cmp(&other.1));
    all.push(("public".to_owned(), "Everybody".to_owned()));
    all.extend(schools);
    Ok(all)
}

/// The sealed text of every release.
pub(super) fn frozen_releases(tx: &mut Conn) -> Result<Vec<(i64, String)>, Error> {
    Ok(release::table
        .order(release::id)
        .select((release::id, release::frozen))
        .load(tx)?)
}

/// Writes a release's text as it was sealed anew.
pub(super) fn put_frozen(tx: &mut Conn, number: i64, frozen: &str) -> Result<(), Error> {
    diesel::update(release::table.find(number))
        .set(release::frozen.eq(frozen))
        .execute(tx)?;
    Ok(())
}
