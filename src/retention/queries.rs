//! The rows that retention reads, erases and coarsens.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::policy::Rule;
use super::unlink_queries;
use crate::db::schema::{
    academic_year, account, identity, import_pupil, import_row, letter, measurement, outbox, pupil,
    pupil_to_seal,
};
use crate::db::{Conn, Error, dialect};

/// A year that names may be held for, with its rule.
#[derive(Clone, Debug)]
pub(super) struct RuledYear {
    pub(super) label: String,
    pub(super) rule: Rule,
    pub(super) instrument: String,
    pub(super) key_state: String,
    pub(super) key_destroyed_at: Option<NaiveDateTime>,
}

/// Every year with a rule, the oldest first.
pub(super) fn ruled_years(tx: &mut Conn) -> Result<Vec<RuledYear>, Error> {
    type Row = (
        String,
        NaiveDate,
        i32,
        Option<String>,
        String,
        Option<NaiveDateTime>,
    );
    let rows: Vec<Row> = academic_year::table
        .filter(academic_year::retention_days.is_not_null())
        .order(academic_year::starts_on)
        .select((
            academic_year::label,
            academic_year::ends_on,
            academic_year::retention_days.assume_not_null(),
            academic_year::instrument,
            academic_year::key_state,
            academic_year::key_destroyed_at,
        ))
        .load(tx)?;
    rows.into_iter()
        .map(
            |(label, ends_on, retention_days, instrument, key_state, key_destroyed_at)| {
                // A period that is none must not count as one of no days, which would erase every name tonight.
                if retention_days < 1 {
                    return Err(Error::Schema(format!(
                        "the retention period of {label} is {retention_days} days, which is none"
                    )));
                }
                Ok(RuledYear {
                    label,
                    rule: Rule {
                        ends_on,
                        retention_days,
                    },
                    // Without it names go all the same; the evidence shows that it is missing.
                    instrument: instrument.unwrap_or_default(),
                    key_state,
                    key_destroyed_at,
                })
            },
        )
        .collect()
}

/// The measurement that stands for a child, if it was measured.
macro_rules! with_standing_measurement {
    ($year:expr) => {
        identity::table
            .inner_join(pupil::table)
            .left_join(
                measurement::table.on(measurement::pupil_id
                    .eq(pupil::id)
                    .and(measurement::version.eq(pupil::outcome_version))
                    .and(pupil::outcome.eq("measured"))),
            )
            .filter(identity::year_label.eq($year))
    };
}

/// How many names a year holds, by the date of the measurement that stands; `None` for children never measured.
pub(super) fn names_by_date_measured(
    tx: &mut Conn,
    year: &str,
) -> Result<Vec<(Option<NaiveDate>, i64)>, Error> {
    Ok(with_standing_measurement!(year)
        .group_by(measurement::measured_on)
        .select((measurement::measured_on.nullable(), count_star()))
        .load(tx)?)
}

/// A child whose name is due.
#[derive(Queryable)]
pub(super) struct NameDue {
    pub(super) pupil: i64,
    /// The sealed bytes, for their mark.
    pub(super) sealed: Vec<u8>,
    /// The day of the measurement that stands.
    pub(super) measured_on: Option<NaiveDate>,
}

/// Children whose name is due: those measured on `until` or before, and, if `never_measured_too`, those never
/// measured.
pub(super) fn names_due(
    tx: &mut Conn,
    year: &str,
    until: NaiveDate,
    never_measured_too: bool,
    limit: i64,
) -> Result<Vec<NameDue>, Error> {
    let measured = with_standing_measurement!(year)
        .filter(measurement::measured_on.le(until))
        .order(identity::pupil_id)
        .limit(limit)
        .select((
            identity::pupil_id,
            identity::sealed,
            measurement::measured_on.nullable(),
        ))
        .load::<NameDue>(tx)?;
    if !measured.is_empty() || !never_measured_too {
        return Ok(measured);
    }
    Ok(with_standing_measurement!(year)
        .filter(measurement::id.is_null())
        .order(identity::pupil_id)
        .limit(limit)
        .select((
            identity::pupil_id,
            identity::sealed,
            measurement::measured_on.nullable(),
        ))
        .load(tx)?)
}

/// Deletes the sealed identities of these children, with what still waits to be sealed beside them; returns how many
/// there were.
pub(super) fn delete_identities(tx: &mut Conn, pupils: &[i64]) -> Result<usize, Error> {
    diesel::delete(pupil_to_seal::table.filter(pupil_to_seal::pupil_id.eq_any(pupils)))
        .execute(tx)?;
    Ok(diesel::delete(identity::table.filter(identity::pupil_id.eq_any(pupils))).execute(tx)?)
}

/// Notes the month in which the names of these children went.
pub(super) fn note_removal(tx: &mut Conn, pupils: &[i64], month: NaiveDate) -> Result<(), Error> {
    diesel::update(
        pupil::table
            .filter(pupil::id.eq_any(pupils))
            .filter(pupil::name_removed_on.is_null()),
    )
    .set((
        pupil::name_removed_on.eq(month),
        pupil::updated_at.eq(month.and_time(NaiveTime::MIN)),
    ))
    .execute(tx)?;
    Ok(())
}

/// Children whose name is gone and whose record was touched since: an exact date of a measurement, a reason or a
/// confirmation, a letter that waits, or a row of a book that leads to it.
pub(super) fn touched_after_removal(tx: &mut Conn) -> Result<Vec<i64>, Error> {
    let mut pupils: Vec<i64> = measurement::table
        .inner_join(pupil::table)
        .filter(measurement::month_only.eq(false))
        .filter(pupil::name_removed_on.is_not_null())
        .select(pupil::id)
        .distinct()
        .load(tx)?;
    pupils.extend(
        letter::table
            .inner_join(pupil::table)
            .filter(pupil::name_removed_on.is_not_null())
            .filter(letter::state.ne_all(["sent", "in_doubt", "cancelled"]))
            .select(pupil::id)
            .distinct()
            .load::<i64>(tx)?,
    );
    pupils.extend(dialect::noted_exactly_after_removal(tx)?);
    pupils.extend(unlink_queries::linked_after_removal(tx)?);
    pupils.sort_unstable();
    pupils.dedup();
    Ok(pupils)
}

/// Children of a year whose record was not coarsened, because they never had a name.
pub(super) fn not_coarsened(tx: &mut Conn, year: &str) -> Result<Vec<i64>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .filter(pupil::name_removed_on.is_null())
        .select(pupil::id)
        .load(tx)?)
}

/// How many rows of children without a name still hold something sealed: none, unless something went wrong.
pub(super) fn sealed_without_a_name(tx: &mut Conn) -> Result<i64, Error> {
    let names: i64 = identity::table
        .inner_join(pupil::table)
        .filter(pupil::name_removed_on.is_not_null())
        .count()
        .get_result(tx)?;
    let rows: i64 = import_row::table
        .inner_join(pupil::table)
        .filter(pupil::name_removed_on.is_not_null())
        .filter(import_row::sealed.is_not_null())
        .count()
        .get_result(tx)?;
    let befores: i64 = import_pupil::table
        .inner_join(pupil::table)
        .filter(pupil::name_removed_on.is_not_null())
        .filter(import_pupil::sealed_before.is_not_null())
        .count()
        .get_result(tx)?;
    let messages: i64 = outbox::table
        .inner_join(letter::table.inner_join(pupil::table))
        .filter(pupil::name_removed_on.is_not_null())
        .filter(outbox::sealed.is_not_null())
        .count()
        .get_result(tx)?;
    Ok(names + rows + befores + messages)
}

/// Notes that a year takes no more names.
pub(super) fn close_year(tx: &mut Conn, year: &str) -> Result<(), Error> {
    diesel::update(academic_year::table.find(year))
        .set(academic_year::key_state.eq("destroyed"))
        .execute(tx)?;
    Ok(())
}

/// Notes when a year's key was destroyed.
pub(super) fn note_key_destroyed(
    tx: &mut Conn,
    year: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(academic_year::table.find(year))
        .set(academic_year::key_destroyed_at.eq(now))
        .execute(tx)?;
    Ok(())
}

/// Names and addresses of the people who sign in.
pub(super) fn staff_names(tx: &mut Conn) -> Result<Vec<String>, Error> {
    let rows: Vec<(String, String)> = account::table
        .select((account::name, account::email))
        .load(tx)?;
    Ok(rows
        .into_iter()
        .flat_map(|(name, email)| [name, email])
        .collect())
}
