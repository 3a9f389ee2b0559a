//! What the two databases say when they cannot work just now.
//!
//! Both have codes for it (SQLite's result codes, PostgreSQL's SQLSTATE), and diesel hands on none of them: it has kinds
//! of its own for a closed connection, a read-only transaction and what violates a constraint, and everything else is
//! `Unknown` with a sentence. Kinds are used where there are any; for the rest, here and nowhere else, sentences are
//! compared. They are always English. SQLite has no other language. The client library of PostgreSQL would speak that of
//! the process, which sets none. The server speaks the session's, and [`super::speak_english`] sets it.
//!
//! A sentence that is not known here is a fault of the program until shown otherwise.

use diesel::result::DatabaseErrorKind;

/// Why the database cannot work just now, although nothing is wrong with what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// It does not answer, or it is starting or stopping.
    Unreachable,
    /// Somebody else holds what is needed, for longer than was waited.
    Busy,
    /// Its disk is full or cannot be written to.
    Full,
}

/// Parts of messages, lower case, with the code that each database has for them.
const MESSAGES: [(&str, Outage); 20] = [
    // SQLITE_BUSY, SQLITE_LOCKED
    ("database is locked", Outage::Busy),
    ("database table is locked", Outage::Busy),
    // SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN
    ("database or disk is full", Outage::Full),
    ("disk i/o error", Outage::Full),
    ("attempt to write a readonly database", Outage::Full),
    ("unable to open database file", Outage::Unreachable),
    // SQLSTATE 55P03
    ("canceling statement due to lock timeout", Outage::Busy),
    // 53100, with what the operating system said
    ("no space left on device", Outage::Full),
    ("could not extend file", Outage::Full),
    ("could not write to file", Outage::Full),
    // 57P01 to 57P03, 53300
    ("terminating connection", Outage::Unreachable),
    ("the database system is", Outage::Unreachable),
    ("remaining connection slots", Outage::Unreachable),
    ("too many clients already", Outage::Unreachable),
    // The client library, which has no codes
    ("server closed the connection", Outage::Unreachable),
    ("no connection to the server", Outage::Unreachable),
    ("connection to server", Outage::Unreachable),
    ("could not receive data from server", Outage::Unreachable),
    ("could not send data to server", Outage::Unreachable),
    ("connection not open", Outage::Unreachable),
];

/// The outage behind an error of a statement; `None` when the statement itself was refused.
pub fn outage(error: &diesel::result::Error) -> Option<Outage> {
    use diesel::result::Error as E;
    match error {
        E::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | E::BrokenTransactionManager => Some(Outage::Unreachable),
        // A server that only follows another one.
        E::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => Some(Outage::Full),
        E::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            let message = information.message().to_lowercase();
            MESSAGES
                .iter()
                .find(|(part, _)| message.contains(part))
                .map(|(_, outage)| *outage)
        }
        E::RollbackErrorOnCommit { commit_error, .. } => outage(commit_error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saying(message: &str) -> diesel::result::Error {
        diesel::result::Error::DatabaseError(
            DatabaseErrorKind::Unknown,
            Box::new(message.to_owned()),
        )
    }

    #[test]
    fn a_lock_a_full_disk_and_a_closed_connection_are_told_apart_from_faults() {
        assert_eq!(outage(&saying("database is locked")), Some(Outage::Busy));
        assert_eq!(
            outage(&saying("database or disk is full")),
            Some(Outage::Full)
        );
        assert_eq!(
            outage(&saying(
                "could not extend file \"base/1/2\": No space left on device"
            )),
            Some(Outage::Full)
        );
        assert_eq!(
            outage(&saying(
                "server closed the connection unexpectedly\n\tThis probably means the server terminated"
            )),
            Some(Outage::Unreachable)
        );
        assert_eq!(outage(&saying("syntax error at or near \"SELEC\"")), None);
        assert_eq!(outage(&diesel::result::Error::NotFound), None);
    }
}
