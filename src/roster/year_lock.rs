//! One import of a year writes at a time.

use super::error::ImportError;
use crate::db::dialect;
use crate::db::{Conn, Error};
use roster_reader::progress::{Progress, Step};

/// Keeps imports of a year out until the transaction ends, and waits while one is writing; `progress`
/// is told that it waits.
pub(super) fn wait_for(tx: &mut Conn, progress: &Progress, year: &str) -> Result<(), Error> {
    if dialect::try_lock_imports(tx, year)? {
        return Ok(());
    }
    progress.begin(Step::Waiting, 0);
    dialect::lock_imports(tx, year)
}

/// Keeps imports of a year out while a person's decision is carried out. One that is being written may
/// take long; the person is told instead of waiting.
pub(super) fn take(tx: &mut Conn, year: &str) -> Result<(), ImportError> {
    if dialect::try_lock_imports(tx, year)? {
        Ok(())
    } else {
        Err(ImportError::BeingWritten)
    }
}
