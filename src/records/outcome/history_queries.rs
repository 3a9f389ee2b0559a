//! The versions of outcomes.

use std::collections::HashMap;

use diesel::prelude::*;

use super::history::History;
use crate::db::schema::{measurement, not_measured, pupil};
use crate::db::{Conn, Error};

/// Child, version, and the version that it repeats.
type VersionRow = (i64, i32, Option<i32>);

/// The versions of one child's outcome.
pub fn history(tx: &mut Conn, pupil: i64) -> Result<History, Error> {
    Ok(histories(tx, &[pupil])?.remove(&pupil).unwrap_or_default())
}

/// The versions of the outcome of each of these children, a page of a list at most; children without any are left out.
pub fn histories(tx: &mut Conn, pupils: &[i64]) -> Result<HashMap<i64, History>, Error> {
    let measured: Vec<VersionRow> = measurement::table
        .filter(measurement::pupil_id.eq_any(pupils))
        .select((
            measurement::pupil_id,
            measurement::version,
            measurement::repeats,
        ))
        .load(tx)?;
    let reasons: Vec<VersionRow> = not_measured::table
        .filter(not_measured::pupil_id.eq_any(pupils))
        .select((
            not_measured::pupil_id,
            not_measured::version,
            not_measured::repeats,
        ))
        .load(tx)?;
    Ok(gathered(measured.into_iter().chain(reasons)))
}

/// The versions of the outcome of each child of a school; children without any are left out.
pub fn histories_of_school(
    tx: &mut Conn,
    year: &str,
    urn: i32,
) -> Result<HashMap<i64, History>, Error> {
    let measured: Vec<VersionRow> = measurement::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .select((
            measurement::pupil_id,
            measurement::version,
            measurement::repeats,
        ))
        .load(tx)?;
    let reasons: Vec<VersionRow> = not_measured::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(pupil::school_urn.eq(urn))
        .select((
            not_measured::pupil_id,
            not_measured::version,
            not_measured::repeats,
        ))
        .load(tx)?;
    Ok(gathered(measured.into_iter().chain(reasons)))
}

fn gathered(rows: impl Iterator<Item = VersionRow>) -> HashMap<i64, History> {
    let mut histories: HashMap<i64, History> = HashMap::new();
    for (pupil, version, repeats) in rows {
        histories.entry(pupil).or_default().add(version, repeats);
    }
    histories
}
