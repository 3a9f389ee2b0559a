//! How many letters there are, for the list, home and the command line.

use chrono::NaiveDate;
use programme::Coded as _;

use super::due::Due;
use super::due_queries;
use super::queries;
use super::state::State;
use crate::access::Scope;
use crate::db::{self, Conn};

/// How many letters stand in each state, in the order of [`State::ALL`].
pub fn tallies(tx: &mut Conn, scope: &Scope) -> Result<Vec<(State, i64)>, db::Error> {
    let counts = queries::counts(tx, scope)?;
    Ok(State::ALL
        .iter()
        .map(|state| (*state, counts.get(state).copied().unwrap_or(0)))
        .collect())
}

/// How many letters at schools in scope have not gone and are overdue, or due soon: as many as their lists show.
pub fn due_counts(
    tx: &mut Conn,
    scope: &Scope,
    today: NaiveDate,
) -> Result<Vec<(Due, i64)>, db::Error> {
    Due::ALL
        .iter()
        .map(|due| {
            let letters = due_queries::letters_due(tx, scope, *due, today)?;
            Ok((*due, letters.len() as i64))
        })
        .collect()
}
