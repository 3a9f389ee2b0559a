//! Measurements with warnings that nobody has confirmed.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::queries::{Measured, PupilRow};
use crate::access::Scope;
use crate::db::schema::{measurement, pupil, school, warning};
use crate::db::{Conn, Error};

/// SQLite takes 32,766 values in a statement.
const NUMBERS_A_STATEMENT: usize = 10_000;

/// A child whose measurement waits to be confirmed.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The child.
    pub pupil: PupilRow,
    /// The school's name.
    pub school: String,
    /// The codes of the warnings that wait.
    pub codes: Vec<String>,
}

/// The children of a year, at schools in scope, whose measurement waits to be confirmed.
pub fn waiting(tx: &mut Conn, scope: &Scope, year: &str) -> Result<Vec<Waiting>, Error> {
    let mut query = warning::table
        .inner_join(pupil::table.inner_join(school::table))
        .filter(pupil::year_label.eq(year))
        .filter(warning::version.eq(pupil::outcome_version))
        .filter(warning::confirmed_by.is_null())
        .order((pupil::id, warning::code))
        .select((PupilRow::as_select(), school::name, warning::code))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    let mut children: BTreeMap<i64, Waiting> = BTreeMap::new();
    for (pupil, school, code) in query.load::<(PupilRow, String, String)>(tx)? {
        children
            .entry(pupil.id)
            .or_insert_with(|| Waiting {
                pupil,
                school,
                codes: Vec::new(),
            })
            .codes
            .push(code);
    }
    Ok(children.into_values().collect())
}

/// How many warnings of a year wait to be confirmed, at schools in scope.
pub fn warnings_to_confirm(tx: &mut Conn, scope: &Scope, year: &str) -> Result<i64, Error> {
    let children = waiting(tx, scope, year)?;
    Ok(children.iter().map(|child| child.codes.len() as i64).sum())
}

/// The measurements that stand for these children.
pub fn standing_measurements(
    tx: &mut Conn,
    pupils: &[i64],
) -> Result<HashMap<i64, Measured>, Error> {
    let mut found = HashMap::new();
    for chunk in pupils.chunks(NUMBERS_A_STATEMENT) {
        let rows: Vec<Measured> = measurement::table
            .inner_join(pupil::table)
            .filter(pupil::id.eq_any(chunk))
            .filter(measurement::version.eq(pupil::outcome_version))
            .select(Measured::as_select())
            .load(tx)?;
        found.extend(rows.into_iter().map(|row| (row.pupil_id, row)));
    }
    Ok(found)
}
