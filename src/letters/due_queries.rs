//! Letters that have not gone and are due: one query for counts and lists.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::due::{Due, UNSENT};
use super::state::Kind;
use crate::access::Scope;
use crate::db::schema::{letter, measurement, pupil};
use crate::db::{Conn, Error};

/// The result letters at schools in scope that tell the latest outcome, have not gone and are as pressing as `due`: the
/// longest overdue first.
pub(super) fn letters_due(
    tx: &mut Conn,
    scope: &Scope,
    due: Due,
    today: NaiveDate,
) -> Result<Vec<i64>, Error> {
    let (first, last) = due.measured_between(today);
    let mut query = letter::table
        .inner_join(pupil::table.inner_join(measurement::table))
        .filter(letter::kind.eq(Kind::Result))
        .filter(letter::state.eq_any(UNSENT))
        .filter(letter::version.eq(pupil::outcome_version))
        .filter(pupil::name_removed_on.is_null())
        .filter(measurement::version.eq(letter::version))
        .filter(measurement::month_only.eq(false))
        .filter(measurement::measured_on.le(last))
        .order((measurement::measured_on, letter::id))
        .select(letter::id)
        .into_boxed();
    if let Some(first) = first {
        query = query.filter(measurement::measured_on.ge(first));
    }
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.load(tx)?)
}
