//! Sealed releases, read and written.

use disclosure::Release;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::book::ShownBook;
use super::error::ReleaseError;
use crate::identity::{Key, Keyring, KeyringError};

/// What reads and writes sealed releases: the server's key, and the book of what was shown beside it. Without the key
/// releases can be read, and nothing else.
#[derive(Clone)]
pub struct Shelf(Option<Key>, ShownBook);

impl Shelf {
    /// The shelf of this keyring.
    pub fn open(keyring: &Keyring) -> Result<Self, ReleaseError> {
        let key = match keyring.server() {
            Ok(key) => Some(key),
            Err(KeyringError::Missing { .. } | KeyringError::Other { .. }) => {
                tracing::error!("the server key is missing: the seals of releases are not checked");
                None
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self(key, ShownBook::beside(keyring)))
    }

    /// The shelf of this keyring with another server key.
    pub(super) fn with_key(keyring: &Keyring, key: &Key) -> Self {
        Self(Some(key.clone()), ShownBook::beside(keyring))
    }

    /// Whether seals can be checked and made.
    pub fn has_key(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn require_key(&self) -> Result<(), ReleaseError> {
        if self.has_key() {
            Ok(())
        } else {
            Err(ReleaseError::ServerKeyLost)
        }
    }

    pub(super) fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        let Some(key) = &self.0 else {
            return Vec::new();
        };
        let key: &[u8; 32] = key;
        // A key of this length is always accepted; an empty code is refused when a release is restored.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
            return Vec::new();
        };
        mac.update(b"stature release");
        mac.update(bytes);
        mac.finalize().into_bytes().to_vec()
    }

    /// The book of what was shown.
    pub(super) fn book(&self) -> &ShownBook {
        &self.1
    }

    pub(super) fn restore(&self, number: i64, frozen: &str) -> Result<Release, ReleaseError> {
        let restored = if self.has_key() {
            Release::restore(frozen, |bytes| self.seal(bytes))
        } else {
            Release::restore_without_seal(frozen)
        };
        restored.map_err(|source| ReleaseError::Sealed { number, source })
    }
}
