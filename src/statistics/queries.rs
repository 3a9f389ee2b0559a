//! The rows of counts and of releases.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::Serialize;

use super::aggregate::Counted;
use crate::db::schema::{
    disclosure, headcount, local_authority, measurement, not_measured, pupil, release,
    release_figure, school,
};
use crate::db::{Conn, Error};

// Children are counted by what stands on the child and on its measurement.
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    pupil::school_urn,
    pupil::year_label,
    pupil::year_group,
    pupil::sex,
    measurement::population_category,
    measurement::population_severe,
);

/// Reasons that take a child out of the eligible.
const EXCLUDING: [&str; 3] = [
    "no_longer_at_school",
    "physical_impairment",
    "cognitive_impairment",
];

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

/// Children by outcome.
#[derive(Clone, Debug)]
pub(super) struct OutcomeCount {
    pub(super) urn: i32,
    pub(super) year: String,
    pub(super) year_group: String,
    pub(super) outcome: String,
    pub(super) on_roll: bool,
    /// Not measured for a reason that takes the child out of the eligible.
    pub(super) excluded: bool,
    pub(super) children: i64,
}

/// Eligible children set by hand.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Headcount {
    pub(super) urn: i32,
    pub(super) year: String,
    pub(super) year_group: String,
    pub(super) eligible: i32,
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
        Whose::Authority(code) => schools = schools.filter(school::la_code.eq(code.clone())),
        Whose::Everybody => {}
    }
    let schools: Vec<SchoolRow> = schools
        .order(school::urn)
        .select((school::urn, school::name, school::la_code))
        .load(tx)?;
    let authorities: Vec<(String, String)> = local_authority::table
        .order(local_authority::code)
        .select((local_authority::code, local_authority::name))
        .load(tx)?;
    let authorities = authorities
        .into_iter()
        .filter(|(code, _)| schools.iter().any(|school| school.la_code == *code))
        .collect();

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
    let outcomes: Vec<(i32, String, String, String, bool, i64)> = pupil::table
        .group_by((place, pupil::outcome, pupil::on_roll))
        .select((
            pupil::school_urn,
            pupil::year_label,
            pupil::year_group,
            pupil::outcome,
            pupil::on_roll,
            count_star(),
        ))
        .filter(pupil::year_label.eq_any(years))
        .filter(pupil::school_urn.eq_any(&urns))
        .load(tx)?;
    let excluded: Vec<(i32, String, String, i64)> = not_measured::table
        .inner_join(pupil::table)
        .group_by(place)
        .select((
            pupil::school_urn,
            pupil::year_label,
            pupil::year_group,
            count_star(),
        ))
        .filter(not_measured::version.eq(pupil::outcome_version))
        .filter(not_measured::reason.eq_any(EXCLUDING))
        .filter(pupil::outcome.eq("not_measured"))
        .filter(pupil::on_roll.eq(true))
        .filter(pupil::year_label.eq_any(years))
        .filter(pupil::school_urn.eq_any(&urns))
        .load(tx)?;
    let headcounts: Vec<Headcount> = headcount::table
        .filter(headcount::year_label.eq_any(years))
        .filter(headcount::school_urn.eq_any(&urns))
        .select((
            headcount::school_urn,
            headcount::year_label,
            headcount::year_group,
            headcount::eligible,
        ))
        .load(tx)?;
    Ok(Counted {
        authorities,
        schools,
        categories,
        outcomes: less_excluded(outcomes, excluded),
        headcounts,
    })
}

/// Splits the children not measured into those whose reason takes them out of the eligible and the others.
fn less_excluded(
    rows: Vec<(i32, String, String, String, bool, i64)>,
    out: Vec<(i32, String, String, i64)>,
) -> Vec<OutcomeCount> {
    let mut counts = Vec::with_capacity(rows.len() + out.len());
    for (urn, year, year_group, outcome, on_roll, children) in rows {
        let excluded = out
            .iter()
            .find(|row| {
                on_roll
                    && outcome == "not_measured"
                    && (row.0, &row.1, &row.2) == (urn, &year, &year_group)
            })
            .map_or(0, |row| row.3);
        let count = |excluded, children| OutcomeCount {
            urn,
            year: year.clone(),
            year_group: year_group.clone(),
            outcome: outcome.clone(),
            on_roll,
            excluded,
            children,
        };
        counts.push(count(false, children - excluded));
        if excluded > 0 {
            counts.push(count(true, excluded));
        }
    }
    counts
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
    /// Code of its state.
    pub state: String,
    /// The date of the counts.
    pub as_at: NaiveDate,
    /// What it is called.
    pub title: String,
    /// The audit's result, as JSON.
    pub evidence: String,
    /// Whether it passed.
    pub audit_passed: bool,
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
            .filter(release::state.eq("published"));
    }
    Ok(query
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

/// The sealed texts of releases about the same places that somebody outside has seen: those of which the disclosure
/// ledger tells or that were ever published, withdrawn or not.
pub(super) fn shown_releases(tx: &mut Conn, audience: &str) -> Result<Vec<(i64, String)>, Error> {
    let rows: Vec<(i64, String, String, bool)> = release::table
        .order(release::id)
        .select((
            release::id,
            release::audience,
            release::frozen,
            release::published_at.is_not_null(),
        ))
        .load(tx)?;
    let told: Vec<Option<String>> = disclosure::table
        .filter(disclosure::reference.like("release:%"))
        .select(disclosure::reference)
        .distinct()
        .load(tx)?;
    let school = audience.starts_with("school:");
    let same_places = |other: &str| {
        if school {
            other == audience
        } else {
            !other.starts_with("school:")
        }
    };
    Ok(rows
        .into_iter()
        .filter(|(id, other, _, published)| {
            same_places(other) && (*published || told.contains(&Some(format!("release:{id}"))))
        })
        .map(|(id, _, frozen, _)| (id, frozen))
        .collect())
}

/// The number that the next release gets.
pub(super) fn next_number(tx: &mut Conn) -> Result<i64, Error> {
    let last: Option<i64> = release::table
        .select(diesel::dsl::max(release::id))
        .first(tx)?;
    Ok(last.unwrap_or(0) + 1)
}

/// A release to be stored.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = release)]
pub(super) struct NewRelease {
    pub(super) id: i64,
    pub(super) audience: String,
    pub(super) years: String,
    pub(super) state: &'static str,
    pub(super) as_at: NaiveDate,
    pub(super) title: String,
    pub(super) evidence: String,
    pub(super) audit_passed: bool,
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
    state: &str,
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
