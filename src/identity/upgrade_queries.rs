//! The rows of what an earlier version kept in clear and that waits to be sealed.

use diesel::prelude::*;

use crate::db::schema::{pupil, pupil_to_seal};
use crate::db::{Conn, Error};

/// What is known of a child that waits.
#[derive(Queryable, Selectable)]
#[diesel(table_name = pupil_to_seal)]
pub(super) struct ToSeal {
    pub(super) pupil_id: i64,
    pub(super) class_name: Option<String>,
    pub(super) ethnicity: Option<String>,
    pub(super) lsoa: Option<String>,
    pub(super) lsoa_vintage: Option<i32>,
    pub(super) deprivation_decile: Option<i32>,
    pub(super) deprivation_vintage: Option<i32>,
    pub(super) sensitive: bool,
    pub(super) growth_condition: bool,
}

/// The years that have children who wait.
pub(super) fn years_to_seal(tx: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(pupil_to_seal::table
        .inner_join(pupil::table)
        .select(pupil::year_label)
        .distinct()
        .order(pupil::year_label)
        .load(tx)?)
}

/// Some children of a year who wait, after the one numbered `after`.
pub(super) fn to_seal(
    tx: &mut Conn,
    year: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<ToSeal>, Error> {
    Ok(pupil_to_seal::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil_to_seal::pupil_id.gt(after))
        .order(pupil_to_seal::pupil_id)
        .limit(limit)
        .select(ToSeal::as_select())
        .load(tx)?)
}

/// Takes away what was sealed.
pub(super) fn delete(tx: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    diesel::delete(pupil_to_seal::table.filter(pupil_to_seal::pupil_id.eq_any(pupils)))
        .execute(tx)?;
    Ok(())
}
