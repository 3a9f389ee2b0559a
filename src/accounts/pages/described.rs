//! Accounts in words.

use crate::access::Role;
use crate::accounts::queries::NewAccount;

/// An account in words, for a page.
#[derive(serde::Serialize)]
pub(super) struct Described {
    name: String,
    email: String,
    role: &'static str,
    scope: String,
}

impl Described {
    pub(super) fn of(account: &NewAccount) -> Self {
        let schools: Vec<String> = account.schools.iter().map(ToString::to_string).collect();
        let mut parts = Vec::new();
        if account.role.sees_every_school() {
            parts.push("All schools".to_owned());
        }
        if !schools.is_empty() {
            parts.push(format!("Schools {}", schools.join(", ")));
        }
        if !account.authorities.is_empty() {
            parts.push(format!(
                "Local authorities {}",
                account.authorities.join(", ")
            ));
        }
        Self {
            name: account.name.clone(),
            email: account.email.clone(),
            role: account.role.label(),
            scope: if parts.is_empty() {
                "None".to_owned()
            } else {
                parts.join("; ")
            },
        }
    }
}

pub(super) fn role_label(code: &str) -> &str {
    match code.parse::<Role>() {
        Ok(role) => role.label(),
        Err(_) => code,
    }
}
