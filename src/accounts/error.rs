//! What can go wrong with an account.

use programme::{NameError, text};

use super::password::PasswordError;
use super::slow::{FREE_TRIES, SlowError};
use crate::db;
use crate::identity::KeyringError;

/// What can go wrong with an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Wrong address or password, or the account is not active: one sentence for all of them.
    #[error(
        "Email address or password is not right. After {} wrong passwords in a row you have to wait before the next try.",
        FREE_TRIES
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
    Password(#[from] PasswordError),
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

impl From<SlowError> for AccountError {
    fn from(error: SlowError) -> Self {
        match error {
            SlowError::Keyring(error) => Self::Keyring(error),
            SlowError::Database(error) => Self::Database(error),
        }
    }
}
