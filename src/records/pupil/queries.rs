//! The rows of children.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::outcome_kind::OutcomeKind;
use crate::access::Scope;
use crate::db::schema::pupil;
use crate::db::{Conn, Error};

/// A child without anything that names it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = pupil)]
pub struct Pupil {
    /// Its number.
    pub id: i64,
    /// Label of the academic year.
    pub year_label: String,
    /// URN of the school.
    pub school_urn: i32,
    /// Code of the year group, `R` or `6`; see [`Self::year_group`].
    #[diesel(column_name = year_group)]
    pub year_group_code: String,
    /// Code of the sex, `F` or `M`; see [`Self::sex`].
    #[diesel(column_name = sex)]
    pub sex_code: String,
    /// Whether a parent has withdrawn the child.
    pub opted_out: bool,
    /// Whether the child is on the school's list.
    pub on_roll: bool,
    /// What stands for the child.
    pub outcome: OutcomeKind,
    /// The version of the outcome that counts: how often it has changed.
    pub outcome_version: i32,
    /// When the name was erased.
    pub name_removed_on: Option<NaiveDate>,
}

/// One child.
pub fn pupil(tx: &mut Conn, id: i64) -> Result<Option<Pupil>, Error> {
    Ok(pupil::table
        .find(id)
        .select(Pupil::as_select())
        .first(tx)
        .optional()?)
}

/// One child, if its school is in scope.
pub fn in_scope(tx: &mut Conn, scope: &Scope, id: i64) -> Result<Option<Pupil>, Error> {
    Ok(pupil(tx, id)?.filter(|pupil| scope.covers(pupil.school_urn)))
}

/// The children with these numbers, a page of a list at most.
pub fn pupils(tx: &mut Conn, ids: &[i64]) -> Result<Vec<Pupil>, Error> {
    Ok(pupil::table
        .filter(pupil::id.eq_any(ids))
        .select(Pupil::as_select())
        .load(tx)?)
}

/// The children on a school's list.
pub fn on_roll_of_school(tx: &mut Conn, year: &str, urn: i32) -> Result<Vec<Pupil>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .filter(pupil::on_roll.eq(true))
        .order(pupil::id)
        .select(Pupil::as_select())
        .load(tx)?)
}

/// The children of a year.
pub fn of_year(tx: &mut Conn, year: &str) -> Result<Vec<Pupil>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .select(Pupil::as_select())
        .load(tx)?)
}

/// The condition that a child counts at its school: it is on the list, or left it after it was measured.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn counts_at_its_school() -> _ {
    let measured: OutcomeKind = OutcomeKind::Measured;
    pupil::on_roll.eq(true).or(pupil::outcome.eq(measured))
}
