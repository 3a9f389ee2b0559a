//! Counts of outcomes and of data quality, by school. Never a child.

use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike, NaiveDate, Weekday};
use diesel::dsl::count_star;
use diesel::prelude::*;
use growth::plausibility::Code;

use super::participation::{Outcome, Tally, outcome_of};
use super::quality::Look;
use super::warning_queries::standing_warnings;
use crate::access::Scope;
use crate::db::schema::{headcount, measurement, not_measured, pupil, warning};
use crate::db::{Conn, Error};
use crate::records::outcome::{standing_measurements, standing_reasons};
use crate::records::pupil::{OutcomeKind, counts_at_its_school};
use programme::ReasonNotMeasured;

// Children not measured are counted by what stands on the child and by the reason.
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    pupil::school_urn,
    pupil::year_label,
    pupil::year_group,
    not_measured::reason,
);

/// The tallies of one school by year group (`R`, `6`).
pub type SchoolTallies = BTreeMap<String, Tally>;

/// Where children are counted: the children of one year group of one school in one academic year.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The school.
    pub urn: i32,
    /// Label of the academic year.
    pub year: String,
    /// Code of the year group, `R` or `6`.
    pub year_group: String,
}

/// The tallies of every school in scope that has children or a head-count in the year, by URN.
pub fn tallies(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
) -> Result<BTreeMap<i32, SchoolTallies>, Error> {
    let mut found: BTreeMap<i32, SchoolTallies> = BTreeMap::new();
    let urns = scope.urns();
    for (place, tally) in tallies_of(tx, urns.as_deref(), &[year.to_owned()])? {
        found
            .entry(place.urn)
            .or_default()
            .insert(place.year_group, tally);
    }
    Ok(found)
}

/// The tallies of some years, at some schools or (with `None`) at all, wherever there are children or a head-count.
/// Whoever counts participation calls this, so that a page, Home and a published figure cannot differ.
pub fn tallies_of(
    tx: &mut Conn,
    urns: Option<&[i32]>,
    years: &[String],
) -> Result<BTreeMap<Place, Tally>, Error> {
    let mut found = BTreeMap::new();
    count_without_reason(tx, urns, years, &mut found)?;
    count_reasons(tx, urns, years, &mut found)?;
    count_to_confirm(tx, urns, years, &mut found)?;
    // Last, because it must know how many were measured.
    set_headcounts(tx, urns, years, &mut found)?;
    Ok(found)
}

/// The tally of a place, begun when it is the first of it.
fn at(
    found: &mut BTreeMap<Place, Tally>,
    (urn, year, year_group): (i32, String, String),
) -> &mut Tally {
    let place = Place {
        urn,
        year,
        year_group,
    };
    found.entry(place).or_default()
}

/// Children by place, outcome and whether they were withdrawn.
type Counted = ((i32, String, String), OutcomeKind, bool, i64);

/// Children measured and children without an outcome yet.
fn count_without_reason(
    tx: &mut Conn,
    urns: Option<&[i32]>,
    years: &[String],
    found: &mut BTreeMap<Place, Tally>,
) -> Result<(), Error> {
    let mut counts = pupil::table
        .group_by((
            pupil::school_urn,
            pupil::year_label,
            pupil::year_group,
            pupil::outcome,
            pupil::opted_out,
        ))
        .select((
            (pupil::school_urn, pupil::year_label, pupil::year_group),
            pupil::outcome,
            pupil::opted_out,
            count_star(),
        ))
        .filter(pupil::year_label.eq_any(years))
        .filter(counts_at_its_school())
        .filter(pupil::outcome.ne(OutcomeKind::NotMeasured))
        .into_boxed();
    if let Some(urns) = urns {
        counts = counts.filter(pupil::school_urn.eq_any(urns));
    }
    let rows: Vec<Counted> = counts.load(tx)?;
    for (place, outcome, opted_out, children) in rows {
        at(found, place).count(outcome_of(outcome, opted_out), children as u32);
    }
    Ok(())
}

/// Children on the roll who were not measured, by reason.
fn count_reasons(
    tx: &mut Conn,
    urns: Option<&[i32]>,
    years: &[String],
    found: &mut BTreeMap<Place, Tally>,
) -> Result<(), Error> {
    let mut reasons = standing_reasons()
        .group_by((
            pupil::school_urn,
            pupil::year_label,
            pupil::year_group,
            not_measured::reason,
        ))
        .select((
            (pupil::school_urn, pupil::year_label, pupil::year_group),
            not_measured::reason,
            count_star(),
        ))
        .filter(pupil::year_label.eq_any(years))
        .filter(pupil::on_roll.eq(true))
        .into_boxed();
    if let Some(urns) = urns {
        reasons = reasons.filter(pupil::school_urn.eq_any(urns));
    }
    for (place, reason, children) in reasons.load::<((i32, String, String), String, i64)>(tx)? {
        let reason = ReasonNotMeasured::from_code(&reason).unwrap_or(ReasonNotMeasured::Other);
        at(found, place).count(Outcome::NotMeasured(reason), children as u32);
    }
    Ok(())
}

/// Measurements with a warning that nobody has confirmed.
fn count_to_confirm(
    tx: &mut Conn,
    urns: Option<&[i32]>,
    years: &[String],
    found: &mut BTreeMap<Place, Tally>,
) -> Result<(), Error> {
    let mut open = standing_warnings()
        .filter(pupil::year_label.eq_any(years))
        .filter(warning::confirmed_by.is_null())
        .select((
            pupil::id,
            (pupil::school_urn, pupil::year_label, pupil::year_group),
        ))
        .distinct()
        .into_boxed();
    if let Some(urns) = urns {
        open = open.filter(pupil::school_urn.eq_any(urns));
    }
    for (_, place) in open.load::<(i64, (i32, String, String))>(tx)? {
        at(found, place).to_confirm += 1;
    }
    Ok(())
}

/// Head-counts set by hand.
fn set_headcounts(
    tx: &mut Conn,
    urns: Option<&[i32]>,
    years: &[String],
    found: &mut BTreeMap<Place, Tally>,
) -> Result<(), Error> {
    let mut by_hand = headcount::table
        .filter(headcount::year_label.eq_any(years))
        .select((
            (
                headcount::school_urn,
                headcount::year_label,
                headcount::year_group,
            ),
            headcount::eligible,
        ))
        .into_boxed();
    if let Some(urns) = urns {
        by_hand = by_hand.filter(headcount::school_urn.eq_any(urns));
    }
    for (place, eligible) in by_hand.load::<((i32, String, String), i32)>(tx)? {
        at(found, place).set_headcount(eligible.max(0) as u32);
    }
    Ok(())
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
    let mut warned = standing_warnings()
        .filter(pupil::year_label.eq(year))
        .filter(warning::code.eq_any([
            Code::ExtremeHeight.code(),
            Code::ExtremeWeight.code(),
            Code::ExtremeBmi.code(),
            Code::Weekend.code(),
        ]))
        .select((pupil::id, warning::code))
        .into_boxed();
    let mut rows = standing_measurements()
        .filter(pupil::year_label.eq(year))
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
        .partition(|(_, code)| code == Code::Weekend.code());
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
