//! Counts of outcomes and of data quality, by school. Never a child.

use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike, NaiveDate, Weekday};
use diesel::prelude::*;

use super::Reason;
use super::participation::{Outcome, Tally};
use super::quality::Look;
use crate::access::Scope;
use crate::db::schema::{
    academic_year, headcount, measurement, not_measured, pupil, school, warning,
};
use crate::db::{Conn, Error};

/// The tallies of one school by year group (`R`, `6`).
pub type SchoolTallies = BTreeMap<String, Tally>;

/// The year that today lies in, else the newest one with a rule; `None` when there is none.
pub fn current_year(tx: &mut Conn, today: NaiveDate) -> Result<Option<String>, Error> {
    let this: Option<String> = academic_year::table
        .filter(academic_year::starts_on.le(today))
        .filter(academic_year::ends_on.ge(today))
        .select(academic_year::label)
        .first(tx)
        .optional()?;
    match this {
        Some(label) => Ok(Some(label)),
        None => Ok(academic_year::table
            .order(academic_year::starts_on.desc())
            .select(academic_year::label)
            .first(tx)
            .optional()?),
    }
}

/// The tallies of every school in scope that has children or a head-count in the year, by URN.
pub fn tallies(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
) -> Result<BTreeMap<i32, SchoolTallies>, Error> {
    let urns = scope.urns();
    let mut found: BTreeMap<i32, SchoolTallies> = BTreeMap::new();

    let mut counts = pupil::table
        .group_by((pupil::school_urn, pupil::year_group, pupil::outcome))
        .select((
            pupil::school_urn,
            pupil::year_group,
            pupil::outcome,
            diesel::dsl::count_star(),
        ))
        .filter(pupil::year_label.eq(year))
        .filter(pupil::on_roll.eq(true).or(pupil::outcome.eq("measured")))
        .filter(pupil::outcome.ne("not_measured"))
        .into_boxed();
    if let Some(urns) = &urns {
        counts = counts.filter(pupil::school_urn.eq_any(urns));
    }
    for (urn, group, outcome, children) in counts.load::<(i32, String, String, i64)>(tx)? {
        let outcome = if outcome == "measured" {
            Outcome::Measured
        } else {
            Outcome::None
        };
        let tally = found.entry(urn).or_default().entry(group).or_default();
        tally.count(outcome, children as u32);
    }

    // Row by row: diesel groups by columns of one table only, and few children have a reason.
    let mut reasons = not_measured::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::on_roll.eq(true))
        .filter(pupil::outcome.eq("not_measured"))
        .filter(not_measured::version.eq(pupil::outcome_version))
        .select((pupil::school_urn, pupil::year_group, not_measured::reason))
        .into_boxed();
    if let Some(urns) = &urns {
        reasons = reasons.filter(pupil::school_urn.eq_any(urns));
    }
    for (urn, group, reason) in reasons.load::<(i32, String, String)>(tx)? {
        let reason = Reason::from_code(&reason).unwrap_or(Reason::Other);
        let tally = found.entry(urn).or_default().entry(group).or_default();
        tally.count(Outcome::NotMeasured(reason), 1);
    }

    let mut open = warning::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::outcome.eq("measured"))
        .filter(warning::version.eq(pupil::outcome_version))
        .filter(warning::confirmed_by.is_null())
        .select((pupil::id, pupil::school_urn, pupil::year_group))
        .distinct()
        .into_boxed();
    if let Some(urns) = &urns {
        open = open.filter(pupil::school_urn.eq_any(urns));
    }
    for (_, urn, group) in open.load::<(i64, i32, String)>(tx)? {
        found
            .entry(urn)
            .or_default()
            .entry(group)
            .or_default()
            .to_confirm += 1;
    }

    let mut by_hand = headcount::table
        .filter(headcount::year_label.eq(year))
        .select((
            headcount::school_urn,
            headcount::year_group,
            headcount::eligible,
        ))
        .into_boxed();
    if let Some(urns) = &urns {
        by_hand = by_hand.filter(headcount::school_urn.eq_any(urns));
    }
    for (urn, group, eligible) in by_hand.load::<(i32, String, i32)>(tx)? {
        found
            .entry(urn)
            .or_default()
            .entry(group)
            .or_default()
            .set_headcount(eligible.max(0) as u32);
    }
    Ok(found)
}

/// Names of schools in scope, by URN; open ones and those with children in the year.
pub fn school_names(tx: &mut Conn, scope: &Scope) -> Result<BTreeMap<i32, String>, Error> {
    let mut query = school::table
        .filter(school::status.ne(2))
        .select((school::urn, school::name))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(school::urn.eq_any(urns));
    }
    Ok(query.load::<(i32, String)>(tx)?.into_iter().collect())
}

/// A measurement as quality looks at it: child, mm, g, day, whether only its month is kept, measurer, device.
type LookRow = (
    i64,
    i32,
    i32,
    NaiveDate,
    bool,
    Option<String>,
    Option<String>,
);

/// The measurements that count, as quality looks at them.
pub fn looks(tx: &mut Conn, scope: &Scope, year: &str) -> Result<Vec<Look>, Error> {
    let urns = scope.urns();
    // The warning says that a day was at the weekend when the day itself has been coarsened to its month.
    let mut warned = warning::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::outcome.eq("measured"))
        .filter(warning::version.eq(pupil::outcome_version))
        .filter(warning::code.eq_any([
            "extreme_height",
            "extreme_weight",
            "extreme_bmi",
            "weekend",
        ]))
        .select((pupil::id, warning::code))
        .into_boxed();
    let mut rows = measurement::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::outcome.eq("measured"))
        .filter(measurement::version.eq(pupil::outcome_version))
        .select((
            pupil::id,
            measurement::height_mm,
            measurement::weight_g,
            measurement::measured_on,
            measurement::month_only,
            measurement::measured_by,
            measurement::device,
        ))
        .into_boxed();
    if let Some(urns) = &urns {
        warned = warned.filter(pupil::school_urn.eq_any(urns));
        rows = rows.filter(pupil::school_urn.eq_any(urns));
    }
    let (weekends, extremes): (Vec<_>, Vec<_>) = warned
        .load::<(i64, String)>(tx)?
        .into_iter()
        .partition(|(_, code)| code == "weekend");
    let pupils = |warned: Vec<(i64, String)>| -> HashSet<i64> {
        warned.into_iter().map(|(pupil, _)| pupil).collect()
    };
    let (weekends, extremes) = (pupils(weekends), pupils(extremes));
    Ok(rows
        .load::<LookRow>(tx)?
        .into_iter()
        .map(
            |(id, height_mm, weight_g, on, month_only, measured_by, device)| Look {
                height_mm,
                weight_g,
                weekend: weekends.contains(&id)
                    || (!month_only && matches!(on.weekday(), Weekday::Sat | Weekday::Sun)),
                august: on.month() == 8,
                extreme: extremes.contains(&id),
                measured_by,
                device,
            },
        )
        .collect())
}
