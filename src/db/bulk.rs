//! Writing very many rows without keeping others from writing.
//!
//! SQLite has one writer. Rows are therefore collected in temporary tables on a connection of their own, which locks
//! nothing, and one short transaction copies them inside the database. A process that is killed before leaves nothing.
//! PostgreSQL locks single rows, so that nothing need be collected there.

use super::{Conn, Db, Error, checkout, connect, dialect, transaction};

/// A connection on which rows are collected and then kept.
pub struct Bulk<'db> {
    db: &'db Db,
    connection: Conn,
}

impl Db {
    /// A connection for writing very many rows.
    pub fn bulk(&self) -> Result<Bulk<'_>, Error> {
        Ok(Bulk {
            db: self,
            connection: connect(&self.url)?,
        })
    }
}

impl Bulk<'_> {
    /// Collects children and identities that `insert` inserts, where that keeps others from waiting. False where it
    /// does not, and `insert` was not called.
    pub fn collect<E: From<Error>>(
        &mut self,
        insert: impl FnOnce(&mut Conn) -> Result<(), E>,
    ) -> Result<bool, E> {
        if !dialect::begin_collecting(&mut self.connection)? {
            return Ok(false);
        }
        insert(&mut self.connection)?;
        dialect::end_collecting(&mut self.connection)?;
        Ok(true)
    }

    /// Runs `work` in a writing transaction: all of it, or nothing.
    pub fn write<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        // The pool's one writer is held meanwhile: whoever waits for it waits in line, and not blindly inside SQLite.
        let _turn = match &self.connection {
            Conn::Sqlite(_) => Some(checkout(&self.db.writers)?),
            Conn::Postgres(_) => None,
        };
        transaction(&mut self.connection, "BEGIN IMMEDIATE", work)
    }
}
