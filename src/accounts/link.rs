//! Links by which a person sets a password, once.

use chrono::{Duration, NaiveDateTime};
use serde_json::json;

use super::error::AccountError;
use super::queries::{self, AccountRow};
use super::slow;
use crate::access::session;
use crate::access::session::{new_token, token_hash};
use crate::audit::{self, Action, Actor};
use crate::db::{self, Conn};
use crate::identity::Keyring;

/// How long a link that sets a password works.
pub const LINK_HOURS: i64 = 72;

/// Makes a link's token with which the account's password can be set once. Links given out before work no more.
pub(super) fn password_link(
    tx: &mut Conn,
    actor: &Actor,
    account: i64,
    now: NaiveDateTime,
) -> Result<String, AccountError> {
    let token = new_token().map_err(|_| AccountError::NoRandomness)?;
    queries::use_up_password_tokens(tx, account, now)?;
    queries::insert_password_token(
        tx,
        account,
        &token_hash(&token),
        now + Duration::hours(LINK_HOURS),
    )?;
    audit::event(
        tx,
        actor,
        now,
        Action::AccountLinkMade,
        &format!("account:{account}"),
        &json!({}),
    )?;
    Ok(token)
}

/// Sets the password through a link; the link is used up, and every session of the account ends.
pub fn use_link(
    tx: &mut Conn,
    keyring: &Keyring,
    token: &str,
    hash: &str,
    now: NaiveDateTime,
) -> Result<(), AccountError> {
    let account =
        queries::take_password_token(tx, &token_hash(token), now)?.ok_or(AccountError::Link)?;
    let row = queries::account_by_id(tx, account)?.ok_or(AccountError::Link)?;
    queries::set_password(tx, account, hash, now)?;
    queries::set_state(tx, account, "active", now)?;
    slow::forget(tx, keyring, &row.email)?;
    session::end_all(tx, account, None, now)?;
    let actor = Actor::person(account, "by link");
    audit::event(
        tx,
        &actor,
        now,
        Action::AccountPasswordSet,
        &format!("account:{account}"),
        &json!({}),
    )?;
    Ok(())
}

/// The account that a link is for, while it works.
pub fn link_owner(
    tx: &mut Conn,
    token: &str,
    now: NaiveDateTime,
) -> Result<Option<AccountRow>, db::Error> {
    queries::account_of_token(tx, &token_hash(token), now)
}
