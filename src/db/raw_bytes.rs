//! The database's own bytes on disk: emptied of what was deleted, and read piece by piece.
//!
//! What was deleted is not gone from the bytes by itself. SQLite overwrites it (`secure_delete`), but the journal keeps
//! earlier pages until it is emptied. PostgreSQL keeps dead rows until a table is written anew.
//!
//! A process must never open the file of its own SQLite database except through SQLite. When it closes the file, POSIX
//! drops every lock that the process holds on it, SQLite's own included; the next program that opens and closes the
//! database then takes itself for the last user and deletes the journal under the running server, with every save since
//! the last checkpoint. Therefore this program is started a second time to read the file, and hands the bytes over
//! through a pipe.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};

use super::connection::Conn;
use super::error::Error;
use super::pool::{Db, beside};

/// Bytes read at once.
const PIECE: usize = 4 << 20;

/// The tables that an erasure touches.
const TOUCHED: [&str; 15] = [
    "identity",
    "import",
    "import_row",
    "import_pupil",
    "outbox",
    "letter",
    "measurement",
    "not_measured",
    "pupil",
    "warning",
    "pupil_to_seal",
    "audit_subject",
    "access_pupil",
    "disclosure_pupil",
    "disclosure",
];

/// Bytes that could not be cleaned or read; the message is for the evidence.
#[derive(Debug, thiserror::Error)]
pub enum RawBytesError {
    /// The database account may not, or the file cannot be read.
    #[error("{0}")]
    NotPermitted(String),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] Error),
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

#[derive(QueryableByName)]
struct Rights {
    #[diesel(sql_type = Bool)]
    may_read: bool,
    #[diesel(sql_type = Bool)]
    may_write_checkpoints: bool,
    #[diesel(sql_type = Text)]
    account: String,
}

#[derive(QueryableByName)]
struct RelationFile {
    #[diesel(sql_type = Text)]
    path: String,
}

#[derive(QueryableByName)]
struct IndexName {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Piece {
    #[diesel(sql_type = Nullable<Binary>)]
    bytes: Option<Vec<u8>>,
}

/// Empties the journal (SQLite) or writes the touched tables anew (PostgreSQL). What could not be done is told in words.
pub fn clean(db: &Db) -> Result<(), RawBytesError> {
    db.outside_transaction(|connection| match connection {
        Conn::Sqlite(sqlite) => {
            let state: Checkpoint =
                diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(sqlite).map_err(Error::from)?;
            if state.busy == 0 {
                Ok(())
            } else {
                Err(RawBytesError::NotPermitted(
                    "the journal could not be emptied, because another process was reading from it".to_owned(),
                ))
            }
        }
        Conn::Postgres(postgres) => {
            for table in TOUCHED {
                write_in_order_of_keys(postgres, table).map_err(|error| {
                    RawBytesError::NotPermitted(format!(
                        "the table {table} could not be written anew ({error}); its deleted rows go when it is next vacuumed"
                    ))
                })?;
            }
            Ok(())
        }
    })
}

/// Writes a table anew in the order of its primary key, without its deleted rows. VACUUM FULL would keep the rows in the
/// order in which they were written, and that is the order in which a class was measured.
fn write_in_order_of_keys(postgres: &mut diesel::PgConnection, table: &str) -> QueryResult<()> {
    let key: IndexName = diesel::sql_query(
        "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = $1::regclass AND indisprimary",
    )
    .bind::<Text, _>(table)
    .get_result(postgres)?;
    postgres.batch_execute(&format!("CLUSTER {table} USING {}", key.name))
}

/// Writes the database anew, where a first [`clean`] was not enough.
pub fn rewrite(db: &Db) -> Result<(), RawBytesError> {
    db.outside_transaction(|connection| {
        if let Conn::Sqlite(sqlite) = connection {
            sqlite.batch_execute("VACUUM").map_err(Error::from)?;
        }
        Ok::<(), Error>(())
    })?;
    clean(db)
}

/// Hands every piece of every file of the database to `each`; `None` says that the next file begins. `program` is the
/// file of this program, which is started for each file of SQLite as `stature raw-bytes FILE`.
pub fn read_all(
    db: &Db,
    program: &Path,
    each: &mut dyn FnMut(Option<&[u8]>),
) -> Result<(), RawBytesError> {
    match db.file() {
        Some(file) => {
            for path in [
                file.clone(),
                beside(&file, "-wal"),
                beside(&file, "-journal"),
            ] {
                each(None);
                read_in_another_process(program, &path, each)?;
            }
            Ok(())
        }
        None => db.outside_transaction(|connection| match connection {
            Conn::Postgres(postgres) => read_relations(postgres, each),
            Conn::Sqlite(_) => Ok(()),
        }),
    }
}

/// Reads a file in a process of its own, see the module.
fn read_in_another_process(
    program: &Path,
    path: &Path,
    each: &mut dyn FnMut(Option<&[u8]>),
) -> Result<(), RawBytesError> {
    let unreadable = |error: std::io::Error| {
        RawBytesError::NotPermitted(format!("a file of the database cannot be read: {error}"))
    };
    // The child needs no setting, and the environment may hold the mail server's password.
    let mut child = Command::new(program)
        .arg("raw-bytes")
        .arg(path)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(unreadable)?;
    let mut piece = vec![0; PIECE];
    if let Some(mut pipe) = child.stdout.take() {
        loop {
            match pipe.read(&mut piece).map_err(unreadable)? {
                0 => break,
                length => each(Some(&piece[..length])),
            }
        }
    }
    let ended = child.wait_with_output().map_err(unreadable)?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(RawBytesError::NotPermitted(format!(
        "a file of the database cannot be read: {}",
        said.trim()
    )))
}

/// Writes the bytes of a file to `out`, and nothing when there is no such file. Only a process that has no database
/// open may call this.
pub fn write_file(path: &Path, out: &mut impl Write) -> std::io::Result<()> {
    match File::open(path) {
        Ok(mut file) => {
            std::io::copy(&mut file, out)?;
            out.flush()
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// What this account may, of what reading the server's files takes. A superuser may everything; the role
/// `pg_checkpoint` is there from version 15 on.
fn rights(postgres: &mut diesel::PgConnection) -> Result<Rights, Error> {
    Ok(diesel::sql_query(
        "SELECT has_function_privilege('pg_read_binary_file(text,bigint,bigint,boolean)', 'execute') AS may_read, \
         EXISTS (SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper) \
         OR EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'USAGE')) \
         AS may_write_checkpoints, quote_ident(current_user) AS account",
    )
    .get_result(postgres)?)
}

/// The statements that a superuser must run before this account can search the database's files after an erasure; none
/// when it can, and none for an embedded database.
pub fn missing_grants(connection: &mut Conn) -> Result<Vec<String>, Error> {
    let Conn::Postgres(postgres) = connection else {
        return Ok(Vec::new());
    };
    let rights = rights(postgres)?;
    let mut missing = Vec::new();
    if !rights.may_read {
        missing.push(format!(
            "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO {};",
            rights.account
        ));
    }
    if !rights.may_write_checkpoints {
        missing.push(format!("GRANT pg_checkpoint TO {};", rights.account));
    }
    Ok(missing)
}

/// Reads the files of every table and index through the server, which a superuser (or a role that was granted the
/// function) may. A checkpoint comes first: pages may still be in the server's memory only.
fn read_relations(
    postgres: &mut diesel::PgConnection,
    each: &mut dyn FnMut(Option<&[u8]>),
) -> Result<(), RawBytesError> {
    if !rights(postgres)?.may_read {
        return Err(RawBytesError::NotPermitted(
            "the database account may not read the server’s files (pg_read_binary_file)".to_owned(),
        ));
    }
    postgres.batch_execute("CHECKPOINT").map_err(|_| {
        RawBytesError::NotPermitted(
            "the database account may not write a checkpoint (pg_checkpoint)".to_owned(),
        )
    })?;
    let files: Vec<RelationFile> = diesel::sql_query(
        "SELECT path FROM (SELECT pg_relation_filepath(oid) AS path FROM pg_class WHERE relkind IN ('r', 'i', 't', 'm') \
         AND NOT relisshared) files WHERE path IS NOT NULL ORDER BY path",
    )
    .load(postgres)
    .map_err(Error::from)?;
    for file in files {
        for segment in 0.. {
            let path = match segment {
                0 => file.path.clone(),
                _ => format!("{}.{segment}", file.path),
            };
            each(None);
            if !read_relation_file(postgres, &path, each)? {
                break;
            }
        }
    }
    Ok(())
}

/// False when there is no such file: a table's last segment has been passed, or it was dropped meanwhile.
fn read_relation_file(
    postgres: &mut diesel::PgConnection,
    path: &str,
    each: &mut dyn FnMut(Option<&[u8]>),
) -> Result<bool, RawBytesError> {
    let mut offset = 0_i64;
    loop {
        let piece: Piece =
            diesel::sql_query("SELECT pg_read_binary_file($1, $2, $3, true) AS bytes")
                .bind::<Text, _>(path)
                .bind::<BigInt, _>(offset)
                .bind::<BigInt, _>(PIECE as i64)
                .get_result(postgres)
                .map_err(|error| {
                    RawBytesError::NotPermitted(format!(
                        "the server’s files could not be read: {error}"
                    ))
                })?;
        let Some(bytes) = piece.bytes else {
            return Ok(false);
        };
        if bytes.is_empty() {
            return Ok(true);
        }
        offset += bytes.len() as i64;
        each(Some(&bytes));
    }
}
