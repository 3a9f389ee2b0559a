//! The rows of accounts.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use super::error::AccountError;
use crate::access::Role;
use crate::db::schema::{account, assignment, local_authority, login, password_token};
use crate::db::{Conn, Error, is_unique_violation};
use crate::records::school;

/// An account as it is listed.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = account)]
pub struct AccountRow {
    /// Number.
    pub id: i64,
    /// Email address, lower case.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The role's code.
    pub role: String,
    /// PHC string; never shown.
    #[serde(skip)]
    pub password_hash: Option<String>,
    /// `invited`, `active` or `disabled`.
    pub state: String,
}

/// An account to be made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Email address; made lower case.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Schools it works for.
    pub schools: Vec<i32>,
    /// Authorities it works for.
    pub authorities: Vec<String>,
}

/// The account with this address.
pub fn account_by_email(tx: &mut Conn, email: &str) -> Result<Option<AccountRow>, Error> {
    Ok(account::table
        .filter(account::email.eq(email.trim().to_lowercase()))
        .select(AccountRow::as_select())
        .first(tx)
        .optional()?)
}

/// The account with this number.
pub fn account_by_id(tx: &mut Conn, id: i64) -> Result<Option<AccountRow>, Error> {
    Ok(account::table
        .find(id)
        .select(AccountRow::as_select())
        .first(tx)
        .optional()?)
}

/// Every account, by address.
pub fn accounts(tx: &mut Conn) -> Result<Vec<AccountRow>, Error> {
    let mut rows: Vec<AccountRow> = account::table.select(AccountRow::as_select()).load(tx)?;
    rows.sort_by(|one, other| one.email.cmp(&other.email));
    Ok(rows)
}

/// The schools and authorities of an account.
pub fn assignments_of(tx: &mut Conn, id: i64) -> Result<(Vec<i32>, Vec<String>), Error> {
    let rows: Vec<(Option<i32>, Option<String>)> = assignment::table
        .filter(assignment::account_id.eq(id))
        .order(assignment::id)
        .select((assignment::school_urn, assignment::la_code))
        .load(tx)?;
    Ok((
        rows.iter().filter_map(|row| row.0).collect(),
        rows.into_iter().filter_map(|row| row.1).collect(),
    ))
}

/// Makes an account that has no password yet; returns its number.
pub fn add_account(
    tx: &mut Conn,
    new: &NewAccount,
    now: NaiveDateTime,
) -> Result<i64, AccountError> {
    check_assignments(tx, new)?;
    let id: i64 = diesel::insert_into(account::table)
        .values((
            account::email.eq(new.email.trim().to_lowercase()),
            account::name.eq(&new.name),
            account::role.eq(new.role.code()),
            account::state.eq("invited"),
            account::created_at.eq(now),
            account::updated_at.eq(now),
        ))
        .returning(account::id)
        .get_result(tx)
        .map_err(|error| {
            if is_unique_violation(&error) {
                AccountError::Taken
            } else {
                Error::from(error).into()
            }
        })?;
    insert_assignments(tx, id, new)?;
    Ok(id)
}

/// Changes address, name, role and assignments.
pub(super) fn change_account(
    tx: &mut Conn,
    id: i64,
    new: &NewAccount,
    now: NaiveDateTime,
) -> Result<(), AccountError> {
    check_assignments(tx, new)?;
    check_address_is_free(tx, &new.email, id)?;
    diesel::update(account::table.find(id))
        .set((
            account::email.eq(new.email.trim().to_lowercase()),
            account::name.eq(&new.name),
            account::role.eq(new.role.code()),
            account::updated_at.eq(now),
        ))
        .execute(tx)
        .map_err(Error::from)?;
    diesel::delete(assignment::table.filter(assignment::account_id.eq(id)))
        .execute(tx)
        .map_err(Error::from)?;
    insert_assignments(tx, id, new)
}

/// Refuses an address that another account has. Asked before writing: PostgreSQL ends a transaction at an error.
pub(super) fn check_address_is_free(
    tx: &mut Conn,
    email: &str,
    but_for: i64,
) -> Result<(), AccountError> {
    match account_by_email(tx, email)? {
        Some(other) if other.id != but_for => Err(AccountError::Taken),
        _ => Ok(()),
    }
}

/// Active accounts with a role, but for one.
pub(super) fn active_with_role(
    tx: &mut Conn,
    role: Role,
    but_for: Option<i64>,
) -> Result<Vec<AccountRow>, Error> {
    Ok(account::table
        .filter(account::role.eq(role.code()))
        .filter(account::state.eq("active"))
        .filter(account::id.ne(but_for.unwrap_or(0)))
        .order(account::id)
        .select(AccountRow::as_select())
        .load(tx)?)
}

/// Removes an account that nobody ever signed in to.
pub(super) fn delete_account(tx: &mut Conn, id: i64) -> Result<(), Error> {
    diesel::delete(account::table.find(id)).execute(tx)?;
    Ok(())
}

pub(super) fn check_assignments(tx: &mut Conn, new: &NewAccount) -> Result<(), AccountError> {
    let refuse = |message: String| Err(AccountError::Assignment(message));
    if new.role == Role::School && new.schools.is_empty() {
        return refuse("a school's account needs its school: give its URN".to_owned());
    }
    if new.role == Role::Authority && new.authorities.is_empty() {
        return refuse("an authority's account needs its authority: give its code".to_owned());
    }
    for urn in &new.schools {
        if !school::is_known(tx, *urn)? {
            return refuse(format!("there is no school with URN {urn} on the list"));
        }
    }
    for code in &new.authorities {
        let known: i64 = local_authority::table
            .find(code)
            .count()
            .get_result(tx)
            .map_err(Error::from)?;
        if known == 0 {
            return refuse(format!(
                "there is no local authority with code {code} on the list"
            ));
        }
    }
    Ok(())
}

fn insert_assignments(tx: &mut Conn, id: i64, new: &NewAccount) -> Result<(), AccountError> {
    for urn in &new.schools {
        diesel::insert_into(assignment::table)
            .values((
                assignment::account_id.eq(id),
                assignment::school_urn.eq(urn),
            ))
            .execute(tx)
            .map_err(Error::from)?;
    }
    for code in &new.authorities {
        diesel::insert_into(assignment::table)
            .values((assignment::account_id.eq(id), assignment::la_code.eq(code)))
            .execute(tx)
            .map_err(Error::from)?;
    }
    Ok(())
}

/// Stores a password's hash.
pub fn set_password(tx: &mut Conn, id: i64, hash: &str, now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(account::table.find(id))
        .set((account::password_hash.eq(hash), account::updated_at.eq(now)))
        .execute(tx)?;
    Ok(())
}

/// Sets `invited`, `active` or `disabled`; a disabled account's sessions end, and the links given out for it.
pub fn set_state(tx: &mut Conn, id: i64, state: &str, now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(account::table.find(id))
        .set((account::state.eq(state), account::updated_at.eq(now)))
        .execute(tx)?;
    if state == "disabled" {
        diesel::update(
            login::table
                .filter(login::account_id.eq(id))
                .filter(login::revoked_at.is_null()),
        )
        .set(login::revoked_at.eq(now))
        .execute(tx)?;
        use_up_password_tokens(tx, id, now)?;
    }
    Ok(())
}

/// Uses up every link that was given out for an account.
pub(super) fn use_up_password_tokens(
    tx: &mut Conn,
    id: i64,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(
        password_token::table
            .filter(password_token::account_id.eq(id))
            .filter(password_token::used_at.is_null()),
    )
    .set(password_token::used_at.eq(now))
    .execute(tx)?;
    Ok(())
}

/// Uses up every link that was given out for any account.
pub(super) fn use_up_every_password_token(tx: &mut Conn, now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(password_token::table.filter(password_token::used_at.is_null()))
        .set(password_token::used_at.eq(now))
        .execute(tx)?;
    Ok(())
}

pub(super) fn insert_password_token(
    tx: &mut Conn,
    id: i64,
    hash: &[u8],
    expires_at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::insert_into(password_token::table)
        .values((
            password_token::token_hash.eq(hash),
            password_token::account_id.eq(id),
            password_token::expires_at.eq(expires_at),
        ))
        .execute(tx)?;
    Ok(())
}

/// Uses a link up; the account it was for.
pub(super) fn take_password_token(
    tx: &mut Conn,
    hash: &[u8],
    now: NaiveDateTime,
) -> Result<Option<i64>, Error> {
    Ok(diesel::update(
        password_token::table
            .filter(password_token::token_hash.eq(hash))
            .filter(password_token::used_at.is_null())
            .filter(password_token::expires_at.gt(now)),
    )
    .set(password_token::used_at.eq(now))
    .returning(password_token::account_id)
    .get_result(tx)
    .optional()?)
}

/// The account that a link is for, while it works.
pub(super) fn account_of_token(
    tx: &mut Conn,
    hash: &[u8],
    now: NaiveDateTime,
) -> Result<Option<AccountRow>, Error> {
    Ok(password_token::table
        .inner_join(account::table)
        .filter(password_token::token_hash.eq(hash))
        .filter(password_token::used_at.is_null())
        .filter(password_token::expires_at.gt(now))
        .select(AccountRow::as_select())
        .first(tx)
        .optional()?)
}
