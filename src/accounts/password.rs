//! Passwords: argon2id, and the one rule that helps: length.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// The fewest characters of a password.
pub const FEWEST: usize = 12;

/// The most bytes: hashing a novel would keep a core busy.
const MOST: usize = 1000;

/// A password that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("Enter a password of at least {FEWEST} characters")]
    TooShort,
    /// Too long.
    #[error("Enter a password of at most {MOST} bytes")]
    TooLong,
    /// The hash cannot be made.
    #[error("the password could not be hashed")]
    Hash,
}

/// The hash that is stored: a PHC string with its own salt and costs.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < FEWEST {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MOST {
        return Err(PasswordError::TooLong);
    }
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| PasswordError::Hash)
}

/// Whether `password` fits `stored`. Without a stored hash the same work is done, and the answer is no: the time it
/// takes does not tell whether there is an account.
pub fn fits(password: &str, stored: Option<&str>) -> bool {
    if password.len() > MOST {
        return false;
    }
    let argon2 = Argon2::default();
    if let Some(stored) = stored.and_then(|stored| PasswordHash::new(stored).ok()) {
        argon2.verify_password(password.as_bytes(), &stored).is_ok()
    } else {
        let _work = argon2.hash_password(password.as_bytes());
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(fits("correct horse battery", Some(&stored)));
        assert!(!fits("correct horse batterx", Some(&stored)));
        assert!(!fits("correct horse battery", None));
    }

    #[test]
    fn a_short_password_is_refused() {
        assert!(matches!(hash("short"), Err(PasswordError::TooShort)));
    }
}
