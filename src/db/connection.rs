//! The connection to either database.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either database: everything that queries takes `&mut Conn`.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// The server.
    Postgres(PgConnection),
}
