//! An import while somebody works on it: longer than one transaction.

use chrono::NaiveDateTime;

use crate::app::App;
use crate::audit::Actor;
use crate::db::{Conn, Db};
use crate::work::Work;
use roster_reader::progress::Progress;

/// Who imports, in which process, and who is told how far it is. What fits into one transaction takes
/// a [`Work`] instead.
#[derive(Clone, Copy)]
pub struct Importing<'a> {
    /// The process.
    pub app: &'a App,
    /// Who imports.
    pub actor: &'a Actor,
    /// The moment at which the work began, UTC: everything that one import writes bears it.
    pub now: NaiveDateTime,
    /// Is told how far the work is.
    pub progress: &'a Progress,
}

impl<'a> Importing<'a> {
    /// Work that begins now.
    pub fn new(app: &'a App, actor: &'a Actor, progress: &'a Progress) -> Self {
        Self {
            app,
            actor,
            now: app.clock.now(),
            progress,
        }
    }

    /// The database.
    pub(super) fn db(&self) -> &'a Db {
        &self.app.db
    }

    /// One transaction of it.
    pub(super) fn work<'w>(&'w self, tx: &'w mut Conn) -> Work<'w> {
        Work {
            tx,
            actor: self.actor,
            now: self.now,
            today: self.app.clock.today(),
            identities: &self.app.identities,
        }
    }
}
