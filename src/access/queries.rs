//! The rows of signed-in browsers.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use programme::Urn;

use crate::db::schema::{account, assignment, login, school};
use crate::db::{Conn, Error};

/// A login that still counts.
#[derive(Queryable)]
pub(super) struct LiveLogin {
    pub(super) login_id: i64,
    pub(super) account_id: i64,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) last_seen_at: NaiveDateTime,
}

pub(super) fn live_login(
    tx: &mut Conn,
    token_hash: &[u8],
    now: NaiveDateTime,
) -> Result<Option<LiveLogin>, Error> {
    Ok(login::table
        .inner_join(account::table)
        .filter(login::token_hash.eq(token_hash))
        .filter(login::revoked_at.is_null())
        .filter(login::expires_at.gt(now))
        .filter(account::state.eq("active"))
        .select((
            login::id,
            account::id,
            account::email,
            account::name,
            account::role,
            login::last_seen_at,
        ))
        .first(tx)
        .optional()?)
}

/// The schools (those of assigned authorities included) and the authorities of an account.
pub(super) fn assignments(
    tx: &mut Conn,
    account: i64,
) -> Result<(BTreeSet<Urn>, Vec<String>), Error> {
    let rows: Vec<(Option<i32>, Option<String>)> = assignment::table
        .filter(assignment::account_id.eq(account))
        .select((assignment::school_urn, assignment::la_code))
        .order(assignment::id)
        .load(tx)?;
    let mut schools: BTreeSet<i32> = rows.iter().filter_map(|(urn, _)| *urn).collect();
    let authorities: Vec<String> = rows.into_iter().filter_map(|(_, code)| code).collect();
    if !authorities.is_empty() {
        let of_authorities: Vec<i32> = school::table
            .filter(school::la_code.eq_any(&authorities))
            .select(school::urn)
            .load(tx)?;
        schools.extend(of_authorities);
    }
    let schools = schools
        .into_iter()
        .map(|urn| {
            Urn::try_from(urn).map_err(|_| {
                Error::Schema(format!(
                    "account {account} is assigned to school {urn}, which is no URN"
                ))
            })
        })
        .collect::<Result<_, _>>()?;
    Ok((schools, authorities))
}

pub(super) fn insert_login(
    tx: &mut Conn,
    account: i64,
    token_hash: &[u8],
    now: NaiveDateTime,
    expires_at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::insert_into(login::table)
        .values((
            login::token_hash.eq(token_hash),
            login::account_id.eq(account),
            login::created_at.eq(now),
            login::last_seen_at.eq(now),
            login::expires_at.eq(expires_at),
        ))
        .execute(tx)?;
    Ok(())
}

pub(super) fn touch_login(
    tx: &mut Conn,
    token_hash: &[u8],
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(login::table.filter(login::token_hash.eq(token_hash)))
        .set(login::last_seen_at.eq(now))
        .execute(tx)?;
    Ok(())
}

pub(super) fn revoke_login(tx: &mut Conn, login: i64, now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(login::table.find(login))
        .set(login::revoked_at.eq(now))
        .execute(tx)?;
    Ok(())
}

pub(super) fn revoke_logins_of(
    tx: &mut Conn,
    account: i64,
    except: Option<i64>,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(
        login::table
            .filter(login::account_id.eq(account))
            .filter(login::id.ne(except.unwrap_or(0)))
            .filter(login::revoked_at.is_null()),
    )
    .set(login::revoked_at.eq(now))
    .execute(tx)?;
    Ok(())
}

pub(super) fn revoke_every_login(tx: &mut Conn, now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(login::table.filter(login::revoked_at.is_null()))
        .set(login::revoked_at.eq(now))
        .execute(tx)?;
    Ok(())
}
