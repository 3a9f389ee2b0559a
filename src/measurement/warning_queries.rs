//! Warnings about measurements, and who confirmed them.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::access::Scope;
use crate::db::dialect::insert_many;
use crate::db::schema::{pupil, school, warning};
use crate::db::{Conn, Error};
use crate::records::pupil::{OutcomeKind, Pupil};

/// A stored warning.
#[derive(Clone, Debug, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = warning, treat_none_as_default_value = false)]
pub struct WarningRow {
    /// The child.
    pub pupil_id: i64,
    /// The version it is about.
    pub version: i32,
    /// Its code.
    pub code: String,
    /// Who confirmed that the measurement is right.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<NaiveDateTime>,
}

/// The warnings about measurements that stand, each with its child.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn standing_warnings() -> _ {
    let measured: OutcomeKind = OutcomeKind::Measured;
    warning::table
        .inner_join(pupil::table)
        .filter(pupil::outcome.eq(measured))
        .filter(warning::version.eq(pupil::outcome_version))
}

/// Every warning of a child, by version.
pub fn warnings_of(tx: &mut Conn, pupil: i64) -> Result<Vec<WarningRow>, Error> {
    Ok(warning::table
        .filter(warning::pupil_id.eq(pupil))
        .order((warning::version, warning::code))
        .select(WarningRow::as_select())
        .load(tx)?)
}

/// The warnings about the measurements that stand for the children of a school, by child and code.
pub(super) fn standing_warnings_of_school(
    tx: &mut Conn,
    year: &str,
    urn: i32,
) -> Result<Vec<WarningRow>, Error> {
    Ok(standing_warnings()
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .order((warning::pupil_id, warning::code))
        .select(WarningRow::as_select())
        .load(tx)?)
}

/// A child whose measurement waits to be confirmed.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The child.
    pub pupil: Pupil,
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
        .select((Pupil::as_select(), school::name, warning::code))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    let mut children: BTreeMap<i64, Waiting> = BTreeMap::new();
    for (pupil, school, code) in query.load::<(Pupil, String, String)>(tx)? {
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

pub(super) fn insert_warning(tx: &mut Conn, row: &WarningRow) -> Result<(), Error> {
    diesel::insert_into(warning::table)
        .values((
            warning::pupil_id.eq(row.pupil_id),
            warning::version.eq(row.version),
            warning::code.eq(&row.code),
            warning::confirmed_by.eq(&row.confirmed_by),
            warning::confirmed_at.eq(row.confirmed_at),
        ))
        .execute(tx)?;
    Ok(())
}

/// Confirms the open warnings of a version; returns how many there were.
pub(super) fn confirm_warnings(
    tx: &mut Conn,
    pupil: i64,
    version: i32,
    by: &str,
    now: NaiveDateTime,
) -> Result<usize, Error> {
    Ok(diesel::update(
        warning::table
            .filter(warning::pupil_id.eq(pupil))
            .filter(warning::version.eq(version))
            .filter(warning::confirmed_by.is_null()),
    )
    .set((warning::confirmed_by.eq(by), warning::confirmed_at.eq(now)))
    .execute(tx)?)
}

insert_many!(
    /// Inserts warnings that wait to be confirmed.
    pub(super) insert_warnings, WarningRow, warning
);
