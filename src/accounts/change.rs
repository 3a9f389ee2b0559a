//! Adding and changing accounts, and what a programme administrator must approve first.
//!
//! A system administrator may not come to see children, neither by changing an account nor by taking one over. So nobody
//! changes their own role, links that set a password go by email to the person only, and a change that lets somebody see
//! children waits until a programme administrator approves it. The command line is for whoever runs the server, who
//! holds database and keys anyway; what it does is recorded, and the programme administrators are told.

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::approval_queries::{self, Waiting};
use super::error::{AccountError, check_address};
use super::link::password_link;
use super::notify::{self, About, Message};
use super::office::Office;
use super::queries::{self, AccountRow, NewAccount};
use super::slow;
use crate::access::{Role, session};
use crate::audit::{self, Action};
use crate::db::{self, Conn, dialect};
use programme::read_name;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is in force.
    Done,
    /// It is in force, and an email to the person waits to be sent.
    DoneAndMailed,
    /// It waits for a programme administrator.
    Waits,
    /// It waits, and there is no programme administrator who could approve it.
    WaitsInVain,
    /// Nothing was different.
    Nothing,
}

/// An account with its name and address cleaned; refused when either is none.
fn checked(account: &NewAccount) -> Result<NewAccount, AccountError> {
    check_address(account.email.trim())?;
    Ok(NewAccount {
        name: read_name(&account.name)?,
        ..account.clone()
    })
}

impl Office<'_> {
    /// Adds an account. The person is invited by email, at once or when a programme administrator has approved.
    pub fn add(self, tx: &mut Conn, new: &NewAccount) -> Result<Changed, AccountError> {
        let new = &checked(new)?;
        dialect::lock_roles(tx)?;
        queries::check_address_is_free(tx, &new.email, 0)?;
        let id = queries::add_account(tx, new, self.now)?;
        let waits = new.role.sees_children();
        let detail = json!({"after": access(new), "waits_for_approval": waits});
        self.note(tx, Action::AccountAdded, id, &detail)?;
        if waits {
            queries::set_state(tx, id, "disabled", self.now)?;
            return self.ask(tx, id, new, true);
        }
        self.invite(tx, id)
    }

    /// Adds an account for whoever runs the server; `hash` is of a password given there, else the person is invited.
    pub fn add_by_command(
        self,
        tx: &mut Conn,
        new: &NewAccount,
        hash: Option<&str>,
    ) -> Result<Changed, AccountError> {
        let new = &checked(new)?;
        dialect::lock_roles(tx)?;
        queries::check_address_is_free(tx, &new.email, 0)?;
        let id = queries::add_account(tx, new, self.now)?;
        let user = rustix::process::getuid().as_raw();
        let detail = json!({"after": access(new), "system_user": user});
        self.note(tx, Action::AccountAdded, id, &detail)?;
        if new.role.sees_children() {
            let message = (Message::AddedByCommand, About::Anything);
            self.tell_administrators(tx, message, &new.email)?;
        }
        match hash {
            Some(hash) => {
                queries::set_password(tx, id, hash, self.now)?;
                queries::set_state(tx, id, "active", self.now)?;
                Ok(Changed::Done)
            }
            None => self.invite(tx, id),
        }
    }

    /// Changes an account, or asks for the change where it lets somebody see children.
    pub fn change(
        self,
        tx: &mut Conn,
        id: i64,
        wanted: &NewAccount,
    ) -> Result<Changed, AccountError> {
        dialect::lock_roles(tx)?;
        let (row, before) = load(tx, id)?;
        let wanted = &if before.name == wanted.name && before.email == wanted.email {
            // One of an earlier version, which checked less, can still be given another role.
            wanted.clone()
        } else {
            checked(wanted)?
        };
        if before == *wanted && approval_queries::waiting_for(tx, id)?.is_none() {
            return Ok(Changed::Nothing);
        }
        let is_own = self.actor.id == Some(id);
        if is_own && (access(&before) != access(wanted) || before.email != wanted.email) {
            return Err(AccountError::Own);
        }
        queries::check_address_is_free(tx, &wanted.email, id)?;
        queries::check_assignments(tx, wanted)?;
        if wanted.role != Role::SystemAdministrator {
            Self::keep_one_system_administrator(tx, &row)?;
        }
        let waiting = approval_queries::waiting_for(tx, id)?;
        let is_new = waiting.as_ref().is_some_and(|waiting| waiting.is_new);
        // What waits already is not in force, so it counts for nothing.
        if wanted.role.sees_children() && (is_new || opens_children(&before, wanted)) {
            return self.ask(tx, id, wanted, is_new);
        }
        self.settle_approval(tx, id)?;
        self.apply(tx, &row, &before, wanted)?;
        if is_new {
            queries::set_state(tx, id, "invited", self.now)?;
            return self.invite(tx, id);
        }
        Ok(Changed::Done)
    }

    /// Disables an account: its sessions end, its links are used up, and what waited for it is withdrawn. One that
    /// waits for its first approval is removed: nobody ever signed in to it.
    pub fn disable(self, tx: &mut Conn, id: i64) -> Result<(), AccountError> {
        dialect::lock_roles(tx)?;
        let (row, _) = load(tx, id)?;
        if self.actor.id == Some(id) {
            return Err(AccountError::DisableOwn);
        }
        Self::keep_one_system_administrator(tx, &row)?;
        let waiting = approval_queries::waiting_for(tx, id)?;
        self.settle_approval(tx, id)?;
        notify::take_back(tx, About::LinkOf(id), self.now)?;
        if waiting.is_some_and(|waiting| waiting.is_new) {
            self.note(tx, Action::AccountRequestWithdrawn, id, &json!({}))?;
            return Ok(queries::delete_account(tx, id)?);
        }
        queries::set_state(tx, id, "disabled", self.now)?;
        Ok(self.note(tx, Action::AccountDisabled, id, &json!({}))?)
    }

    /// Enables an account again, or asks for it where the role sees children.
    pub fn enable(self, tx: &mut Conn, id: i64) -> Result<Changed, AccountError> {
        dialect::lock_roles(tx)?;
        let (row, account) = load(tx, id)?;
        if row.state != "disabled" {
            return Ok(Changed::Nothing);
        }
        if account.role.sees_children() {
            let waiting = approval_queries::waiting_for(tx, id)?;
            return match waiting {
                Some(_) => Ok(Changed::Waits),
                None => self.ask(tx, id, &account, false),
            };
        }
        self.open(tx, &row)
    }

    /// Emails the person a link that sets the password.
    pub fn send_link(self, tx: &mut Conn, id: i64) -> Result<(), AccountError> {
        let (row, _) = load(tx, id)?;
        if row.state == "disabled" {
            return Err(AccountError::Disabled);
        }
        let message = (Message::Link, About::LinkOf(id));
        notify::take_back(tx, message.1, self.now)?;
        let token = password_link(tx, self.actor, id, self.now)?;
        notify::send(tx, self, message, &row.email, Some(&token))
    }

    /// Forgets wrong passwords for an account, so that nobody need wait.
    pub fn unlock(self, tx: &mut Conn, id: i64) -> Result<(), AccountError> {
        let (row, _) = load(tx, id)?;
        slow::forget(tx, self.app.identities.keyring(), &row.email)?;
        Ok(self.note(tx, Action::AccountUnlocked, id, &json!({}))?)
    }

    /// A programme administrator approves what waits for an account. `seen` is when what they saw was asked for: another
    /// change may have taken its place.
    pub fn approve(
        self,
        tx: &mut Conn,
        id: i64,
        seen: NaiveDateTime,
    ) -> Result<Changed, AccountError> {
        dialect::lock_roles(tx)?;
        let waiting = self.waiting(tx, id, seen)?;
        let (row, before) = load(tx, id)?;
        self.settle_approval(tx, id)?;
        let detail = json!({"before": access(&before), "after": access(&waiting.wanted), "asked_by": waiting.asked_by_id});
        self.note(tx, Action::AccountApproved, id, &detail)?;
        self.apply(tx, &row, &before, &waiting.wanted)?;
        if row.state == "disabled" {
            let (row, _) = load(tx, id)?;
            return self.open(tx, &row);
        }
        Ok(Changed::Done)
    }

    /// A programme administrator refuses what waits for an account. One that nobody could sign in to yet is removed.
    pub fn refuse(self, tx: &mut Conn, id: i64, seen: NaiveDateTime) -> Result<(), AccountError> {
        dialect::lock_roles(tx)?;
        let waiting = self.waiting(tx, id, seen)?;
        self.settle_approval(tx, id)?;
        let detail = json!({"after": access(&waiting.wanted), "asked_by": waiting.asked_by_id});
        self.note(tx, Action::AccountApprovalRefused, id, &detail)?;
        if waiting.is_new {
            queries::delete_account(tx, id)?;
        }
        Ok(())
    }

    /// What waits for an account, when this actor may decide on it.
    fn waiting(self, tx: &mut Conn, id: i64, seen: NaiveDateTime) -> Result<Waiting, AccountError> {
        let waiting = approval_queries::waiting_for(tx, id)?
            .filter(|waiting| waiting.asked_at == seen)
            .ok_or(AccountError::ApprovalChanged)?;
        if self.actor.id == Some(id) || self.actor.id == waiting.asked_by_id {
            return Err(AccountError::OwnApproval);
        }
        Ok(waiting)
    }

    /// Writes down a change that waits, and tells the programme administrators.
    fn ask(
        self,
        tx: &mut Conn,
        id: i64,
        wanted: &NewAccount,
        is_new: bool,
    ) -> Result<Changed, AccountError> {
        approval_queries::put(tx, id, wanted, is_new, self.actor, self.now)?;
        self.note(
            tx,
            Action::AccountApprovalAsked,
            id,
            &json!({"after": access(wanted)}),
        )?;
        notify::take_back(tx, About::ApprovalOf(id), self.now)?;
        let message = (Message::ApprovalAsked, About::ApprovalOf(id));
        let told = self.tell_administrators(tx, message, &wanted.email)?;
        Ok(if told == 0 {
            Changed::WaitsInVain
        } else {
            Changed::Waits
        })
    }

    /// Removes the request for approval, and cancels the emails about it that have not been sent.
    fn settle_approval(self, tx: &mut Conn, id: i64) -> Result<(), AccountError> {
        approval_queries::remove(tx, id)?;
        notify::take_back(tx, About::ApprovalOf(id), self.now)
    }

    /// Puts a change into force. Whoever is signed in with another role or address before signs in anew.
    fn apply(
        self,
        tx: &mut Conn,
        row: &AccountRow,
        before: &NewAccount,
        after: &NewAccount,
    ) -> Result<(), AccountError> {
        queries::change_account(tx, row.id, after, self.now)?;
        let new_address = !before.email.eq_ignore_ascii_case(after.email.trim());
        let detail = json!({"before": access(before), "after": access(after), "address_changed": new_address});
        self.note(tx, Action::AccountChanged, row.id, &detail)?;
        if before.role != after.role || new_address {
            session::end_all(tx, row.id, None, self.now)?;
        }
        if new_address {
            queries::use_up_password_tokens(tx, row.id, self.now)?;
            notify::take_back(tx, About::LinkOf(row.id), self.now)?;
            let message = (Message::AddressChanged, About::Anything);
            notify::send(tx, self, message, &before.email, None)?;
        }
        Ok(())
    }

    /// Lets somebody sign in to an account that was disabled, or invites them when they have no password yet.
    fn open(self, tx: &mut Conn, row: &AccountRow) -> Result<Changed, AccountError> {
        self.note(tx, Action::AccountEnabled, row.id, &json!({}))?;
        if row.password_hash.is_some() {
            queries::set_state(tx, row.id, "active", self.now)?;
            return Ok(Changed::Done);
        }
        queries::set_state(tx, row.id, "invited", self.now)?;
        self.invite(tx, row.id)
    }

    /// Emails the person an invitation.
    fn invite(self, tx: &mut Conn, id: i64) -> Result<Changed, AccountError> {
        let (row, _) = load(tx, id)?;
        let message = (Message::Invitation, About::LinkOf(id));
        notify::take_back(tx, message.1, self.now)?;
        let token = password_link(tx, self.actor, id, self.now)?;
        notify::send(tx, self, message, &row.email, Some(&token))?;
        Ok(Changed::DoneAndMailed)
    }

    /// Refuses when `row` is the only system administrator who can sign in.
    fn keep_one_system_administrator(tx: &mut Conn, row: &AccountRow) -> Result<(), AccountError> {
        let role = Role::SystemAdministrator;
        let is_one = row.role == role.code() && row.state == "active";
        if is_one && queries::active_with_role(tx, role, Some(row.id))?.is_empty() {
            return Err(AccountError::LastSystemAdministrator);
        }
        Ok(())
    }

    /// Emails every programme administrator; returns how many. `about` is the address of the account.
    fn tell_administrators(
        self,
        tx: &mut Conn,
        message: (Message, About),
        about: &str,
    ) -> Result<usize, AccountError> {
        let administrators = queries::active_with_role(tx, Role::Administrator, self.actor.id)?;
        let administrators: Vec<AccountRow> = administrators
            .into_iter()
            .filter(|row| row.email != about.trim().to_lowercase())
            .collect();
        for row in &administrators {
            notify::send(tx, self, message, &row.email, None)?;
        }
        Ok(administrators.len())
    }

    fn note(self, tx: &mut Conn, action: Action, id: i64, detail: &Value) -> Result<(), db::Error> {
        let subject = format!("account:{id}");
        audit::event(tx, self.actor, self.now, action, &subject, detail)
    }
}

/// The account with its assignments.
pub fn load(tx: &mut Conn, id: i64) -> Result<(AccountRow, NewAccount), AccountError> {
    let row = queries::account_by_id(tx, id)?.ok_or(AccountError::Unknown)?;
    let (schools, authorities) = queries::assignments_of(tx, id)?;
    let account = NewAccount {
        email: row.email.clone(),
        name: row.name.clone(),
        role: row.role.parse().map_err(|_| AccountError::Unknown)?,
        schools,
        authorities,
    };
    Ok((row, account))
}

/// What an account may do and where, for the record: no name, no address.
fn access(account: &NewAccount) -> Value {
    json!({
        "role": account.role.code(),
        "schools": account.schools,
        "authorities": account.authorities,
    })
}

/// Whether a change lets somebody see children whom nobody has seen with this account before.
fn opens_children(before: &NewAccount, after: &NewAccount) -> bool {
    if !after.role.sees_children() {
        return false;
    }
    let is_wider = !after.role.sees_every_school()
        && (after
            .schools
            .iter()
            .any(|urn| !before.schools.contains(urn))
            || after
                .authorities
                .iter()
                .any(|code| !before.authorities.contains(code)));
    before.role != after.role || is_wider || !before.email.eq_ignore_ascii_case(after.email.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(role: Role, schools: &[i32]) -> NewAccount {
        NewAccount {
            email: "someone@example.org".to_owned(),
            name: "Someone".to_owned(),
            role,
            schools: schools.to_vec(),
            authorities: Vec::new(),
        }
    }

    #[test]
    fn what_lets_somebody_see_more_children_is_told_from_what_does_not() {
        let nurse = account(Role::Nurse, &[900_101]);
        let mut renamed = nurse.clone();
        renamed.name = "Somebody Else".to_owned();
        let mut moved = nurse.clone();
        moved.email = "other@example.org".to_owned();
        for (after, opens) in [
            (nurse.clone(), false),
            (renamed, false),
            (account(Role::Nurse, &[]), false),
            (account(Role::Monitor, &[900_101]), false),
            (account(Role::SystemAdministrator, &[]), false),
            (account(Role::Nurse, &[900_101, 900_102]), true),
            (account(Role::Recorder, &[900_101]), true),
            (account(Role::Administrator, &[]), true),
            (moved, true),
        ] {
            assert_eq!(opens_children(&nurse, &after), opens, "{after:?}");
        }
    }
}
