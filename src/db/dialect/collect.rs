//! Rows collected before the transaction that keeps them, and the lock under which an import writes.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::session::waiting_long;
use crate::db::connection::Conn;
use crate::db::error::Error;

/// Makes temporary rows lie in a file instead of in memory. SQLite deletes the file's name at once, and the rest with
/// the connection; only this much of it is kept in memory (in pages).
pub fn keep_temporary_rows_on_disk(connection: &mut Conn) -> Result<(), Error> {
    if let Conn::Sqlite(sqlite) = connection {
        sqlite.batch_execute("PRAGMA temp_store = FILE; PRAGMA temp.cache_size = 500;")?;
    }
    Ok(())
}

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
    waiting_long(connection, "10min", |connection| {
        if let Conn::Postgres(postgres) = connection {
            diesel::sql_query("SELECT pg_advisory_xact_lock(7370167, hashtext($1))")
                .bind::<Text, _>(year)
                .execute(postgres)?;
        }
        Ok(())
    })
}
