//! Signed-in browsers: what a request may know of who sends it.
//!
//! The cookie holds a random token; the table holds its hash only, so that a copy of the database opens no session.

use chrono::{Duration, NaiveDateTime};
use sha2::{Digest, Sha256};

use super::permission::Permission;
use super::queries;
use super::role::Role;
use super::scope::Scope;
use crate::audit::Actor;
use crate::db::{Conn, Error};
use crate::identity::hex;

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Duration,
    /// In any case.
    pub absolute: Duration,
}

/// Who sends a request.
#[derive(Clone, Debug)]
pub struct Session {
    /// The login's number, when signed in.
    pub login: Option<i64>,
    /// Who, as the books write it.
    pub actor: Actor,
    /// Email address of the account, or empty.
    pub email: String,
    /// The role, when signed in.
    pub role: Option<Role>,
    /// The schools in scope.
    pub scope: Scope,
    /// The authorities that the account is assigned to.
    pub authorities: Vec<String>,
    /// When the session was last noted as used.
    pub last_seen: Option<NaiveDateTime>,
}

impl Session {
    /// Somebody who is not signed in.
    pub fn anonymous() -> Self {
        Self {
            login: None,
            actor: Actor::command("visitor"),
            email: String::new(),
            role: None,
            scope: Scope::nothing(),
            authorities: Vec::new(),
            last_seen: None,
        }
    }

    /// Whether this visitor may do `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        permission == Permission::Public || self.role.is_some_and(|role| role.may(permission))
    }
}

/// A fresh token for a cookie or a link: 256 random bits in hexadecimal.
pub fn new_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// What the table keeps of a token.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The session of a cookie's token: `None` when it is unknown, revoked, idle too long, or of a disabled account.
pub fn find(
    tx: &mut Conn,
    token: &str,
    now: NaiveDateTime,
    limits: SessionLimits,
) -> Result<Option<Session>, Error> {
    let Some(row) = queries::live_login(tx, &token_hash(token), now)? else {
        return Ok(None);
    };
    let Some(role) = row
        .role
        .parse::<Role>()
        .ok()
        .filter(|_| now - row.last_seen_at < limits.idle)
    else {
        return Ok(None);
    };
    let (schools, authorities) = queries::assignments(tx, row.account_id)?;
    let scope = if role.sees_every_school() {
        Scope::Everything
    } else {
        Scope::Schools(schools)
    };
    Ok(Some(Session {
        login: Some(row.login_id),
        actor: Actor::person(row.account_id, row.name),
        email: row.email,
        role: Some(role),
        scope,
        authorities,
        last_seen: Some(row.last_seen_at),
    }))
}

impl Session {
    /// Whether its use should be noted: once a minute, so that most pages write nothing.
    pub fn is_worth_touching(&self, now: NaiveDateTime) -> bool {
        self.last_seen
            .is_some_and(|last_seen| now - last_seen >= Duration::seconds(60))
    }
}

/// Begins a session for the token that goes into the cookie.
pub fn begin(
    tx: &mut Conn,
    account: i64,
    token: &str,
    now: NaiveDateTime,
    limits: SessionLimits,
) -> Result<(), Error> {
    queries::insert_login(tx, account, &token_hash(token), now, now + limits.absolute)
}

/// Ends a session.
pub fn end(tx: &mut Conn, login: i64, now: NaiveDateTime) -> Result<(), Error> {
    queries::revoke_login(tx, login, now)
}

/// Ends every session of an account, but for one that may go on.
pub fn end_all(
    tx: &mut Conn,
    account: i64,
    except: Option<i64>,
    now: NaiveDateTime,
) -> Result<(), Error> {
    queries::revoke_logins_of(tx, account, except, now)
}

/// Ends every session there is.
pub fn end_everybody(tx: &mut Conn, now: NaiveDateTime) -> Result<(), Error> {
    queries::revoke_every_login(tx, now)
}

/// Moves the idle limit on, when the last time is long enough ago.
pub fn touch(tx: &mut Conn, token: &str, now: NaiveDateTime) -> Result<(), Error> {
    queries::touch_login(tx, &token_hash(token), now)
}
