//! Every difference between the two databases, each with its reason.
//!
//! diesel's `MultiConnection` speaks the common subset of SQL. What lies outside it is a `match` here, so that no
//! query elsewhere can behave differently on one of the two.

/// Executes on either database a statement that the common connection does not have.
macro_rules! execute {
    ($connection:ident, $statement:expr) => {
        match $connection {
            Conn::Sqlite(sqlite) => $statement.execute(sqlite),
            Conn::Postgres(postgres) => $statement.execute(postgres),
        }
    };
}

mod bulk;
mod collect;
mod erasure;
pub(super) mod outage;
mod session;
mod touched;

pub use bulk::*;
pub use collect::*;
pub use erasure::*;
pub use outage::{Outage, outage};
pub use session::*;
pub use touched::*;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Timestamp};

use super::connection::Conn;
use super::error::Error;
use super::schema::{
    academic_year, access_pupil, audit_event, disclosure_pupil, identity, identity_damage, job,
    setting, sign_in_failure, submission, visit,
};

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
    execute!(
        connection,
        diesel::insert_into(setting::table)
            .values(row)
            .on_conflict(setting::key)
            .do_update()
            .set(row)
    )?;
    Ok(())
}

/// Notes that a child's identity cannot be read. Two who open it at once note it once: an error would end PostgreSQL's
/// transaction.
pub fn note_identity_damage(connection: &mut Conn, pupil: i64) -> Result<(), Error> {
    execute!(
        connection,
        diesel::insert_into(identity_damage::table)
            .values(identity_damage::pupil_id.eq(pupil))
            .on_conflict_do_nothing()
    )?;
    Ok(())
}

/// Notes that a form was taken. False when it had been taken before: an error would end PostgreSQL's transaction. The
/// same form sent at the same moment waits there until the first has ended, which may take as long as its work.
pub fn take_submission(
    connection: &mut Conn,
    token: &str,
    at: chrono::NaiveDateTime,
) -> Result<bool, Error> {
    let row = (
        submission::token.eq(token),
        submission::location.eq(""),
        submission::at.eq(at),
    );
    let inserted = waiting_long(connection, "2min", |connection| {
        Ok(execute!(
            connection,
            diesel::insert_into(submission::table)
                .values(row)
                .on_conflict_do_nothing()
        )?)
    })?;
    Ok(inserted == 1)
}

/// Keeps the answer to a form that was taken: where to, the kind of message, the message.
pub fn answer_submission(
    connection: &mut Conn,
    token: &str,
    location: &str,
    kind: &str,
    text: &str,
) -> Result<(), Error> {
    diesel::update(submission::table.find(token))
        .set((
            submission::location.eq(location),
            submission::kind.eq(kind),
            submission::text.eq(text),
        ))
        .execute(connection)?;
    Ok(())
}

/// The answer to a form that was taken before; `None` when it was not.
pub fn submission_answer(
    connection: &mut Conn,
    token: &str,
) -> Result<Option<(String, String, String)>, Error> {
    Ok(submission::table
        .find(token)
        .select((submission::location, submission::kind, submission::text))
        .first(connection)
        .optional()?)
}

/// Forgets forms taken before `before`; returns how many.
pub fn forget_submissions(
    connection: &mut Conn,
    before: chrono::NaiveDateTime,
) -> Result<usize, Error> {
    Ok(diesel::delete(submission::table.filter(submission::at.lt(before))).execute(connection)?)
}

/// Lets this transaction wait for others as long as auditing a large release takes. SQLite's writer is alone as it is.
fn wait_long_for_locks(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SET LOCAL lock_timeout = '2min'").execute(postgres)?;
    }
    Ok(())
}

/// The first number of the locks of releases, so that they are no other's.
const RELEASES: i32 = 7_370_166;

/// Takes the releases about some places for this transaction alone: one school's by its URN, or (with `None`) those of
/// authorities and the public, which have places in common. Nothing shown of them may be read before, or two who
/// publish at once would not see each other's. SQLite's writer is alone as it is.
pub fn take_releases(connection: &mut Conn, school: Option<i32>) -> Result<(), Error> {
    lock_releases(connection, school.unwrap_or(0))
}

/// Takes the numbering of releases for this transaction alone.
pub fn take_release_numbers(connection: &mut Conn) -> Result<(), Error> {
    lock_releases(connection, -1)
}

fn lock_releases(connection: &mut Conn, place: i32) -> Result<(), Error> {
    wait_long_for_locks(connection)?;
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1, $2)")
            .bind::<Integer, _>(RELEASES)
            .bind::<Integer, _>(place)
            .execute(postgres)?;
    }
    Ok(())
}

/// Counts a wrong password for an address and a network: two that come at once are two. `on_conflict` does not exist on
/// the common connection.
pub fn count_sign_in_failure(
    connection: &mut Conn,
    who: &[u8],
    network: &str,
    at: chrono::NaiveDateTime,
) -> Result<(), Error> {
    let row = (
        sign_in_failure::who.eq(who),
        sign_in_failure::network.eq(network),
        sign_in_failure::failed.eq(1),
        sign_in_failure::last_at.eq(at),
    );
    execute!(
        connection,
        diesel::insert_into(sign_in_failure::table)
            .values(row)
            .on_conflict((sign_in_failure::who, sign_in_failure::network))
            .do_update()
            .set((
                sign_in_failure::failed.eq(sign_in_failure::failed + 1),
                sign_in_failure::last_at.eq(at),
            ))
    )?;
    Ok(())
}

/// Changes of roles wait for one another, so that two at once cannot each leave the other as the last system
/// administrator. SQLite's writer is alone as it is.
pub fn lock_roles(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7370167)").execute(postgres)?;
    }
    Ok(())
}

/// Notes which children a row is about: a batch of rows does not exist on the common connection.
macro_rules! note_pupils {
    ($(#[$doc:meta])* $name:ident, $table:ident, $of:ident) => {
        $(#[$doc])*
        pub fn $name(connection: &mut Conn, of: i64, pupils: &[i64]) -> Result<(), Error> {
            for chunk in pupils.chunks(ROWS_A_STATEMENT) {
                let rows: Vec<_> = chunk
                    .iter()
                    .map(|pupil| ($table::$of.eq(of), $table::pupil_id.eq(*pupil)))
                    .collect();
                execute!(connection, diesel::insert_into($table::table).values(rows))?;
            }
            Ok(())
        }
    };
}

note_pupils! {
    /// Notes the children of an access.
    insert_access_pupils, access_pupil, access_id
}

note_pupils! {
    /// Notes the children of a disclosure.
    insert_disclosure_pupils, disclosure_pupil, disclosure_id
}

/// One process links the audit chain at a time. SQLite's writer is alone as it is.
pub fn lock_audit_chain(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7370165)").execute(postgres)?;
    }
    Ok(())
}

/// One process prepares letters at a time. SQLite's writer is alone as it is.
pub fn lock_letters(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7370166)").execute(postgres)?;
    }
    Ok(())
}

/// One process begins or ends a pause of retention at a time. SQLite's writer is alone as it is.
pub fn lock_retention_pause(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7370600)").execute(postgres)?;
    }
    Ok(())
}

/// One process sets a year's rule at a time: a year that is not there yet has no row to lock. SQLite's writer is alone
/// as it is.
pub fn lock_years(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7370601)").execute(postgres)?;
    }
    Ok(())
}

/// The time by the database server's own clock, in UTC; `None` for an embedded database, whose clock is the program's.
pub fn server_time(connection: &mut Conn) -> Result<Option<chrono::NaiveDateTime>, Error> {
    match connection {
        Conn::Sqlite(_) => Ok(None),
        Conn::Postgres(postgres) => Ok(Some(
            diesel::select(sql::<Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'"))
                .get_result(postgres)?,
        )),
    }
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

/// Writes a sealed identity over the one that was there: `on_conflict` does not exist on the common connection.
pub fn put_identity(
    connection: &mut Conn,
    year: &str,
    pupil: i64,
    format: i32,
    sealed: &[u8],
    key: &[u8],
    at: chrono::NaiveDateTime,
) -> Result<(), Error> {
    let row = (
        identity::pupil_id.eq(pupil),
        identity::year_label.eq(year),
        identity::format.eq(format),
        identity::sealed.eq(sealed),
        identity::identity_key.eq(key),
        identity::updated_at.eq(at),
    );
    execute!(
        connection,
        diesel::insert_into(identity::table)
            .values(row)
            .on_conflict(identity::pupil_id)
            .do_update()
            .set(row)
    )?;
    Ok(())
}

/// A visit to be inserted.
#[derive(Clone, Copy, Debug, Insertable)]
#[diesel(table_name = visit)]
pub struct NewVisit<'a> {
    /// Academic year.
    pub year_label: &'a str,
    /// School.
    pub school_urn: i32,
    /// Day.
    pub visit_on: chrono::NaiveDate,
    /// Who goes.
    pub team: Option<&'a str>,
    /// What to know.
    pub note: Option<&'a str>,
    /// Who planned it.
    pub created_by: &'a str,
    /// When it was planned.
    pub created_at: chrono::NaiveDateTime,
}

/// Inserts a visit; returns its number, or `None` when the school has one on that day: an error would end PostgreSQL's
/// transaction.
pub fn insert_visit(connection: &mut Conn, new: &NewVisit<'_>) -> Result<Option<i64>, Error> {
    Ok(match connection {
        Conn::Sqlite(sqlite) => diesel::insert_into(visit::table)
            .values(new)
            .on_conflict_do_nothing()
            .returning(visit::id)
            .get_result(sqlite)
            .optional()?,
        Conn::Postgres(postgres) => diesel::insert_into(visit::table)
            .values(new)
            .on_conflict_do_nothing()
            .returning(visit::id)
            .get_result(postgres)
            .optional()?,
    })
}

/// Gives a child whose name is held the secret by which events speak of it, if it has none: an error would end
/// PostgreSQL's transaction when two events come at once.
pub fn insert_audit_secret(connection: &mut Conn, pupil: i64, secret: &[u8]) -> Result<(), Error> {
    use diesel::sql_types::Binary;
    diesel::sql_query(
        "INSERT INTO audit_subject (pupil_id, secret) SELECT id, $1 FROM pupil \
         WHERE id = $2 AND name_removed_on IS NULL ON CONFLICT DO NOTHING",
    )
    .bind::<Binary, _>(secret)
    .bind::<BigInt, _>(pupil)
    .execute(connection)?;
    Ok(())
}

/// [`insert_audit_secret`] for many children.
pub fn insert_audit_secrets(connection: &mut Conn, new: &[(i64, Vec<u8>)]) -> Result<(), Error> {
    use diesel::sql_types::{Array, Binary};
    if let Conn::Postgres(postgres) = connection {
        let (pupils, secrets): (Vec<i64>, Vec<&[u8]>) = new
            .iter()
            .map(|(pupil, secret)| (*pupil, secret.as_slice()))
            .unzip();
        diesel::sql_query(
            "INSERT INTO audit_subject (pupil_id, secret) SELECT pupil.id, new.secret \
             FROM unnest($1::bigint[], $2::bytea[]) AS new (id, secret) JOIN pupil ON pupil.id = new.id \
             WHERE pupil.name_removed_on IS NULL ON CONFLICT DO NOTHING",
        )
        .bind::<Array<BigInt>, _>(pupils)
        .bind::<Array<Binary>, _>(secrets)
        .execute(postgres)?;
        return Ok(());
    }
    for (pupil, secret) in new {
        insert_audit_secret(connection, *pupil, secret)?;
    }
    Ok(())
}

/// Whether an event of an earlier version holds the number of a child or a letter. SQLite uses an index for GLOB and
/// not for LIKE, which ignores case there.
pub fn any_event_names_a_child(connection: &mut Conn) -> Result<bool, Error> {
    let condition = match connection {
        Conn::Sqlite(_) => "subject GLOB 'pupil:*' OR subject GLOB 'letter:*'",
        Conn::Postgres(_) => "subject LIKE 'pupil:%' OR subject LIKE 'letter:%'",
    };
    Ok(diesel::select(diesel::dsl::exists(
        audit_event::table.filter(sql::<Bool>(condition)),
    ))
    .get_result(connection)?)
}

/// What a setting holds.
pub fn get_setting(connection: &mut Conn, key: &str) -> Result<Option<String>, Error> {
    Ok(setting::table
        .find(key)
        .select(setting::value)
        .first(connection)
        .optional()?)
}

/// A setting with who set it and when.
pub fn get_held_setting(
    connection: &mut Conn,
    key: &str,
) -> Result<Option<(String, String, chrono::NaiveDateTime)>, Error> {
    let row: Option<(String, String, chrono::NaiveDateTime)> = setting::table
        .find(key)
        .select((setting::value, setting::changed_by, setting::changed_at))
        .first(connection)
        .optional()?;
    Ok(row)
}

/// One process saves a setting that it has looked at before: one that was never set has no row to lock. SQLite's writer
/// is alone as it is.
pub fn lock_settings(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7370920)").execute(postgres)?;
    }
    Ok(())
}

/// Gives a scheduled job a row if it has none: an error would end PostgreSQL's transaction.
pub fn ensure_job(connection: &mut Conn, name: &str) -> Result<(), Error> {
    let row = (job::name.eq(name), job::enabled.eq(true));
    execute!(
        connection,
        diesel::insert_into(job::table)
            .values(row)
            .on_conflict_do_nothing()
    )?;
    Ok(())
}
