//! Sealing bytes with a year's key: XChaCha20-Poly1305.
//!
//! A sealed value is bound to its place (what it is, the number of its row, the format's version): copied to another
//! row it does not open. Values are padded to steps of 128 bytes, so that the length tells little of a name.

use std::sync::Arc;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keyring::Key;

/// The version of the layout below: version byte, nonce of 24 bytes, ciphertext with its tag.
pub const FORMAT: i32 = 1;

const NONCE_BYTES: usize = 24;
/// Version byte and nonce.
const HEAD_BYTES: usize = 1 + NONCE_BYTES;
const LENGTH_BYTES: usize = 4;
const TAG_BYTES: usize = 16;
const PADDING_STEP: usize = 128;
/// The block of SHA-256, to which a shorter key is filled up.
const MAC_BLOCK_BYTES: usize = 64;
/// How much of a keyed hash is kept.
const HASH_BYTES: usize = 16;

/// A value that does not open.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Altered, moved to another row, or sealed with another key.
    #[error("a sealed {0} does not open: it was altered, moved, or sealed with another key")]
    DoesNotOpen(&'static str),
    /// Written by a newer program.
    #[error("a sealed {0} is of a newer format than this program knows")]
    NewerFormat(&'static str),
    /// No randomness.
    #[error("the machine gives no random numbers")]
    NoRandomness,
}

/// Seals and opens with one year's key.
#[derive(Clone)]
pub struct Sealer {
    cipher: Arc<XChaCha20Poly1305>,
    mac: Hmac<Sha256>,
}

/// Shows nothing: it holds a key.
impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// A sealer with this key.
    pub fn new(key: &Key) -> Self {
        let bytes: &[u8; 32] = key;
        let mut block = Zeroizing::new([0_u8; MAC_BLOCK_BYTES]);
        block[..bytes.len()].copy_from_slice(bytes);
        let block: &[u8; MAC_BLOCK_BYTES] = &block;
        Self {
            cipher: Arc::new(XChaCha20Poly1305::new(bytes.into())),
            mac: Hmac::new(block.into()),
        }
    }

    /// A hash of some texts that only the holder of the key can make; equal texts have equal hashes within a year.
    pub fn keyed_hash(&self, what: &'static str, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = self.mac.clone();
        mac.update(b"stature ");
        mac.update(what.as_bytes());
        for part in parts {
            // The length keeps "ab", "c" and "a", "bc" apart.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes()[..HASH_BYTES].to_vec()
    }

    /// Seals `plain` for the row `id` of `what` (`identity`, `import row`, …).
    pub fn seal(&self, what: &'static str, id: i64, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let padded = (LENGTH_BYTES + plain.len()).next_multiple_of(PADDING_STEP);
        // Encrypted where it stands: an upload may be large. All the room is taken at once, so that no copy of what was
        // not encrypted yet is left behind.
        let mut bytes = Vec::with_capacity(HEAD_BYTES + padded + TAG_BYTES);
        bytes.push(FORMAT as u8);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&(plain.len() as u32).to_le_bytes());
        bytes.extend_from_slice(plain);
        bytes.resize(HEAD_BYTES + padded, 0);
        let tag = self
            .cipher
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                &place(what, id),
                (&mut bytes[HEAD_BYTES..]).into(),
            )
            .map_err(|_| SealError::DoesNotOpen(what))?;
        bytes.extend_from_slice(&tag);
        Ok(bytes)
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub fn open(
        &self,
        what: &'static str,
        id: i64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::DoesNotOpen(what))?;
        if i32::from(*version) != FORMAT {
            return Err(SealError::NewerFormat(what));
        }
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SealError::DoesNotOpen(what))?;
        let (sealed, tag) = sealed
            .split_last_chunk::<TAG_BYTES>()
            .ok_or(SealError::DoesNotOpen(what))?;
        let mut padded = Zeroizing::new(sealed.to_vec());
        self.cipher
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                &place(what, id),
                padded.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| SealError::DoesNotOpen(what))?;
        let length = padded
            .first_chunk::<LENGTH_BYTES>()
            .map(|length| u32::from_le_bytes(*length) as usize)
            .filter(|length| length + LENGTH_BYTES <= padded.len())
            .ok_or(SealError::DoesNotOpen(what))?;
        padded.truncate(length + LENGTH_BYTES);
        padded.drain(..LENGTH_BYTES);
        Ok(padded)
    }
}

/// The bytes that mark a sealed value wherever it lies: its version and nonce, which no other value has.
pub fn mark(sealed: &[u8]) -> &[u8] {
    sealed.get(1..=NONCE_BYTES).unwrap_or(sealed)
}

fn place(what: &str, id: i64) -> Vec<u8> {
    let mut place = Vec::with_capacity(32);
    place.extend_from_slice(b"stature ");
    place.extend_from_slice(what.as_bytes());
    place.push(0);
    place.push(FORMAT as u8);
    place.extend_from_slice(&id.to_le_bytes());
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&Arc::new(Zeroizing::new([byte; 32])))
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let sealed = sealer(1).seal("identity", 7, b"Zo\xc3\xab").unwrap();
        assert_eq!(
            &**sealer(1).open("identity", 7, &sealed).unwrap(),
            b"Zo\xc3\xab"
        );
        assert!(
            sealer(1).open("identity", 8, &sealed).is_err(),
            "opened in another row"
        );
        assert!(
            sealer(1).open("import row", 7, &sealed).is_err(),
            "opened as something else"
        );
        assert!(
            sealer(2).open("identity", 7, &sealed).is_err(),
            "opened with another key"
        );
    }

    #[test]
    fn an_altered_byte_is_noticed() {
        let mut sealed = sealer(1).seal("identity", 7, b"name").unwrap();
        for index in 0..sealed.len() {
            sealed[index] ^= 1;
            assert!(
                sealer(1).open("identity", 7, &sealed).is_err(),
                "byte {index}"
            );
            sealed[index] ^= 1;
        }
    }

    #[test]
    fn names_of_different_length_are_sealed_alike() {
        let short = sealer(1).seal("identity", 7, b"Ng").unwrap();
        let long = sealer(1).seal("identity", 7, &[b'x'; 90]).unwrap();
        assert_eq!(short.len(), long.len());
    }
}
