//! Tries to sign in, right and wrong, and the end of every session.

use chrono::NaiveDateTime;
use serde_json::json;

use super::error::AccountError;
use super::queries::{self, AccountRow};
use super::slow::{self, Attempt};
use crate::access::{SessionLimits, session};
use crate::audit::{self, Action, Actor};
use crate::db::{self, Conn};
use crate::identity::Keyring;
use crate::work::Work;

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
    audit::event(tx, &actor, now, Action::AccountSignedIn, &subject, &detail)?;
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
    audit::event(
        tx,
        actor,
        now,
        Action::AccountSignInRefused,
        subject,
        &detail,
    )
}

/// Notes that somebody signed in typed a wrong current password. Several in a row end the account's sessions: an open
/// browser is no place to guess a password at.
pub fn wrong_current_password(
    work: &mut Work<'_>,
    attempt: &Attempt,
    account: i64,
) -> Result<(), db::Error> {
    let (actor, now) = (work.actor, work.now);
    let failed = attempt.failed(work.tx, now)?;
    let detail = json!({"in_a_row": failed, "from": attempt.from});
    let subject = format!("account:{account}");
    audit::event(
        work.tx,
        actor,
        now,
        Action::AccountPasswordChangeRefused,
        &subject,
        &detail,
    )?;
    if failed >= slow::FREE_TRIES {
        session::end_all(work.tx, account, None, now)?;
    }
    Ok(())
}

/// Gives the account of somebody signed in another password; every session but `login` ends.
pub fn change_own_password(
    work: &mut Work<'_>,
    account: i64,
    login: Option<i64>,
    hash: &str,
) -> Result<(), db::Error> {
    let (actor, now) = (work.actor, work.now);
    queries::set_password(work.tx, account, hash, now)?;
    session::end_all(work.tx, account, login, now)?;
    audit::event(
        work.tx,
        actor,
        now,
        Action::AccountPasswordSet,
        &format!("account:{account}"),
        &json!({}),
    )
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
