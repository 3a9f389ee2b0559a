//! Accounts: signing in and out, passwords, and who works for which schools.
//!
//! A refusal to sign in never tells whether the account exists: the same work is done and the same words are shown.

mod approval_queries;
pub mod change;
mod hashing;
mod notify;
pub mod pages;
pub mod password;
mod queries;
pub mod slow;
mod slow_queries;

pub use approval_queries::{Waiting, waiting, waiting_for};
pub use hashing::Hashing;
pub use queries::{
    AccountRow, NewAccount, account_by_email, account_by_id, accounts, add_account, assignments_of,
    set_password, set_state,
};
pub use slow::Attempt;

use chrono::{Duration, NaiveDateTime};
use serde_json::json;

use crate::access::session::{new_token, token_hash};
use crate::access::{SessionLimits, session};
use crate::audit::{self, Actor};
use crate::db::{self, Conn};
use crate::identity::{Keyring, KeyringError};
use programme::{NameError, text};

/// How long a link that sets a password works.
pub const LINK_HOURS: i64 = 72;

/// What can go wrong with an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Wrong address or password, or the account is not active: one sentence for all of them.
    #[error(
        "Email address or password is not right. After {} wrong passwords in a row you have to wait before the next try.",
        slow::FREE_TRIES
    )]
    Refused,
    /// The address is taken.
    #[error("there is already an account with this email address")]
    Taken,
    /// A school role without a school, or the like.
    #[error("{0}")]
    Assignment(String),
    /// No address that an email could go to.
    #[error("enter an email address in the form name@example.org")]
    Address,
    /// No name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No such account.
    #[error("there is no such account")]
    Unknown,
    /// One's own role, schools or address.
    #[error(
        "You cannot change your own role, schools, authorities or email address. Ask another system administrator"
    )]
    Own,
    /// One's own account.
    #[error("You cannot disable your own account")]
    DisableOwn,
    /// Nobody would be left to administer accounts.
    #[error(
        "This is the only system administrator who can sign in. Make another one first, then change this account"
    )]
    LastSystemAdministrator,
    /// The account is disabled.
    #[error("Enable the account first: a link would open it again")]
    Disabled,
    /// What was to be approved is not what waits now.
    #[error(
        "This request was changed or decided on since you opened the page. Nothing was changed"
    )]
    ApprovalChanged,
    /// One's own request, or one's own account.
    #[error("You cannot decide on your own account or on what you asked for yourself")]
    OwnApproval,
    /// The link is used up, too old, or was never given out.
    #[error("This link has been used or is too old. Ask your system administrator for a new one.")]
    Link,
    /// No randomness.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// The password cannot be hashed.
    #[error(transparent)]
    Password(#[from] password::PasswordError),
    /// An email cannot be written down.
    #[error(transparent)]
    Email(anyhow::Error),
    /// The keyring cannot be used.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// The longest email address that mail servers take.
const LONGEST_ADDRESS: usize = 254;

/// Refuses what is no email address, and one with characters that show nothing: two accounts would look alike.
pub fn check_address(email: &str) -> Result<(), AccountError> {
    let fits = email.len() <= LONGEST_ADDRESS
        && text::clean(email) == email
        && email.parse::<lettre::Address>().is_ok();
    if fits {
        Ok(())
    } else {
        Err(AccountError::Address)
    }
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
    /// Wrong address, wrong password, not active: nobody is told which.
    Refused,
    /// Too many wrong passwords came from the same network: not before this moment.
    Waits(NaiveDateTime),
}

/// Judges a try to sign in and begins the session. `right` says whether the password fits `row`'s hash: hashing takes
/// long, so the caller does it before the transaction, and the row is looked at once more in it.
pub fn sign_in(
    tx: &mut Conn,
    attempt: &Attempt,
    row: Option<&AccountRow>,
    right: bool,
    token: &str,
    (now, limits): (NaiveDateTime, SessionLimits),
) -> Result<SignIn, db::Error> {
    // Many tries sent at once were all let in before the first was counted.
    if let Some(until) = attempt.waits_until(tx, now)? {
        return Ok(SignIn::Waits(until));
    }
    let Some((seen, row)) = row
        .map(|seen| Ok::<_, db::Error>((seen, queries::account_by_id(tx, seen.id)?)))
        .transpose()?
        .and_then(|(seen, row)| Some((seen, row?)))
    else {
        let actor = Actor::command("visitor");
        refuse(tx, attempt, &actor, "account:unknown", "unknown", now)?;
        return Ok(SignIn::Refused);
    };
    let actor = Actor::person(row.id, &row.name);
    let subject = format!("account:{}", row.id);
    if !right || row.password_hash != seen.password_hash {
        refuse(tx, attempt, &actor, &subject, "password", now)?;
        return Ok(SignIn::Refused);
    }
    if row.state != "active" {
        refuse(tx, attempt, &actor, &subject, &row.state, now)?;
        return Ok(SignIn::Refused);
    }
    attempt.succeeded(tx)?;
    session::begin(tx, row.id, token, now, limits)?;
    let detail = json!({"from": attempt.from});
    audit::event(tx, &actor, now, "account.signed_in", &subject, &detail)?;
    Ok(SignIn::Begun)
}

/// Counts and notes a try that was refused.
fn refuse(
    tx: &mut Conn,
    attempt: &Attempt,
    actor: &Actor,
    subject: &str,
    reason: &str,
    now: NaiveDateTime,
) -> Result<(), db::Error> {
    let failed = attempt.failed(tx, now)?;
    let detail = json!({"in_a_row": failed, "from": attempt.from, "reason": reason});
    audit::event(tx, actor, now, "account.sign_in_refused", subject, &detail)
}

/// Notes that somebody signed in typed a wrong current password. Several in a row end the account's sessions: an open
/// browser is no place to guess a password at.
pub fn wrong_current_password(
    tx: &mut Conn,
    attempt: &Attempt,
    actor: &Actor,
    account: i64,
    now: NaiveDateTime,
) -> Result<(), db::Error> {
    let failed = attempt.failed(tx, now)?;
    let detail = json!({"in_a_row": failed, "from": attempt.from});
    let subject = format!("account:{account}");
    audit::event(
        tx,
        actor,
        now,
        "account.password_change_refused",
        &subject,
        &detail,
    )?;
    if failed >= slow::FREE_TRIES {
        session::end_all(tx, account, None, now)?;
    }
    Ok(())
}

/// The accounts at which wrong passwords were typed so often that somebody has to wait.
pub fn slowed_accounts(
    tx: &mut Conn,
    keyring: &Keyring,
    now: NaiveDateTime,
) -> Result<Vec<i64>, AccountError> {
    let rows = queries::accounts(tx)?;
    let emails = rows.iter().map(|row| row.email.as_str());
    let slowed = slow::slowed(tx, keyring, emails, now)?;
    Ok(rows
        .iter()
        .filter(|row| slowed.contains(&row.email.as_str()))
        .map(|row| row.id)
        .collect())
}

/// Ends every session and uses up every link: after a restore, when those of the past are back.
pub fn sign_everybody_out(tx: &mut Conn, now: NaiveDateTime) -> Result<(), db::Error> {
    session::end_everybody(tx, now)?;
    queries::use_up_every_password_token(tx, now)
}

/// Makes a link's token with which the account's password can be set once. Links given out before work no more.
fn password_link(
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
        "account.password_set",
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
