//! How long a connection waits for others, and the language in which PostgreSQL tells what is wrong.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::outage::outage;
use crate::db::connection::Conn;
use crate::db::error::Error;

/// Makes a connection wait this long for others' locks from now on.
pub fn wait_for_locks(connection: &mut Conn, wait: Duration) -> Result<(), Error> {
    match connection {
        Conn::Sqlite(sqlite) => wait_for_sqlite(sqlite, wait),
        Conn::Postgres(postgres) => {
            Ok(postgres.batch_execute(&format!("SET lock_timeout = '{}ms'", wait.as_millis()))?)
        }
    }
}

/// [`wait_for_locks`] of SQLite.
pub fn wait_for_sqlite(sqlite: &mut SqliteConnection, wait: Duration) -> Result<(), Error> {
    Ok(sqlite.batch_execute(&format!("PRAGMA busy_timeout = {}", wait.as_millis()))?)
}

/// Makes PostgreSQL wait this long for others' locks until the transaction ends.
pub fn wait_in_this_transaction(postgres: &mut PgConnection, wait: Duration) -> Result<(), Error> {
    set_lock_timeout(postgres, &format!("{}ms", wait.as_millis()))
}

/// How long this connection waits for others' locks.
pub fn wait_of(connection: &mut Conn) -> Result<Duration, Error> {
    let milliseconds = match connection {
        Conn::Sqlite(sqlite) => {
            #[derive(QueryableByName)]
            struct Wait {
                #[diesel(sql_type = diesel::sql_types::Integer)]
                timeout: i32,
            }
            let wait: Wait = diesel::sql_query("PRAGMA busy_timeout").get_result(sqlite)?;
            wait.timeout
        }
        Conn::Postgres(postgres) => diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>(
            "(SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout')",
        ))
        .get_result(postgres)?,
    };
    Ok(Duration::from_millis(milliseconds.unsigned_abs().into()))
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Runs statements that may wait longer for others' locks on PostgreSQL than the rest of their transaction. SQLite's
/// writer is alone as it is.
pub(super) fn waiting_long<T>(
    connection: &mut Conn,
    wait: &str,
    statements: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, Error> {
    let Conn::Postgres(postgres) = connection else {
        return statements(connection);
    };
    let usual: Setting = diesel::sql_query("SELECT current_setting('lock_timeout') AS value")
        .get_result(postgres)?;
    set_lock_timeout(postgres, wait)?;
    let done = statements(connection)?;
    if let Conn::Postgres(postgres) = connection {
        set_lock_timeout(postgres, &usual.value)?;
    }
    Ok(done)
}

/// Until the transaction ends.
pub(super) fn set_lock_timeout(postgres: &mut PgConnection, value: &str) -> Result<(), Error> {
    diesel::sql_query("SELECT set_config('lock_timeout', $1, true)")
        .bind::<Text, _>(value)
        .execute(postgres)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Language {
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
}

fn language(postgres: &mut PgConnection) -> Result<Language, Error> {
    Ok(diesel::sql_query(
        "SELECT current_setting('lc_messages') AS value, current_setting('is_superuser') = 'on' AS is_superuser",
    )
    .get_result(postgres)?)
}

/// Whether PostgreSQL speaks English in this locale: it has no English but its own.
fn is_english(locale: &str) -> bool {
    let language = locale.split(['_', '.', '@']).next().unwrap_or(locale);
    ["", "C", "POSIX", "en"].contains(&language)
}

/// Makes PostgreSQL tell what is wrong in English, by which [`outage`] recognises it. Only a superuser, or from
/// version 15 on an account that was granted it, may set the language. Another account that meets another language
/// works on; [`other_language`] tells the operator.
pub fn speak_english(postgres: &mut PgConnection) -> Result<(), Error> {
    let Language {
        value,
        is_superuser,
    } = language(postgres)?;
    if value == "C" || (is_english(&value) && !is_superuser) {
        return Ok(());
    }
    match postgres.batch_execute("SET lc_messages = 'C'") {
        Err(error) if outage(&error).is_some() => Err(error.into()),
        // It may not; see above.
        _ => Ok(()),
    }
}

/// The locale in whose language PostgreSQL tells what is wrong, when that is not English and could not be changed.
pub fn other_language(connection: &mut Conn) -> Result<Option<String>, Error> {
    let Conn::Postgres(postgres) = connection else {
        return Ok(None);
    };
    let value = language(postgres)?.value;
    Ok(Some(value).filter(|value| !is_english(value)))
}

/// The name of the account of this connection, quoted for a statement; `None` for an embedded database.
pub fn account_name(connection: &mut Conn) -> Result<Option<String>, Error> {
    let Conn::Postgres(postgres) = connection else {
        return Ok(None);
    };
    let name: Setting =
        diesel::sql_query("SELECT quote_ident(current_user) AS value").get_result(postgres)?;
    Ok(Some(name.value))
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn english_is_told_from_other_languages() {
        for english in ["C", "C.UTF-8", "POSIX", "en_GB.UTF-8", "en_US", ""] {
            assert!(is_english(english), "{english}");
        }
        for other in ["de_DE.UTF-8", "cs_CZ", "fr"] {
            assert!(!is_english(other), "{other}");
        }
    }
}
