//! What the two databases say when they cannot work just now.
//!
//! Neither gives diesel more than a sentence for most of these, so the sentences are compared. One that is not known
//! here is a fault of the program until shown otherwise.

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

/// Parts of messages, lower case, of SQLite and of PostgreSQL with its client library.
const MESSAGES: [(&str, Outage); 20] = [
    ("database is locked", Outage::Busy),
    ("database table is locked", Outage::Busy),
    ("canceling statement due to lock timeout", Outage::Busy),
    ("database or disk is full", Outage::Full),
    ("disk i/o error", Outage::Full),
    ("attempt to write a readonly database", Outage::Full),
    ("no space left on device", Outage::Full),
    ("could not extend file", Outage::Full),
    ("could not write to file", Outage::Full),
    ("unable to open database file", Outage::Unreachable),
    ("server closed the connection", Outage::Unreachable),
    ("terminating connection", Outage::Unreachable),
    ("no connection to the server", Outage::Unreachable),
    ("connection to server", Outage::Unreachable),
    ("could not receive data from server", Outage::Unreachable),
    ("could not send data to server", Outage::Unreachable),
    ("the database system is", Outage::Unreachable),
    ("remaining connection slots", Outage::Unreachable),
    ("too many clients already", Outage::Unreachable),
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
