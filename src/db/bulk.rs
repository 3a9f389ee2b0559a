//! Writing very many rows without keeping others from writing.
//!
//! SQLite has one writer. Rows are therefore collected in temporary tables on a connection of their own, which locks
//! nothing, and one short transaction copies them inside the database. A process that is killed before leaves nothing.
//! PostgreSQL locks single rows, so that new ones need not be collected there.
//!
//! SQLite's temporary tables lie in a file that has no name any more: in memory, a large roster would stand there twice.

use super::connection::Conn;
use super::dialect;
use super::error::Error;
use super::pool::{Db, connect, transaction};

/// A connection on which rows are collected and then kept.
pub struct Bulk<'db> {
    db: &'db Db,
    connection: Conn,
}

impl Db {
    /// A connection for writing very many rows.
    pub fn bulk(&self) -> Result<Bulk<'_>, Error> {
        let mut connection = connect(self.url())?;
        dialect::keep_temporary_rows_on_disk(&mut connection)?;
        Ok(Bulk {
            db: self,
            connection,
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

    /// Collects what becomes of children held (see [`dialect::insert_changed`]), on either database: also where single
    /// rows are locked, a recorder would wait for the children of the class.
    pub fn collect_touched<E: From<Error>>(
        &mut self,
        insert: impl FnOnce(&mut Conn) -> Result<(), E>,
    ) -> Result<(), E> {
        dialect::begin_collecting_touched(&mut self.connection)?;
        insert(&mut self.connection)?;
        dialect::end_collecting_touched(&mut self.connection)?;
        Ok(())
    }

    /// Runs `work` in a reading transaction.
    pub fn read<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        transaction(&mut self.connection, "BEGIN", self.db.wait, work)
    }

    /// Runs `work` in a writing transaction: all of it, or nothing.
    pub fn write<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        // The pool's one writer is held meanwhile: whoever waits for it waits in line, and not blindly inside SQLite.
        let (_turn, left) = match &self.connection {
            Conn::Sqlite(_) => {
                let (turn, left) = self.db.checkout(&self.db.writers)?;
                (Some(turn), left)
            }
            Conn::Postgres(_) => (None, self.db.wait),
        };
        transaction(&mut self.connection, "BEGIN IMMEDIATE", left, work)
    }
}
