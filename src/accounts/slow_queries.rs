//! The rows of wrong passwords.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::schema::sign_in_failure as failure;
use crate::db::{Conn, Error, dialect};

pub(super) fn wait_until(
    tx: &mut Conn,
    who: &[u8],
    network: &str,
) -> Result<Option<NaiveDateTime>, Error> {
    Ok(failure::table
        .find((who, network))
        .select(failure::wait_until)
        .first(tx)
        .optional()?
        .flatten())
}

pub(super) fn count(
    tx: &mut Conn,
    who: &[u8],
    network: &str,
    now: NaiveDateTime,
) -> Result<i32, Error> {
    dialect::count_sign_in_failure(tx, who, network, now)?;
    Ok(failure::table
        .find((who, network))
        .select(failure::failed)
        .first(tx)?)
}

pub(super) fn set_wait(
    tx: &mut Conn,
    who: &[u8],
    network: &str,
    until: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(failure::table.find((who, network)))
        .set(failure::wait_until.eq(until))
        .execute(tx)?;
    Ok(())
}

/// Forgets what was counted for an address, from one network or from all.
pub(super) fn forget(tx: &mut Conn, who: &[u8], network: Option<&str>) -> Result<(), Error> {
    match network {
        Some(network) => diesel::delete(failure::table.find((who, network))).execute(tx)?,
        None => diesel::delete(failure::table.filter(failure::who.eq(who))).execute(tx)?,
    };
    Ok(())
}

pub(super) fn forget_before(tx: &mut Conn, before: NaiveDateTime) -> Result<(), Error> {
    diesel::delete(failure::table.filter(failure::last_at.lt(before))).execute(tx)?;
    Ok(())
}

/// The addresses for which somebody waits.
pub(super) fn waiting(tx: &mut Conn, now: NaiveDateTime) -> Result<HashSet<Vec<u8>>, Error> {
    Ok(failure::table
        .filter(failure::wait_until.gt(now))
        .select(failure::who)
        .load::<Vec<u8>>(tx)?
        .into_iter()
        .collect())
}
