//! Rows collected before the transaction that keeps them, and the lock under which an import writes.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::db::{Conn, Error};

/// The tables whose rows are collected, parents first.
const COLLECTED: [&str; 2] = ["pupil", "identity"];

#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Makes what is inserted into `pupil` and `identity` go to temporary tables of the same shape. False on PostgreSQL,
/// where a long transaction keeps nobody waiting.
///
/// A temporary table goes before one of the same name in the file, so the statements that insert are the usual ones.
pub fn begin_collecting(connection: &mut Conn) -> Result<bool, Error> {
    let Conn::Sqlite(sqlite) = connection else {
        return Ok(false);
    };
    // A temporary table has no parents to refer to. The keys are checked when the rows are kept.
    sqlite.batch_execute("PRAGMA foreign_keys = OFF")?;
    for table in COLLECTED {
        let statement: Statement = diesel::sql_query(
            "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?",
        )
        .bind::<Text, _>(table)
        .get_result(sqlite)?;
        let temporary = statement
            .sql
            .replacen("CREATE TABLE", "CREATE TEMPORARY TABLE", 1);
        sqlite.batch_execute(&temporary)?;
    }
    Ok(true)
}

/// Ends what [`begin_collecting`] began: the tables in the file are meant again.
pub fn end_collecting(connection: &mut Conn) -> Result<(), Error> {
    let Conn::Sqlite(sqlite) = connection else {
        return Ok(());
    };
    for table in COLLECTED {
        sqlite.batch_execute(&format!(
            "ALTER TABLE temp.{table} RENAME TO collected_{table}"
        ))?;
    }
    sqlite.batch_execute("PRAGMA foreign_keys = ON")?;
    Ok(())
}

/// Copies the collected rows into the file.
pub fn keep_collected(connection: &mut Conn) -> Result<(), Error> {
    let Conn::Sqlite(sqlite) = connection else {
        return Ok(());
    };
    for table in COLLECTED {
        // The shape is the same, column for column: it was made from the same statement.
        sqlite.batch_execute(&format!(
            "INSERT INTO main.{table} SELECT * FROM temp.collected_{table} ORDER BY 1"
        ))?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// One import of a year writes at a time: keeps others out until the transaction ends. False when another one is
/// writing. SQLite's writer is alone as it is.
pub fn try_lock_imports(connection: &mut Conn, year: &str) -> Result<bool, Error> {
    let Conn::Postgres(postgres) = connection else {
        return Ok(true);
    };
    let row: Taken =
        diesel::sql_query("SELECT pg_try_advisory_xact_lock(7370167, hashtext($1)) AS taken")
            .bind::<Text, _>(year)
            .get_result(postgres)?;
    Ok(row.taken)
}

/// Waits for the lock of [`try_lock_imports`] as long as a long import may take.
pub fn lock_imports(connection: &mut Conn, year: &str) -> Result<(), Error> {
    let Conn::Postgres(postgres) = connection else {
        return Ok(());
    };
    let usual: Setting = diesel::sql_query("SELECT current_setting('lock_timeout') AS value")
        .get_result(postgres)?;
    set_lock_timeout(postgres, "10min")?;
    diesel::sql_query("SELECT pg_advisory_xact_lock(7370167, hashtext($1))")
        .bind::<Text, _>(year)
        .execute(postgres)?;
    set_lock_timeout(postgres, &usual.value)
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Until the transaction ends.
fn set_lock_timeout(postgres: &mut PgConnection, value: &str) -> Result<(), Error> {
    diesel::sql_query("SELECT set_config('lock_timeout', $1, true)")
        .bind::<Text, _>(value)
        .execute(postgres)?;
    Ok(())
}
