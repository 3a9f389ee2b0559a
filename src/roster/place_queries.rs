//! Where postcodes lie.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{deprivation, postcode};
use crate::db::{Conn, Error};
use programme::{Place, Postcode};

/// SQLite takes 32,766 values in a statement.
const VALUES_A_STATEMENT: usize = 10_000;

/// Whether postcodes were imported.
pub(super) fn any_postcodes(tx: &mut Conn) -> Result<bool, Error> {
    Ok(postcode::table
        .select(postcode::code)
        .first::<String>(tx)
        .optional()?
        .is_some())
}

/// Where postcodes lie. `None` when no postcodes have been imported at all.
pub(super) fn places(
    tx: &mut Conn,
    codes: &[&Postcode],
) -> Result<Option<HashMap<String, Place>>, Error> {
    if !any_postcodes(tx)? {
        return Ok(None);
    }
    let newest: Option<i32> = deprivation::table
        .select(diesel::dsl::max(deprivation::vintage))
        .first(tx)?;
    let mut places = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(VALUES_A_STATEMENT) {
        let codes: Vec<&str> = chunk.iter().map(|code| code.as_str()).collect();
        let rows: Vec<(String, Option<String>, Option<String>)> = postcode::table
            .filter(postcode::code.eq_any(codes))
            .select((postcode::code, postcode::lsoa11, postcode::lsoa21))
            .load(tx)?;
        for (code, lsoa11, lsoa21) in rows {
            places.insert(code, Place::new(lsoa11, lsoa21, newest));
        }
    }
    let areas: Vec<String> = places
        .values()
        .filter_map(|place| place.lsoa.clone())
        .collect();
    if let Some(vintage) = newest {
        let mut deciles: HashMap<String, i32> = HashMap::new();
        for chunk in areas.chunks(VALUES_A_STATEMENT) {
            deciles.extend(
                deprivation::table
                    .filter(deprivation::vintage.eq(vintage))
                    .filter(deprivation::lsoa.eq_any(chunk))
                    .select((deprivation::lsoa, deprivation::decile))
                    .load::<(String, i32)>(tx)?,
            );
        }
        for place in places.values_mut() {
            place.set_decile(
                vintage,
                place
                    .lsoa
                    .as_ref()
                    .and_then(|lsoa| deciles.get(lsoa))
                    .copied(),
            );
        }
    }
    Ok(Some(places))
}
