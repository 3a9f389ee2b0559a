//! Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.
//!
//! A batch insert of a slice does not exist on the common connection, and one
//! statement a row over a socket would make a large roster take minutes.

#![expect(
    clippy::ref_option_ref,
    reason = "diesel's derives refer to every field"
)]

use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text, Timestamp};
use diesel::sqlite::Sqlite;

use crate::db::connection::Conn;
use crate::db::error::Error;
use crate::db::schema::{
    audit_event, deprivation, identity, import_pupil, import_row, postcode, pupil,
};

/// A moment that many rows have in common: SQLite keeps it as text, which is
/// written once.
#[derive(Debug, Clone, AsExpression)]
#[diesel(sql_type = Timestamp)]
pub struct Moment {
    at: NaiveDateTime,
    text: Arc<str>,
}

impl From<NaiveDateTime> for Moment {
    fn from(at: NaiveDateTime) -> Self {
        Self {
            at,
            text: at.format("%F %T%.f").to_string().into(),
        }
    }
}

impl Moment {
    /// The moment.
    pub fn at(&self) -> NaiveDateTime {
        self.at
    }
}

impl ToSql<Timestamp, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(&*self.text);
        Ok(IsNull::No)
    }
}

impl ToSql<Timestamp, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamp, Pg>::to_sql(&self.at, out)
    }
}

/// A child's statistical record to be inserted under a number of its own.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = pupil, treat_none_as_default_value = false)]
pub struct NewPupil<'a> {
    /// The number, from [`reserve_pupil_numbers`].
    pub id: i64,
    /// Academic year.
    pub year_label: &'a str,
    /// School.
    pub school_urn: i32,
    /// `R` or `6`.
    pub year_group: &'static str,
    /// `F` or `M`.
    pub sex: &'static str,
    /// Code of the broad ethnic group, where known.
    pub ethnic_group: Option<&'static str>,
    /// Deprivation quintile, 1 the most deprived.
    pub deprivation_quintile: Option<i32>,
    /// Year of the deprivation index.
    pub deprivation_vintage: Option<i32>,
    /// When it came in.
    pub created_at: Moment,
    /// When it last changed.
    pub updated_at: Moment,
}

/// A sealed identity to be inserted.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = identity, treat_none_as_default_value = false)]
pub struct NewIdentity<'a> {
    /// The child's number.
    pub pupil_id: i64,
    /// Academic year.
    pub year_label: &'a str,
    /// Version of the sealing.
    pub format: i32,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
    /// When it was sealed.
    pub updated_at: Moment,
    /// See [`crate::identity::identity_key`].
    pub identity_key: Vec<u8>,
}

/// Which import brought, changed or saw which child.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = import_pupil, treat_none_as_default_value = false)]
pub struct NewImportPupil {
    /// The import.
    pub import_id: i64,
    /// The child.
    pub pupil_id: i64,
    /// `new`, `changed` or `seen`.
    pub action: &'static str,
    /// The child as it was before, sealed; for `changed`.
    pub sealed_before: Option<Vec<u8>>,
}

/// A row of an import that waits.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = import_row, treat_none_as_default_value = false)]
pub struct NewImportRow {
    /// The import.
    pub import_id: i64,
    /// The row as a spreadsheet shows it; negative for a child on no row.
    pub row_number: i32,
    /// `review`, `rejected` or `leaver`.
    pub outcome: &'static str,
    /// What was found, separated by commas.
    pub codes: String,
    /// The child held that it concerns.
    pub pupil_id: Option<i64>,
    /// What waits, sealed.
    pub sealed: Option<Vec<u8>>,
}

/// An event to be inserted.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = audit_event, treat_none_as_default_value = false)]
pub struct NewEvent<'a> {
    /// When it happened.
    pub at: NaiveDateTime,
    /// `person`, `job` or `command`.
    pub actor_kind: &'static str,
    /// The account's number, for a person.
    pub actor_id: Option<i64>,
    /// Name of who did it.
    pub actor_label: &'a str,
    /// What was done.
    pub action: &'static str,
    /// What it was done to.
    pub subject: String,
    /// Counts and codes, as JSON.
    pub detail: String,
}

/// A postcode with its areas.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = postcode, treat_none_as_default_value = false)]
pub struct NewPostcode {
    /// In its usual form, `EB1 4PU`.
    pub code: String,
    /// Local authority district.
    pub la_code: Option<String>,
    /// Ward.
    pub ward_code: Option<String>,
    /// Small area of 2011.
    pub lsoa11: Option<String>,
    /// Small area of 2021.
    pub lsoa21: Option<String>,
}

/// A small area's deprivation decile.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = deprivation, treat_none_as_default_value = false)]
pub struct NewDeprivation {
    /// Small area.
    pub lsoa: String,
    /// Year of the index.
    pub vintage: i32,
    /// Decile, 1 the most deprived.
    pub decile: i32,
}

/// PostgreSQL takes 65,535 values in a statement.
pub(super) const ROWS_A_STATEMENT: usize = 10_000;

/// A function that inserts rows of a table: COPY on PostgreSQL, one prepared
/// statement on SQLite. Other `*queries.rs` make theirs with it.
macro_rules! insert_many {
    ($(#[$doc:meta])* $visible:vis $name:ident, $row:ty, $table:ident) => {
        $(#[$doc])*
        $visible fn $name(
            connection: &mut $crate::db::connection::Conn,
            rows: Vec<$row>,
        ) -> Result<(), $crate::db::error::Error> {
            if rows.is_empty() {
                return Ok(());
            }
            match connection {
                $crate::db::connection::Conn::Sqlite(sqlite) => {
                    for row in rows {
                        diesel::insert_into($table::table).values(row).execute(sqlite)?;
                    }
                }
                $crate::db::connection::Conn::Postgres(postgres) => {
                    diesel::copy_from($table::table).from_insertable(rows).execute(postgres)?;
                }
            }
            Ok(())
        }
    };
}

pub(crate) use insert_many;

insert_many!(
    /// Inserts children under numbers reserved for them.
    pub insert_pupils, NewPupil<'_>, pupil
);
insert_many!(
    /// Inserts sealed identities of children that have none yet.
    pub insert_identities, NewIdentity<'_>, identity
);
insert_many!(
    /// Notes which import brought, changed or saw which child.
    pub insert_import_pupils, NewImportPupil, import_pupil
);
insert_many!(
    /// Inserts rows that wait.
    pub insert_import_rows, NewImportRow, import_row
);
insert_many!(
    /// Inserts events.
    pub insert_events, NewEvent<'_>, audit_event
);
insert_many!(
    /// Inserts postcodes.
    pub insert_postcodes, NewPostcode, postcode
);
insert_many!(
    /// Inserts deprivation deciles.
    pub insert_deprivation, NewDeprivation, deprivation
);

/// Notes that an import brought the children with these numbers, as reserved
/// and inserted before.
pub fn insert_brought(connection: &mut Conn, import: i64, numbers: &[i64]) -> Result<(), Error> {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        return Ok(());
    };
    match connection {
        // The writer is alone and its numbers follow each other, so that one
        // statement notes them all.
        Conn::Sqlite(sqlite) => {
            diesel::insert_into(import_pupil::table)
                .values(pupil::table.filter(pupil::id.between(first, last)).select((
                    import.into_sql::<BigInt>(),
                    pupil::id,
                    "new".into_sql::<Text>(),
                )))
                .into_columns((
                    import_pupil::import_id,
                    import_pupil::pupil_id,
                    import_pupil::action,
                ))
                .execute(sqlite)?;
            Ok(())
        }
        Conn::Postgres(_) => {
            let brought = numbers.iter().map(|pupil| NewImportPupil {
                import_id: import,
                pupil_id: *pupil,
                action: "new",
                sealed_before: None,
            });
            insert_import_pupils(connection, brought.collect())
        }
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Reserves numbers for children about to be inserted: an identity is sealed
/// with the child's number, so the number must be known first. Numbers that are
/// not used after all are left out for good.
pub fn reserve_pupil_numbers(connection: &mut Conn, count: usize) -> Result<Vec<i64>, Error> {
    reserve_numbers(connection, "pupil", count)
}

/// Reserves the number of an import: what it changes is sealed with it, before
/// its row is there.
pub fn reserve_import_number(connection: &mut Conn) -> Result<i64, Error> {
    reserve_numbers(connection, "import", 1)?
        .pop()
        .ok_or_else(|| Error::Schema("the database gave no number for a new import".to_owned()))
}

fn reserve_numbers(connection: &mut Conn, table: &str, count: usize) -> Result<Vec<i64>, Error> {
    let count = count as i64;
    Ok(match connection {
        Conn::Sqlite(sqlite) => {
            // The row is there from the first number on.
            diesel::sql_query(
                "INSERT INTO main.sqlite_sequence (name, seq)
                 SELECT $1, 0 WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name = $1)",
            )
            .bind::<Text, _>(table)
            .execute(sqlite)?;
            let last = diesel::sql_query(
                "UPDATE main.sqlite_sequence SET seq = seq + ? WHERE name = ? RETURNING seq AS number",
            )
            .bind::<BigInt, _>(count)
            .bind::<Text, _>(table)
            .get_result::<Number>(sqlite)?
            .number;
            (last - count + 1..=last).collect()
        }
        Conn::Postgres(postgres) => diesel::sql_query(
            "SELECT nextval(pg_get_serial_sequence($1, 'id')) AS number FROM generate_series(1, $2)",
        )
        .bind::<Text, _>(table)
        .bind::<BigInt, _>(count)
        .load::<Number>(postgres)?
        .into_iter()
        .map(|row| row.number)
        .collect(),
    })
}

/// Reserves the number of one child, see [`reserve_pupil_numbers`].
pub fn reserve_pupil_number(connection: &mut Conn) -> Result<i64, Error> {
    reserve_pupil_numbers(connection, 1)?
        .pop()
        .ok_or_else(|| Error::Schema("the database gave no number for a new child".to_owned()))
}

/// A child's outcome on its way to the next version.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    /// The child.
    pub pupil: i64,
    /// The version that it must still have.
    pub expected: i32,
    /// `measured` or `not_measured`.
    pub outcome: &'a str,
}

/// Moves outcomes on to their next version; returns the children whose outcome was still at the version expected. A
/// child whom a parent has withdrawn meanwhile is not measured.
pub fn move_outcomes_on(
    connection: &mut Conn,
    moves: &[Move<'_>],
    at: NaiveDateTime,
) -> Result<Vec<i64>, Error> {
    match connection {
        Conn::Sqlite(sqlite) => {
            let mut moved = Vec::with_capacity(moves.len());
            for one in moves {
                let rows = diesel::update(
                    pupil::table
                        .filter(pupil::id.eq(one.pupil))
                        .filter(pupil::outcome_version.eq(one.expected))
                        .filter(
                            pupil::opted_out
                                .eq(false)
                                .or((one.outcome != "measured").into_sql::<Bool>()),
                        ),
                )
                .set((
                    pupil::outcome.eq(one.outcome),
                    pupil::outcome_version.eq(one.expected + 1),
                    pupil::updated_at.eq(at),
                ))
                .execute(sqlite)?;
                if rows == 1 {
                    moved.push(one.pupil);
                }
            }
            Ok(moved)
        }
        // One statement a row over a socket would take minutes.
        Conn::Postgres(postgres) => {
            let pupils: Vec<i64> = moves.iter().map(|one| one.pupil).collect();
            let versions: Vec<i32> = moves.iter().map(|one| one.expected).collect();
            let outcomes: Vec<&str> = moves.iter().map(|one| one.outcome).collect();
            Ok(diesel::sql_query(
                "UPDATE pupil SET outcome = moved.outcome, outcome_version = moved.version + 1, updated_at = $1
                 FROM unnest($2, $3, $4) AS moved (id, version, outcome)
                 WHERE pupil.id = moved.id AND pupil.outcome_version = moved.version
                 AND (NOT pupil.opted_out OR moved.outcome <> 'measured')
                 RETURNING pupil.id AS number",
            )
            .bind::<Timestamp, _>(at)
            .bind::<Array<BigInt>, _>(pupils)
            .bind::<Array<Integer>, _>(versions)
            .bind::<Array<Text>, _>(outcomes)
            .load::<Number>(postgres)?
            .into_iter()
            .map(|row| row.number)
            .collect())
        }
    }
}

/// Remembers what the columns of a layout are: `on_conflict` does not exist on
/// the common connection.
pub fn put_column_mapping(
    connection: &mut Conn,
    layout: &str,
    mapping: &str,
    by: &str,
    at: NaiveDateTime,
) -> Result<(), Error> {
    use crate::db::schema::column_mapping;
    let row = (
        column_mapping::layout.eq(layout),
        column_mapping::mapping.eq(mapping),
        column_mapping::saved_by.eq(by),
        column_mapping::saved_at.eq(at),
    );
    match connection {
        Conn::Sqlite(sqlite) => diesel::insert_into(column_mapping::table)
            .values(row)
            .on_conflict(column_mapping::layout)
            .do_update()
            .set(row)
            .execute(sqlite),
        Conn::Postgres(postgres) => diesel::insert_into(column_mapping::table)
            .values(row)
            .on_conflict(column_mapping::layout)
            .do_update()
            .set(row)
            .execute(postgres),
    }?;
    Ok(())
}
