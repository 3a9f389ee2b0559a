//! A unit of work: what every use case needs, together.

use chrono::{NaiveDate, NaiveDateTime};

use crate::audit::Actor;
use crate::db::Conn;
use crate::identity::Identities;

/// One transaction with who works in it, when, and the door to the names. Commands, jobs and
/// handlers all call the same functions with it.
pub struct Work<'a> {
    /// The transaction.
    pub tx: &'a mut Conn,
    /// Who works.
    pub actor: &'a Actor,
    /// The moment, UTC.
    pub now: NaiveDateTime,
    /// The day in England.
    pub today: NaiveDate,
    /// The door to the names.
    pub identities: &'a Identities,
}
