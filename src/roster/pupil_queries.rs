//! The statistical records of children, as far as a roster makes or changes them.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::schema::{identity, import_row, pupil};
use crate::db::{Conn, Error, dialect};
use programme::Place;

/// SQLite takes 32,766 values in a statement.
const VALUES_A_STATEMENT: usize = 10_000;

/// The statistical record of a child, as far as an import may change it.
#[derive(Debug, Clone, Hash, Queryable, Selectable)]
#[diesel(table_name = pupil)]
pub(super) struct PupilRow {
    pub(super) id: i64,
    pub(super) school_urn: i32,
    pub(super) year_group: String,
    pub(super) sex: String,
    pub(super) on_roll: bool,
    pub(super) name_removed_on: Option<NaiveDate>,
}

/// The children of a year.
pub(super) fn pupils_of_year(tx: &mut Conn, year: &str) -> Result<Vec<PupilRow>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .order(pupil::id)
        .select(PupilRow::as_select())
        .load(tx)?)
}

/// The children of a year who have no deprivation quintile and may still have a
/// name.
pub(super) fn pupils_without_quintile(tx: &mut Conn, year: &str) -> Result<Vec<i64>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .filter(pupil::deprivation_quintile.is_null())
        .filter(pupil::name_removed_on.is_null())
        .order(pupil::id)
        .select(pupil::id)
        .load(tx)?)
}

/// Notes the deprivation quintile of a child's home.
pub(super) fn set_quintile(
    tx: &mut Conn,
    id: i64,
    place: &Place,
    at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(pupil::table.find(id))
        .set((
            pupil::deprivation_quintile.eq(place.quintile()),
            pupil::deprivation_vintage.eq(place.decile_vintage),
            pupil::updated_at.eq(at),
        ))
        .execute(tx)?;
    Ok(())
}

/// Writes what a newer list changed in a child's statistical record.
pub(super) fn update_pupil(tx: &mut Conn, new: &dialect::NewPupil<'_>) -> Result<(), Error> {
    diesel::update(pupil::table.find(new.id))
        .set((
            pupil::school_urn.eq(new.school_urn),
            pupil::year_group.eq(new.year_group),
            pupil::sex.eq(new.sex),
            pupil::ethnic_group.eq(new.ethnic_group),
            pupil::deprivation_quintile.eq(new.deprivation_quintile),
            pupil::deprivation_vintage.eq(new.deprivation_vintage),
            pupil::on_roll.eq(true),
            pupil::updated_at.eq(new.updated_at.at()),
        ))
        .execute(tx)?;
    Ok(())
}

/// Puts a child on roll, or takes it off.
pub(super) fn set_on_roll(
    tx: &mut Conn,
    id: i64,
    on_roll: bool,
    at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(pupil::table.find(id))
        .set((pupil::on_roll.eq(on_roll), pupil::updated_at.eq(at)))
        .execute(tx)?;
    Ok(())
}

/// Takes children away that an import had brought.
pub(super) fn delete_pupils(tx: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    for chunk in pupils.chunks(VALUES_A_STATEMENT) {
        diesel::update(import_row::table.filter(import_row::pupil_id.eq_any(chunk)))
            .set(import_row::pupil_id.eq(None::<i64>))
            .execute(tx)?;
        diesel::delete(identity::table.filter(identity::pupil_id.eq_any(chunk))).execute(tx)?;
        diesel::delete(pupil::table.filter(pupil::id.eq_any(chunk))).execute(tx)?;
    }
    Ok(())
}
