//! What a page answers to an error of accounts.

use crate::accounts::error::AccountError;
use crate::error::{AppError, bad_request, internal};

/// The error of a page when it is not the visitor's mistake, else the error itself.
pub(super) fn own_mistake(error: AccountError) -> Result<AccountError, AppError> {
    match error {
        AccountError::Database(error) => Err(error.into()),
        AccountError::Keyring(error) => Err(internal(error)),
        AccountError::Email(error) => Err(AppError::Internal(error)),
        AccountError::NoRandomness => Err(internal(error)),
        AccountError::Unknown => Err(AppError::NotFound),
        error => Ok(error),
    }
}

impl From<AccountError> for AppError {
    fn from(error: AccountError) -> Self {
        own_mistake(error).map_or_else(|page| page, bad_request)
    }
}
