//! Accounts: signing in and out, passwords, and who works for which schools.
//!
//! The one thing to know: a refusal to sign in never tells whether the account exists; the same work is done and the
//! same words are shown.

pub mod pages;
pub mod password;
mod queries;

pub use queries::{
    AccountRow, NewAccount, account_by_email, account_by_id, accounts, add_account, assignments_of,
    change_account, set_password, set_state,
};

use chrono::{Duration, NaiveDateTime};
use serde_json::json;

use crate::access::session::{new_token, token_hash};
use crate::access::{SessionLimits, session};
use crate::audit::{self, Actor};
use crate::db::{self, Conn};

/// Wrong passwords in a row after which an account is locked.
pub const TRIES_BEFORE_LOCK: i32 = 5;

/// How long a lock lasts.
pub const LOCK_MINUTES: i64 = 15;

/// How long a link that sets a password works.
pub const LINK_HOURS: i64 = 72;

/// What can go wrong with an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Wrong address or password, or the account is locked or not active: one sentence for all of them.
    #[error(
        "Email address or password is not right. After {TRIES_BEFORE_LOCK} wrong passwords in a row an account is locked for {LOCK_MINUTES} minutes."
    )]
    Refused,
    /// The address is taken.
    #[error("there is already an account with this email address")]
    Taken,
    /// A school role without a school, or the like.
    #[error("{0}")]
    Assignment(String),
    /// The link is used up, too old, or was never given out.
    #[error("This link has been used or is too old. Ask your system administrator for a new one.")]
    Link,
    /// No randomness.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// The password cannot be hashed.
    #[error(transparent)]
    Password(#[from] password::PasswordError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<diesel::result::Error> for AccountError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What a try to sign in led to; written whatever it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The password was right; the session began.
    Begun,
    /// Wrong address, wrong password, locked, not active: nobody is told which.
    Refused,
}

/// Judges a try to sign in and begins the session. `right` says whether the password fits `row`'s hash: hashing takes
/// long, so the caller does it before the transaction, and the row is looked at once more in it.
pub fn sign_in(
    tx: &mut Conn,
    row: Option<&AccountRow>,
    right: bool,
    token: &str,
    now: NaiveDateTime,
    limits: SessionLimits,
) -> Result<SignIn, db::Error> {
    let Some(seen) = row else {
        return Ok(SignIn::Refused);
    };
    let Some(row) = queries::account_by_id(tx, seen.id)? else {
        return Ok(SignIn::Refused);
    };
    let right = right && row.password_hash == seen.password_hash;
    let actor = Actor::person(row.id, &row.name);
    let subject = format!("account:{}", row.id);
    if queries::is_locked(tx, row.id, now)? {
        audit::event(
            tx,
            &actor,
            now,
            "account.sign_in_locked",
            &subject,
            &json!({}),
        )?;
        return Ok(SignIn::Refused);
    }
    if !right || row.state != "active" {
        note_wrong_password(tx, &actor, row.id, "account.sign_in_refused", now)?;
        return Ok(SignIn::Refused);
    }
    queries::forget_failures(tx, row.id)?;
    session::begin(tx, row.id, token, now, limits)?;
    audit::event(tx, &actor, now, "account.signed_in", &subject, &json!({}))?;
    Ok(SignIn::Begun)
}

/// Notes a wrong password; the last of several in a row locks the account.
fn note_wrong_password(
    tx: &mut Conn,
    actor: &Actor,
    account: i64,
    action: &str,
    now: NaiveDateTime,
) -> Result<i32, db::Error> {
    let lock = Duration::minutes(LOCK_MINUTES);
    let failed = queries::note_failure(tx, account, now, TRIES_BEFORE_LOCK, lock)?;
    let subject = format!("account:{account}");
    audit::event(
        tx,
        actor,
        now,
        action,
        &subject,
        &json!({"in_a_row": failed}),
    )?;
    Ok(failed)
}

/// Notes that somebody signed in typed a wrong current password. Several in a row lock the account and end its
/// sessions: an open browser is no place to guess a password at.
pub fn wrong_current_password(
    tx: &mut Conn,
    actor: &Actor,
    account: i64,
    now: NaiveDateTime,
) -> Result<(), db::Error> {
    let action = "account.password_change_refused";
    if note_wrong_password(tx, actor, account, action, now)? >= TRIES_BEFORE_LOCK {
        session::end_all(tx, account, None, now)?;
    }
    Ok(())
}

/// Ends every session and uses up every link: after a restore, when those of the past are back.
pub fn sign_everybody_out(tx: &mut Conn, now: NaiveDateTime) -> Result<(), db::Error> {
    session::end_everybody(tx, now)?;
    queries::use_up_every_password_token(tx, now)
}

/// Makes a link's token with which the account's password can be set once. Links given out before work no more.
pub fn password_link(
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
        "account.link_made",
        &format!("account:{account}"),
        &json!({}),
    )?;
    Ok(token)
}

/// Sets the password through a link; the link is used up, and every session of the account ends.
pub fn use_link(
    tx: &mut Conn,
    token: &str,
    hash: &str,
    now: NaiveDateTime,
) -> Result<(), AccountError> {
    let account =
        queries::take_password_token(tx, &token_hash(token), now)?.ok_or(AccountError::Link)?;
    queries::set_password(tx, account, hash, now)?;
    queries::set_state(tx, account, "active", now)?;
    session::end_all(tx, account, None, now)?;
    let actor = Actor::person(account, "by link");
    audit::event(
        tx,
        &actor,
        now,
        "account.password_set",
        &format!("account:{account}"),
        &json!({}),
    )?;
    Ok(())
}

/// Whether a link still works.
pub fn link_works(tx: &mut Conn, token: &str, now: NaiveDateTime) -> Result<bool, db::Error> {
    queries::password_token_works(tx, &token_hash(token), now)
}
