//! Every difference between the two databases, each with its reason.
//!
//! diesel's `MultiConnection` speaks the common subset of SQL. What lies outside it is a `match` here, so that no
//! query elsewhere can behave differently on one of the two.

mod bulk;

pub use bulk::*;

use diesel::prelude::*;

use super::schema::{
    academic_year, access_pupil, disclosure_pupil, identity, job, measurement, not_measured,
    setting, submission, warning,
};
use super::{Conn, Error};

/// Inserts or replaces a setting: `on_conflict` does not exist on the common connection.
pub fn put_setting(
    connection: &mut Conn,
    key: &str,
    value: &str,
    by: &str,
    at: chrono::NaiveDateTime,
) -> Result<(), Error> {
    let row = (
        setting::key.eq(key),
        setting::value.eq(value),
        setting::changed_by.eq(by),
        setting::changed_at.eq(at),
    );
    match connection {
        Conn::Sqlite(sqlite) => diesel::insert_into(setting::table)
            .values(row)
            .on_conflict(setting::key)
            .do_update()
            .set(row)
            .execute(sqlite),
        Conn::Postgres(postgres) => diesel::insert_into(setting::table)
            .values(row)
            .on_conflict(setting::key)
            .do_update()
            .set(row)
            .execute(postgres),
    }?;
    Ok(())
}

/// Notes that a form was taken. False when it had been taken before: an error would end PostgreSQL's transaction.
pub fn take_submission(
    connection: &mut Conn,
    token: &str,
    location: &str,
    at: chrono::NaiveDateTime,
) -> Result<bool, Error> {
    let row = (
        submission::token.eq(token),
        submission::location.eq(location),
        submission::at.eq(at),
    );
    let inserted = match connection {
        Conn::Sqlite(sqlite) => diesel::insert_into(submission::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(sqlite),
        Conn::Postgres(postgres) => diesel::insert_into(submission::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(postgres),
    }?;
    Ok(inserted == 1)
}

/// PostgreSQL takes 65,535 values in a statement.
const ROWS_A_STATEMENT: usize = 10_000;

/// Notes the children of an access: a batch of rows does not exist on the common connection.
pub fn insert_access_pupils(
    connection: &mut Conn,
    access: i64,
    pupils: &[i64],
) -> Result<(), Error> {
    for chunk in pupils.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|pupil| {
                (
                    access_pupil::access_id.eq(access),
                    access_pupil::pupil_id.eq(*pupil),
                )
            })
            .collect();
        match connection {
            Conn::Sqlite(sqlite) => diesel::insert_into(access_pupil::table)
                .values(rows)
                .execute(sqlite),
            Conn::Postgres(postgres) => diesel::insert_into(access_pupil::table)
                .values(rows)
                .execute(postgres),
        }?;
    }
    Ok(())
}

/// Notes the children of a disclosure: a batch of rows does not exist on the common connection.
pub fn insert_disclosure_pupils(
    connection: &mut Conn,
    disclosure: i64,
    pupils: &[i64],
) -> Result<(), Error> {
    for chunk in pupils.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|pupil| {
                (
                    disclosure_pupil::disclosure_id.eq(disclosure),
                    disclosure_pupil::pupil_id.eq(*pupil),
                )
            })
            .collect();
        match connection {
            Conn::Sqlite(sqlite) => diesel::insert_into(disclosure_pupil::table)
                .values(rows)
                .execute(sqlite),
            Conn::Postgres(postgres) => diesel::insert_into(disclosure_pupil::table)
                .values(rows)
                .execute(postgres),
        }?;
    }
    Ok(())
}

/// One process links the audit chain at a time. SQLite's writer is alone as it is.
pub fn lock_audit_chain(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7370165)").execute(postgres)?;
    }
    Ok(())
}

/// Keeps a year's row from being changed until the transaction ends: names must not come into a year whose key is
/// being destroyed. SQLite's writer is alone as it is.
pub fn hold_year(connection: &mut Conn, label: &str) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        academic_year::table
            .find(label)
            .select(academic_year::label)
            .for_share()
            .first::<String>(postgres)
            .optional()?;
    }
    Ok(())
}

/// Waits until nobody holds a year's row (see [`hold_year`]) and takes it for this transaction alone.
pub fn take_year(connection: &mut Conn, label: &str) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        academic_year::table
            .find(label)
            .select(academic_year::label)
            .for_update()
            .first::<String>(postgres)
            .optional()?;
    }
    Ok(())
}

/// How many rows [`coarsen_dates`] changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coarsened {
    /// Versions of measurements.
    pub measurements: usize,
    /// Versions of reasons for no measurement.
    pub not_measured: usize,
}

/// Coarsens every exact date of these children to the first of its month: the databases name the functions differently.
pub fn coarsen_dates(connection: &mut Conn, pupils: &[i64]) -> Result<Coarsened, Error> {
    use diesel::dsl::sql;
    use diesel::sql_types::{Bool, Date, Nullable, Timestamp};
    macro_rules! coarsen {
        ($connection:ident, $month:expr, $moment:expr) => {{
            let measurements = diesel::update(
                measurement::table
                    .filter(measurement::pupil_id.eq_any(pupils))
                    .filter(measurement::month_only.eq(false)),
            )
            .set((
                measurement::measured_on.eq(sql::<Date>(&$month("measured_on"))),
                measurement::recorded_at.eq(sql::<Timestamp>(&$moment("recorded_at"))),
                measurement::month_only.eq(true),
            ))
            .execute($connection)?;
            let not_measured = diesel::update(
                not_measured::table
                    .filter(not_measured::pupil_id.eq_any(pupils))
                    .filter(
                        sql::<Bool>(&format!("noted_on <> {}", $month("noted_on")))
                            .sql(&format!(" OR recorded_at <> {}", $moment("recorded_at"))),
                    ),
            )
            .set((
                not_measured::noted_on.eq(sql::<Date>(&$month("noted_on"))),
                not_measured::recorded_at.eq(sql::<Timestamp>(&$moment("recorded_at"))),
            ))
            .execute($connection)?;
            diesel::update(warning::table.filter(warning::pupil_id.eq_any(pupils)))
                .set(warning::confirmed_at.eq(sql::<Nullable<Timestamp>>(&$moment("confirmed_at"))))
                .execute($connection)?;
            Ok(Coarsened {
                measurements,
                not_measured,
            })
        }};
    }
    match connection {
        Conn::Sqlite(sqlite) => coarsen!(
            sqlite,
            |column| format!("date({column}, 'start of month')"),
            |column| format!("strftime('%Y-%m-01 00:00:00', {column})")
        ),
        Conn::Postgres(postgres) => coarsen!(
            postgres,
            |column| format!("date_trunc('month', {column})::date"),
            |column| format!("date_trunc('month', {column})")
        ),
    }
}

/// Writes a sealed identity over the one that was there: `on_conflict` does not exist on the common connection.
pub fn put_identity(
    connection: &mut Conn,
    year: &str,
    pupil: i64,
    format: i32,
    sealed: &[u8],
    at: chrono::NaiveDateTime,
) -> Result<(), Error> {
    let row = (
        identity::pupil_id.eq(pupil),
        identity::year_label.eq(year),
        identity::format.eq(format),
        identity::sealed.eq(sealed),
        identity::updated_at.eq(at),
    );
    match connection {
        Conn::Sqlite(sqlite) => diesel::insert_into(identity::table)
            .values(row)
            .on_conflict(identity::pupil_id)
            .do_update()
            .set(row)
            .execute(sqlite),
        Conn::Postgres(postgres) => diesel::insert_into(identity::table)
            .values(row)
            .on_conflict(identity::pupil_id)
            .do_update()
            .set(row)
            .execute(postgres),
    }?;
    Ok(())
}

/// What a setting holds.
pub fn get_setting(connection: &mut Conn, key: &str) -> Result<Option<String>, Error> {
    Ok(setting::table
        .find(key)
        .select(setting::value)
        .first(connection)
        .optional()?)
}

/// Gives a scheduled job a row if it has none: an error would end PostgreSQL's transaction.
pub fn ensure_job(connection: &mut Conn, name: &str) -> Result<(), Error> {
    let row = (job::name.eq(name), job::enabled.eq(true));
    match connection {
        Conn::Sqlite(sqlite) => diesel::insert_into(job::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(sqlite),
        Conn::Postgres(postgres) => diesel::insert_into(job::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(postgres),
    }?;
    Ok(())
}
