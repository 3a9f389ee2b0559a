//! Passwords: argon2id, and two rules: long enough, and not easy to guess.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// The fewest characters of a password.
pub const FEWEST: usize = 12;

/// The most bytes: hashing a novel would keep a core busy.
const MOST: usize = 1000;

/// What guessers try first for a person: their own address and name.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The account's email address.
    pub email: &'a str,
    /// The person's name.
    pub name: &'a str,
}

/// A password that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("Enter a password of at least {FEWEST} characters")]
    TooShort,
    /// Too long.
    #[error("Enter a password of at most {MOST} bytes")]
    TooLong,
    /// Easy to guess.
    #[error(
        "This password is easy to guess. Use at least three words that do not belong together, and leave out your name, your email address and the name of this service"
    )]
    Guessable,
    /// The hash cannot be made.
    #[error("the password could not be hashed")]
    Hash,
}

/// Refuses a password that is too short, too long or easy to guess for somebody who knows its owner.
pub fn check(password: &str, owner: Owner<'_>) -> Result<(), PasswordError> {
    if password.chars().count() < FEWEST {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MOST {
        return Err(PasswordError::TooLong);
    }
    if is_guessable(password, owner) {
        return Err(PasswordError::Guessable);
    }
    Ok(())
}

/// The hash that is stored: a PHC string with its own salt and costs. Refuses what [`check`] refuses.
pub fn hash(password: &str, owner: Owner<'_>) -> Result<String, PasswordError> {
    check(password, owner)?;
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

/// The words that a guesser who knows the owner and the service begins with.
fn known_words(owner: Owner<'_>) -> Vec<String> {
    let mut words = vec![
        owner.email.to_lowercase(),
        owner.name.to_lowercase(),
        owner.name.to_lowercase().replace(' ', ""),
    ];
    for text in [owner.email, owner.name] {
        let parts = text.split(|letter: char| !letter.is_alphanumeric());
        words.extend(parts.filter(|part| part.len() > 2).map(str::to_lowercase));
    }
    for word in [
        "stature",
        "nhs",
        "nurse",
        "school",
        "height",
        "weight",
        "measurement",
        "programme",
    ] {
        words.push(word.to_owned());
    }
    words
}

/// Whether a guesser would come to the password soon.
fn is_guessable(password: &str, owner: Owner<'_>) -> bool {
    let words = known_words(owner);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // Spaces and hyphens between words hide a repetition from the estimate: "stature stature".
    let squeezed: String = password
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    [password, &squeezed]
        .into_iter()
        .any(|text| zxcvbn::zxcvbn(text, &words).score() < zxcvbn::Score::Three)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIA: Owner<'static> = Owner {
        email: "nia.okafor@example.org",
        name: "Nia Okafor",
    };

    #[test]
    fn only_the_right_password_fits() {
        let stored = hash("correct horse battery", NIA).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(fits("correct horse battery", Some(&stored)));
        assert!(!fits("correct horse batterx", Some(&stored)));
        assert!(!fits("correct horse battery", None));
    }

    #[test]
    fn a_short_password_is_refused() {
        assert!(matches!(check("short", NIA), Err(PasswordError::TooShort)));
    }

    #[test]
    fn guessable_passwords_are_refused() {
        for guessable in [
            "aaaaaaaaaaaa",
            "password1234",
            "123456789012",
            "qwertyuiop12",
            "nia.okafor@example.org",
            "Nia Okafor 1",
            "niaokafor2026",
            "stature stature",
            "Stature2026!",
            "schoolnurse1",
        ] {
            assert!(
                matches!(check(guessable, NIA), Err(PasswordError::Guessable)),
                "{guessable}"
            );
        }
        for fine in [
            "four blue herons fly",
            "three grey herons",
            "gannet-fennel-4711",
            "tR7#kq9!mZ2x",
        ] {
            assert!(check(fine, NIA).is_ok(), "{fine}");
        }
    }
}
