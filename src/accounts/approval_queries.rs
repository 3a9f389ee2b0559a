//! The rows of changes that wait for a programme administrator.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::queries::NewAccount;
use crate::access::Role;
use crate::audit::Actor;
use crate::db::schema::account_approval;
use crate::db::{Conn, Error};

/// A change as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = account_approval)]
struct Row {
    account_id: i64,
    email: String,
    name: String,
    role: String,
    schools: String,
    authorities: String,
    is_new: bool,
    asked_by: String,
    asked_by_id: Option<i64>,
    asked_at: NaiveDateTime,
}

/// A change of an account that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The account.
    pub account: i64,
    /// The account as it is to be.
    pub wanted: NewAccount,
    /// Whether nobody has been able to sign in to the account yet.
    pub is_new: bool,
    /// The name of who asked for it.
    pub asked_by: String,
    /// Their account.
    pub asked_by_id: Option<i64>,
    /// When approval was asked for, UTC.
    pub asked_at: NaiveDateTime,
}

impl Row {
    /// The change that waits. One that cannot be read is an error: left out, nobody would ever decide on it.
    fn read(self) -> Result<Waiting, Error> {
        let account = self.account_id;
        let damaged = |what: &str| {
            Error::Schema(format!(
                "the change of account {account} that waits for approval is damaged: its {what} cannot be read"
            ))
        };
        Ok(Waiting {
            account: self.account_id,
            wanted: NewAccount {
                email: self.email,
                name: self.name,
                role: self.role.parse::<Role>().map_err(|_| damaged("role"))?,
                schools: self
                    .schools
                    .split_whitespace()
                    .map(str::parse)
                    .collect::<Result<_, _>>()
                    .map_err(|_| damaged("list of schools"))?,
                authorities: self
                    .authorities
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect(),
            },
            is_new: self.is_new,
            asked_by: self.asked_by,
            asked_by_id: self.asked_by_id,
            asked_at: self.asked_at,
        })
    }
}

/// Every change that waits, the oldest first.
pub fn waiting(tx: &mut Conn) -> Result<Vec<Waiting>, Error> {
    let rows: Vec<Row> = account_approval::table
        .order((account_approval::asked_at, account_approval::account_id))
        .select(Row::as_select())
        .load(tx)?;
    rows.into_iter().map(Row::read).collect()
}

/// The change of this account that waits.
pub fn waiting_for(tx: &mut Conn, account: i64) -> Result<Option<Waiting>, Error> {
    let row: Option<Row> = account_approval::table
        .find(account)
        .select(Row::as_select())
        .first(tx)
        .optional()?;
    row.map(Row::read).transpose()
}

/// Takes the place of whatever waited for the account.
pub(super) fn put(
    tx: &mut Conn,
    account: i64,
    wanted: &NewAccount,
    is_new: bool,
    actor: &Actor,
    now: NaiveDateTime,
) -> Result<(), Error> {
    remove(tx, account)?;
    let schools: Vec<String> = wanted.schools.iter().map(ToString::to_string).collect();
    diesel::insert_into(account_approval::table)
        .values((
            account_approval::account_id.eq(account),
            account_approval::email.eq(wanted.email.trim().to_lowercase()),
            account_approval::name.eq(&wanted.name),
            account_approval::role.eq(wanted.role.code()),
            account_approval::schools.eq(schools.join(" ")),
            account_approval::authorities.eq(wanted.authorities.join(" ")),
            account_approval::is_new.eq(is_new),
            account_approval::asked_by.eq(&actor.label),
            account_approval::asked_by_id.eq(actor.id),
            account_approval::asked_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

/// True when something waited.
pub(super) fn remove(tx: &mut Conn, account: i64) -> Result<bool, Error> {
    Ok(diesel::delete(account_approval::table.find(account)).execute(tx)? > 0)
}
