//! What Home asks of the tables itself: everything else is asked of its owner.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::access::Scope;
use crate::db::schema::visit;
use crate::db::{Conn, Error};

/// The schools in scope with a visit of the year before `today`.
pub(super) fn visited_schools(
    tx: &mut Conn,
    year: &str,
    today: NaiveDate,
    scope: &Scope,
) -> Result<BTreeSet<i32>, Error> {
    let mut query = visit::table
        .filter(visit::year_label.eq(year.to_owned()))
        .filter(visit::visit_on.lt(today))
        .select(visit::school_urn)
        .distinct()
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(visit::school_urn.eq_any(urns));
    }
    Ok(query.load(tx)?.into_iter().collect())
}
