//! The connections of one process, and the transactions in which work is done on them.

use std::os::unix::fs::{MetadataExt, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, Pool, PooledConnection, R2D2Connection};
use diesel::{Connection as _, PgConnection, SqliteConnection};

use super::connection::Conn;
use super::dialect::{self, Outage};
use super::error::{Down, Error};
use super::migrate;
use crate::config::DatabaseUrl;

/// How long a page waits, for a connection and for others' locks together: one that cannot be shown or saved should say
/// so soon.
const PAGES_WAIT: Duration = Duration::from_secs(5);

/// How long commands and jobs wait.
const WORK_WAITS: Duration = Duration::from_secs(20);

/// What is left of a wait in any case: a lock that is about to be free is worth a moment.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// Opens connections to one address for the pools.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    url: DatabaseUrl,
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn, Error> {
        connect_waiting(&self.url, PAGES_WAIT)
    }

    fn is_valid(&self, connection: &mut Conn) -> Result<(), Error> {
        Ok(connection.ping()?)
    }

    fn has_broken(&self, connection: &mut Conn) -> bool {
        connection.is_broken()
    }
}

/// Creates the file of an embedded database, and its folder, where they are missing. False when the file was there, and
/// for a database server.
pub fn create_file(url: &DatabaseUrl) -> Result<bool, Error> {
    let DatabaseUrl::Sqlite(path) = url else {
        return Ok(false);
    };
    make_private_folder(folder_of(path))?;
    let created = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match created {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Error::Unreachable(format!("{}: {error}", path.display()))),
    }
}

/// Waits until no other process creates or changes the schema of the embedded database at this address; the lock is held
/// until the file is dropped. `None` for a server, which has a lock of its own. The folder is locked, never the database
/// file: closing that one would drop the locks of this process's own connections.
pub fn lock_folder(url: &DatabaseUrl) -> Result<Option<std::fs::File>, Error> {
    let DatabaseUrl::Sqlite(path) = url else {
        return Ok(None);
    };
    let folder = folder_of(path);
    std::fs::File::open(folder)
        .and_then(|file| file.lock().map(|()| Some(file)))
        .map_err(|error| Error::Unreachable(format!("{}: {error}", folder.display())))
}

/// The folder in which the file of an embedded database lies.
fn folder_of(path: &std::path::Path) -> &std::path::Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => std::path::Path::new("."),
    }
}

/// Opens one connection to a database that exists. diesel's own `establish` would try each back end in turn and hide
/// the real error.
pub fn connect(url: &DatabaseUrl) -> Result<Conn, Error> {
    connect_waiting(url, WORK_WAITS)
}

/// [`connect`] with a wait for others' locks of its own.
fn connect_waiting(url: &DatabaseUrl, wait: Duration) -> Result<Conn, Error> {
    let mut connection = match url {
        DatabaseUrl::Sqlite(path) => {
            // SQLite would create an empty database at a mistyped path.
            if !path.exists() {
                return Err(Error::NoFile(path.clone()));
            }
            let mut sqlite = SqliteConnection::establish(&path.to_string_lossy())
                .map_err(|error| Error::Unreachable(format!("{}: {error}", path.display())))?;
            // secure_delete overwrites what is deleted: a name that is gone must be gone from the file's bytes.
            sqlite
                .batch_execute(
                    "PRAGMA busy_timeout = 5000;
                     PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL;
                     PRAGMA foreign_keys = ON;
                     PRAGMA secure_delete = ON;
                     PRAGMA temp_store = MEMORY;
                     PRAGMA cache_size = -16000;",
                )
                .map_err(|error| Error::Unreachable(format!("{}: {error}", path.display())))?;
            Conn::Sqlite(sqlite)
        }
        DatabaseUrl::Postgres(url) => {
            let mut postgres = PgConnection::establish(url)
                .map_err(|error| Error::Unreachable(error.to_string()))?;
            postgres.batch_execute("SET TIME ZONE 'UTC'")?;
            dialect::speak_english(&mut postgres)?;
            Conn::Postgres(postgres)
        }
    };
    dialect::wait_for_locks(&mut connection, wait)?;
    Ok(connection)
}

/// The path of a file that SQLite keeps beside the database, by its ending.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Creates the data folder readable by its owner only.
fn make_private_folder(folder: &std::path::Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| Error::Unreachable(format!("{}: {error}", folder.display())))
}

/// The pools of one process.
#[derive(Clone)]
pub struct Db {
    url: DatabaseUrl,
    readers: Pool<Manager>,
    pub(super) writers: Pool<Manager>,
    /// How long work waits, for a connection and for others' locks together.
    pub(super) wait: Duration,
}

impl Db {
    /// Opens the pools and checks that the schema is the one this program was built for.
    pub fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        let db = Self::open_unchecked(url)?;
        db.read_now(migrate::check)?;
        Ok(db)
    }

    /// Opens the pools without a look at the schema: for `migrate`. The file of an embedded database is created.
    pub fn open_or_create(url: &DatabaseUrl) -> Result<Self, Error> {
        create_file(url)?;
        Self::open_unchecked(url)
    }

    /// Opens the pools without a look at the schema.
    pub fn open_unchecked(url: &DatabaseUrl) -> Result<Self, Error> {
        // One try at once, so that a wrong address is told now and in the database's own words.
        connect(url)?;
        let manager = Manager { url: url.clone() };
        let pool = |size: u32| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .connection_timeout(PAGES_WAIT)
                .test_on_check_out(matches!(url, DatabaseUrl::Postgres(_)))
                .build(manager.clone())
                .map_err(|error| Error::Unreachable(error.to_string()))
        };
        let (readers, writers) = match url {
            DatabaseUrl::Sqlite(_) => (pool(4)?, pool(1)?),
            DatabaseUrl::Postgres(_) => {
                let both = pool(12)?;
                (both.clone(), both)
            }
        };
        Ok(Self {
            url: url.clone(),
            readers,
            writers,
            wait: WORK_WAITS,
        })
    }

    /// The same database for work that a person waits for: it waits five seconds, for a connection and for others' locks
    /// together, and then fails with [`Outage::Busy`] or [`Outage::Unreachable`].
    #[must_use]
    pub fn for_pages(&self) -> Self {
        Self {
            wait: PAGES_WAIT,
            ..self.clone()
        }
    }

    /// The same database for commands, jobs and what a page started: it waits longer.
    #[must_use]
    pub fn for_work(&self) -> Self {
        Self {
            wait: WORK_WAITS,
            ..self.clone()
        }
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The file of an embedded database. A process that has it open through SQLite must not open it otherwise: see
    /// [`super::raw_bytes`].
    pub fn file(&self) -> Option<PathBuf> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => Some(path.clone()),
            DatabaseUrl::Postgres(_) => None,
        }
    }

    /// Whether `path` is a file of this database, also under another name: it must not be read or written then.
    pub fn owns_file(&self, path: &Path) -> bool {
        let Some(file) = self.file() else {
            return false;
        };
        let number = |path: &Path| {
            std::fs::metadata(path)
                .ok()
                .map(|file| (file.dev(), file.ino()))
        };
        let Some(wanted) = number(path) else {
            return false;
        };
        ["", "-wal", "-shm", "-journal"]
            .into_iter()
            .any(|ending| number(&beside(&file, ending)) == Some(wanted))
    }

    /// Runs `work` in a reading transaction on this thread.
    pub fn read_now<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut connection, left) = self.checkout(&self.readers)?;
        transaction(&mut connection, "BEGIN", left, work)
    }

    /// Runs `work` in a writing transaction on this thread: all of it, or nothing.
    pub fn write_now<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut connection, left) = self.checkout(&self.writers)?;
        transaction(&mut connection, "BEGIN IMMEDIATE", left, work)
    }

    /// Runs `work` with a writer connection and no transaction: for VACUUM and its like.
    pub fn outside_transaction<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut connection, left) = self.checkout(&self.writers)?;
        dialect::wait_for_locks(&mut connection, left)?;
        let done = work(&mut connection);
        if let Err(error) = dialect::wait_for_locks(&mut connection, PAGES_WAIT) {
            // What was done counts; the pool drops a connection that is broken.
            tracing::warn!(error = %error, "the wait for locks could not be set back");
        }
        done
    }

    /// Takes a connection; returns it with what is left of the wait, which is for locks: a save behind others of this
    /// process and behind another process would otherwise wait twice.
    pub(super) fn checkout(
        &self,
        pool: &Pool<Manager>,
    ) -> Result<(PooledConnection<Manager>, Duration), Error> {
        let began = Instant::now();
        let connection = pool.get_timeout(self.wait).map_err(|error| {
            let state = pool.state();
            let all_taken = state.connections == pool.max_size() && state.idle_connections == 0;
            Error::Down(Down {
                words: error.to_string(),
                outage: if all_taken {
                    Outage::Busy
                } else {
                    Outage::Unreachable
                },
            })
        })?;
        Ok((connection, left_of(self.wait, began.elapsed())))
    }

    /// [`Self::read_now`] on a blocking thread.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let db = self.clone();
        blocking(move || db.read_now(work)).await
    }

    /// [`Self::write_now`] on a blocking thread.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let db = self.clone();
        blocking(move || db.write_now(work)).await
    }
}

/// Runs `work` on a thread that may wait.
pub async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(E::from(Error::CutOff)))
}

/// What is left of a wait after a part of it has passed.
fn left_of(wait: Duration, passed: Duration) -> Duration {
    wait.saturating_sub(passed).max(SHORTEST_WAIT)
}

/// A transaction that begins with `begin` on SQLite and waits for others' locks as long as `wait`. diesel's own offers
/// IMMEDIATE on the bare SQLite connection only.
pub(super) fn transaction<T, E: From<Error>>(
    connection: &mut Conn,
    begin: &str,
    wait: Duration,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    type Manager = <Conn as diesel::Connection>::TransactionManager;
    match connection {
        Conn::Sqlite(sqlite) => {
            dialect::wait_for_sqlite(sqlite, wait)?;
            AnsiTransactionManager::begin_transaction_sql(sqlite, begin)
        }
        Conn::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres),
    }
    .map_err(Error::from)?;
    let waits = match connection {
        // Connections of the pool wait as long as a page as it is: most transactions need not be told.
        Conn::Postgres(postgres) if wait.abs_diff(PAGES_WAIT) > SHORTEST_WAIT => {
            dialect::wait_in_this_transaction(postgres, wait).map_err(E::from)
        }
        _ => Ok(()),
    };
    match waits.and_then(|()| work(connection)) {
        Ok(value) => {
            Manager::commit_transaction(connection).map_err(Error::from)?;
            Ok(value)
        }
        Err(error) => {
            // The first error is the one worth telling; a connection that cannot roll back is dropped by the pool.
            if let Err(second) = Manager::rollback_transaction(connection) {
                tracing::warn!(error = %second, "rollback failed");
            }
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_wait_is_never_more_than_the_whole() {
        assert_eq!(left_of(PAGES_WAIT, Duration::ZERO), PAGES_WAIT);
        assert_eq!(
            left_of(PAGES_WAIT, Duration::from_secs(4)),
            Duration::from_secs(1)
        );
        assert_eq!(left_of(PAGES_WAIT, Duration::from_secs(9)), SHORTEST_WAIT);
    }
}
