//! What the books say: accesses, disclosures, and everything held about single children.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::{
    academic_year, access, access_pupil, disclosure, disclosure_pupil, import, import_pupil,
    letter, measurement, not_measured, pupil, school, warning,
};
use crate::db::{Conn, Error};

/// Rows of the books that one page shows.
pub(super) const PAGE: i64 = 50;

/// A year's rule for keeping names.
#[derive(Clone, Debug, Queryable, Serialize)]
pub(super) struct YearRule {
    pub(super) label: String,
    pub(super) retention_days: Option<i32>,
    pub(super) instrument: Option<String>,
    pub(super) key_state: String,
    pub(super) key_destroyed_at: Option<NaiveDateTime>,
}

/// An unsealing of identities.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = access)]
pub(super) struct Access {
    id: i64,
    at: NaiveDateTime,
    actor_kind: String,
    actor_label: String,
    pub(super) purpose: String,
    scope_kind: String,
    year_label: Option<String>,
    pupil_count: i32,
}

/// Something that left the organisation.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = disclosure)]
pub(super) struct Disclosed {
    id: i64,
    at: NaiveDateTime,
    actor_kind: String,
    actor_label: String,
    recipient: String,
    purpose: String,
    fields: String,
    child_count: i32,
    reference: Option<String>,
    reason: Option<String>,
}

/// Which rows of a book to show.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// Only this purpose.
    pub(super) purpose: Option<String>,
    /// Only rows about this child.
    pub(super) pupil: Option<i64>,
}

/// Every year's rule, the latest year first.
pub(super) fn year_rules(tx: &mut Conn) -> Result<Vec<YearRule>, Error> {
    Ok(academic_year::table
        .order(academic_year::starts_on.desc())
        .select((
            academic_year::label,
            academic_year::retention_days,
            academic_year::instrument,
            academic_year::key_state,
            academic_year::key_destroyed_at,
        ))
        .load(tx)?)
}

/// One page of the access log, newest first, and how many rows the filter leaves in all.
pub(super) fn accesses(
    tx: &mut Conn,
    filter: &Filter,
    page: i64,
) -> Result<(Vec<Access>, i64), Error> {
    let chosen = || {
        let mut query = access::table.into_boxed();
        if let Some(purpose) = &filter.purpose {
            query = query.filter(access::purpose.eq(purpose.clone()));
        }
        if let Some(pupil) = filter.pupil {
            query = query.filter(
                access::id.eq_any(
                    access_pupil::table
                        .filter(access_pupil::pupil_id.eq(pupil))
                        .select(access_pupil::access_id),
                ),
            );
        }
        query
    };
    let total = chosen().count().get_result(tx)?;
    let rows = chosen()
        .order((access::at.desc(), access::id.desc()))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .select(Access::as_select())
        .load(tx)?;
    Ok((rows, total))
}

/// One page of the disclosure ledger, newest first, and how many rows the filter leaves in all.
pub(super) fn disclosures(
    tx: &mut Conn,
    filter: &Filter,
    page: i64,
) -> Result<(Vec<Disclosed>, i64), Error> {
    let chosen = || {
        let mut query = disclosure::table.into_boxed();
        if let Some(purpose) = &filter.purpose {
            query = query.filter(disclosure::purpose.eq(purpose.clone()));
        }
        if let Some(pupil) = filter.pupil {
            query = query.filter(
                disclosure::id.eq_any(
                    disclosure_pupil::table
                        .filter(disclosure_pupil::pupil_id.eq(pupil))
                        .select(disclosure_pupil::disclosure_id),
                ),
            );
        }
        query
    };
    let total = chosen().count().get_result(tx)?;
    let rows = chosen()
        .order((disclosure::at.desc(), disclosure::id.desc()))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .select(Disclosed::as_select())
        .load(tx)?;
    Ok((rows, total))
}

/// The purposes that the ledger knows so far.
pub(super) fn disclosure_purposes(tx: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(disclosure::table
        .select(disclosure::purpose)
        .distinct()
        .order(disclosure::purpose)
        .load(tx)?)
}

/// The years whose names can still be opened, the latest first.
pub(super) fn years_with_names(tx: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(academic_year::table
        .filter(academic_year::key_state.eq("active"))
        .order(academic_year::starts_on.desc())
        .select(academic_year::label)
        .load(tx)?)
}

/// The statistical record of a child in one year.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = pupil)]
pub(super) struct PupilRow {
    pub(super) id: i64,
    pub(super) year_label: String,
    pub(super) school_urn: i32,
    pub(super) year_group: String,
    pub(super) sex: String,
    pub(super) ethnic_group: Option<String>,
    pub(super) deprivation_quintile: Option<i32>,
    pub(super) opted_out: bool,
    pub(super) on_roll: bool,
    pub(super) name_removed_on: Option<NaiveDate>,
    pub(super) created_at: NaiveDateTime,
}

/// A version of a measurement.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = measurement)]
pub(super) struct MeasurementRow {
    pub(super) version: i32,
    pub(super) measured_on: NaiveDate,
    pub(super) age_months: i32,
    pub(super) height_mm: i32,
    pub(super) weight_g: i32,
    pub(super) population_category: Option<String>,
    pub(super) clinical_category: Option<String>,
    pub(super) measured_by: Option<String>,
    pub(super) recorded_by: String,
    pub(super) recorded_at: NaiveDateTime,
}

/// A reason why there is no measurement.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = not_measured)]
pub(super) struct NotMeasuredRow {
    pub(super) version: i32,
    pub(super) reason: String,
    pub(super) noted_on: NaiveDate,
    pub(super) recorded_by: String,
}

/// Something that had to be confirmed.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = warning)]
pub(super) struct WarningRow {
    pub(super) version: i32,
    pub(super) code: String,
    pub(super) confirmed_by: Option<String>,
    pub(super) confirmed_at: Option<NaiveDateTime>,
}

/// A letter to the parents.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = letter)]
pub(super) struct LetterRow {
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) reasons: String,
    pub(super) created_at: NaiveDateTime,
    pub(super) sent_at: Option<NaiveDateTime>,
}

/// A roster that brought or changed the child.
#[derive(Clone, Debug, Queryable, Serialize)]
pub(super) struct ImportRow {
    kind: String,
    action: String,
    pub(super) created_by: String,
    created_at: NaiveDateTime,
}

/// An access to this child's identity.
#[derive(Clone, Debug, Queryable, Serialize)]
pub(super) struct AccessRow {
    at: NaiveDateTime,
    pub(super) actor_label: String,
    pub(super) purpose: String,
}

/// A disclosure of this child's data.
#[derive(Clone, Debug, Queryable, Serialize)]
pub(super) struct DisclosureRow {
    at: NaiveDateTime,
    recipient: String,
    purpose: String,
    fields: String,
}

/// The records of these children, with their schools' names; the latest year first.
pub(super) fn pupils(tx: &mut Conn, ids: &[i64]) -> Result<Vec<(PupilRow, String)>, Error> {
    Ok(pupil::table
        .inner_join(school::table)
        .filter(pupil::id.eq_any(ids))
        .order((pupil::year_label.desc(), pupil::id))
        .select((PupilRow::as_select(), school::name))
        .load(tx)?)
}

/// Every version of a child's measurement.
pub(super) fn measurements(tx: &mut Conn, pupil: i64) -> Result<Vec<MeasurementRow>, Error> {
    Ok(measurement::table
        .filter(measurement::pupil_id.eq(pupil))
        .order(measurement::version)
        .select(MeasurementRow::as_select())
        .load(tx)?)
}

/// Every reason recorded for a child.
pub(super) fn reasons_not_measured(
    tx: &mut Conn,
    pupil: i64,
) -> Result<Vec<NotMeasuredRow>, Error> {
    Ok(not_measured::table
        .filter(not_measured::pupil_id.eq(pupil))
        .order(not_measured::version)
        .select(NotMeasuredRow::as_select())
        .load(tx)?)
}

/// Every warning about a child.
pub(super) fn warnings(tx: &mut Conn, pupil: i64) -> Result<Vec<WarningRow>, Error> {
    Ok(warning::table
        .filter(warning::pupil_id.eq(pupil))
        .order((warning::version, warning::code))
        .select(WarningRow::as_select())
        .load(tx)?)
}

/// Every letter about a child.
pub(super) fn letters(tx: &mut Conn, pupil: i64) -> Result<Vec<LetterRow>, Error> {
    Ok(letter::table
        .filter(letter::pupil_id.eq(pupil))
        .order(letter::id)
        .select(LetterRow::as_select())
        .load(tx)?)
}

/// The imports that a child came from.
pub(super) fn imports(tx: &mut Conn, pupil: i64) -> Result<Vec<ImportRow>, Error> {
    Ok(import_pupil::table
        .inner_join(import::table)
        .filter(import_pupil::pupil_id.eq(pupil))
        .order(import::id)
        .select((
            import::kind,
            import_pupil::action,
            import::created_by,
            import::created_at,
        ))
        .load(tx)?)
}

/// Who opened a child's identity.
pub(super) fn accesses_to(tx: &mut Conn, pupil: i64) -> Result<Vec<AccessRow>, Error> {
    Ok(access_pupil::table
        .inner_join(access::table)
        .filter(access_pupil::pupil_id.eq(pupil))
        .order(access::id)
        .select((access::at, access::actor_label, access::purpose))
        .load(tx)?)
}

/// To whom a child's data went.
pub(super) fn disclosures_of(tx: &mut Conn, pupil: i64) -> Result<Vec<DisclosureRow>, Error> {
    Ok(disclosure_pupil::table
        .inner_join(disclosure::table)
        .filter(disclosure_pupil::pupil_id.eq(pupil))
        .order(disclosure::id)
        .select((
            disclosure::at,
            disclosure::recipient,
            disclosure::purpose,
            disclosure::fields,
        ))
        .load(tx)?)
}
