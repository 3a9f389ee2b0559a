//! What an erasure does to the rows that stay: dates to the month, ages to half-years, and no order that tells anything.
//!
//! The databases name the functions of dates and of chance differently.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Integer, Nullable, Timestamp};

use crate::db::connection::Conn;
use crate::db::error::Error;
use crate::db::schema::{letter, measurement, not_measured, outbox, pupil, warning};

/// How many rows [`coarsen_dates`] changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coarsened {
    /// Versions of measurements.
    pub measurements: usize,
    /// Versions of reasons for no measurement.
    pub not_measured: usize,
}

/// The first of the month of a date column, in SQL.
fn month(connection: &Conn, column: &str) -> String {
    match connection {
        Conn::Sqlite(_) => format!("date({column}, 'start of month')"),
        Conn::Postgres(_) => format!("date_trunc('month', {column})::date"),
    }
}

/// The first moment of the month of a timestamp column, in SQL.
fn month_of_moment(connection: &Conn, column: &str) -> String {
    match connection {
        Conn::Sqlite(_) => format!("strftime('%Y-%m-01 00:00:00', {column})"),
        Conn::Postgres(_) => format!("date_trunc('month', {column})"),
    }
}

/// A column of tenths rounded away from nought to halves, in SQL: a z-score beyond a limit for extreme values stays
/// beyond it. A finer score would give the age in months back, for the height stands beside it.
fn half_steps(column: &str) -> String {
    format!("CASE WHEN {column} < 0 THEN -((4 - {column}) / 5 * 5) ELSE ({column} + 4) / 5 * 5 END")
}

/// Whether a reason's day or time of entry is exact, in SQL.
fn reason_is_exact(connection: &Conn) -> String {
    format!(
        "(noted_on <> {} OR recorded_at <> {})",
        month(connection, "noted_on"),
        month_of_moment(connection, "recorded_at")
    )
}

/// Children whose name is gone and of whom a reason or a confirmation has an exact date.
pub fn noted_exactly_after_removal(connection: &mut Conn) -> Result<Vec<i64>, Error> {
    let reason_is_exact = reason_is_exact(connection);
    let confirmation_is_exact = format!(
        "confirmed_at <> {}",
        month_of_moment(connection, "confirmed_at")
    );
    let mut pupils: Vec<i64> = not_measured::table
        .inner_join(pupil::table)
        .filter(pupil::name_removed_on.is_not_null())
        .filter(sql::<Bool>(&reason_is_exact))
        .select(pupil::id)
        .load(connection)?;
    pupils.extend(
        warning::table
            .inner_join(pupil::table)
            .filter(pupil::name_removed_on.is_not_null())
            .filter(warning::confirmed_at.is_not_null())
            .filter(sql::<Bool>(&confirmation_is_exact))
            .select(pupil::id)
            .load::<i64>(connection)?,
    );
    Ok(pupils)
}

/// Coarsens every exact date of these children to the first of its month, and the ages and z-scores that would tell it:
/// the databases name the functions differently.
pub fn coarsen_dates(connection: &mut Conn, pupils: &[i64]) -> Result<Coarsened, Error> {
    let reason_is_exact = reason_is_exact(connection);
    let [measured_on, noted_on] =
        ["measured_on", "noted_on"].map(|column| month(connection, column));
    let [recorded_at, confirmed_at] =
        ["recorded_at", "confirmed_at"].map(|column| month_of_moment(connection, column));
    let [height_z, weight_z, bmi_z] =
        ["height_z_tenths", "weight_z_tenths", "bmi_z_tenths"].map(half_steps);
    let measurements = diesel::update(
        measurement::table
            .filter(measurement::pupil_id.eq_any(pupils))
            .filter(measurement::month_only.eq(false)),
    )
    .set((
        measurement::measured_on.eq(sql::<Date>(&measured_on)),
        measurement::recorded_at.eq(sql::<Timestamp>(&recorded_at)),
        measurement::age_months.eq(measurement::age_months / 6 * 6),
        measurement::height_z_tenths.eq(sql::<Nullable<Integer>>(&height_z)),
        measurement::weight_z_tenths.eq(sql::<Nullable<Integer>>(&weight_z)),
        measurement::bmi_z_tenths.eq(sql::<Nullable<Integer>>(&bmi_z)),
        measurement::month_only.eq(true),
    ))
    .execute(connection)?;
    let not_measured = diesel::update(
        not_measured::table
            .filter(not_measured::pupil_id.eq_any(pupils))
            .filter(sql::<Bool>(&reason_is_exact)),
    )
    .set((
        not_measured::noted_on.eq(sql::<Date>(&noted_on)),
        not_measured::recorded_at.eq(sql::<Timestamp>(&recorded_at)),
    ))
    .execute(connection)?;
    diesel::update(warning::table.filter(warning::pupil_id.eq_any(pupils)))
        .set(warning::confirmed_at.eq(sql::<Nullable<Timestamp>>(&confirmed_at)))
        .execute(connection)?;
    Ok(Coarsened {
        measurements,
        not_measured,
    })
}

/// Moves rows of children whose names have gone out of the order in which they were written: the order of a class is the
/// order of its names. Numbers below nought are never given by the database.
pub fn scatter(connection: &mut Conn, table: Scattered, pupils: &[i64]) -> Result<(), Error> {
    let number = match connection {
        Conn::Sqlite(_) => "-1 - abs(random() % 4611686018427387903)",
        Conn::Postgres(_) => "-1 - floor(random() * 4503599627370496)::bigint",
    };
    macro_rules! scatter {
        ($table:ident) => {
            diesel::update(
                $table::table
                    .filter($table::pupil_id.eq_any(pupils))
                    .filter($table::id.gt(0)),
            )
            .set($table::id.eq(sql::<BigInt>(number)))
            .execute(connection)?
        };
    }
    match table {
        Scattered::Measurement => scatter!(measurement),
        Scattered::NotMeasured => scatter!(not_measured),
        Scattered::Warning => scatter!(warning),
        Scattered::Letter => diesel::update(
            letter::table
                .filter(letter::pupil_id.eq_any(pupils))
                .filter(letter::id.gt(0))
                .filter(diesel::dsl::not(diesel::dsl::exists(
                    outbox::table.filter(outbox::letter_id.eq(letter::id.nullable())),
                ))),
        )
        .set(letter::id.eq(sql::<BigInt>(number)))
        .execute(connection)?,
    };
    Ok(())
}

/// Coarsens every other moment that stands beside these children to its month: when they were taken in, when a letter was
/// made, decided on and sent, and the times of a message about which nobody knows whether it arrived.
pub fn coarsen_moments(connection: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    macro_rules! month {
        ($column:literal) => {
            sql::<Timestamp>(&month_of_moment(connection, $column))
        };
        ($column:literal or null) => {
            sql::<Nullable<Timestamp>>(&month_of_moment(connection, $column))
        };
    }
    let taken_in = month!("created_at");
    diesel::update(pupil::table.filter(pupil::id.eq_any(pupils)))
        .set(pupil::created_at.eq(taken_in))
        .execute(connection)?;
    let letters = (
        letter::created_at.eq(month!("created_at")),
        letter::updated_at.eq(month!("updated_at")),
        letter::decided_at.eq(month!("decided_at" or null)),
        letter::sent_at.eq(month!("sent_at" or null)),
        letter::send_after.eq(month!("send_after" or null)),
        // Reasons say of a child what was erased with its name.
        letter::reasons.eq(""),
    );
    diesel::update(letter::table.filter(letter::pupil_id.eq_any(pupils)))
        .set(letters)
        .execute(connection)?;
    let messages = (
        outbox::created_at.eq(month!("created_at")),
        outbox::next_attempt_at.eq(month!("next_attempt_at")),
        outbox::finished_at.eq(month!("finished_at" or null)),
        outbox::give_up_at.eq(month!("give_up_at" or null)),
    );
    let of_letters = letter::table
        .filter(letter::pupil_id.eq_any(pupils))
        .select(letter::id.nullable());
    diesel::update(outbox::table.filter(outbox::letter_id.eq_any(of_letters.clone())))
        .set(messages)
        .execute(connection)?;
    // A lease in use must keep its minute, or the message would be taken for abandoned; a later night comes back to it.
    diesel::update(
        outbox::table
            .filter(outbox::letter_id.eq_any(of_letters))
            .filter(outbox::state.ne("sending")),
    )
    .set(outbox::lease_until.eq(None::<chrono::NaiveDateTime>))
    .execute(connection)?;
    Ok(())
}

/// A table whose rows [`scatter`] moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scattered {
    /// Measurements.
    Measurement,
    /// Reasons for no measurement.
    NotMeasured,
    /// Warnings.
    Warning,
    /// Letters that no message in the outbox refers to.
    Letter,
}
