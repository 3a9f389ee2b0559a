//! Styles, scripts and pictures, embedded in the binary.
//!
//! The address of a file holds the hash of all of them (`/assets/HASH/NAME`), so browsers may keep
//! what they fetched for a year and a new build is fetched at once. Files refer to each other
//! relatively.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// What `build.rs` gathered from npm and from `assets/`: names and contents,
/// in the order of the names.
pub static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The first 16 hexadecimal digits of the hash over every file's name and content.
pub static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for (name, content) in FILES {
        hasher.update(name.as_bytes());
        hasher.update([0]);
        hasher.update(Sha256::digest(content));
    }
    let mut version = String::with_capacity(16);
    for byte in &hasher.finalize()[..8] {
        // Writing to a String cannot fail.
        let _ = write!(version, "{byte:02x}");
    }
    version
});

/// The address of an embedded file, or `None` when no such file is embedded.
pub fn address(name: &str) -> Option<String> {
    content(name).map(|_| format!("/assets/{}/{name}", *VERSION))
}

/// An embedded file's bytes.
pub fn content(name: &str) -> Option<&'static [u8]> {
    FILES
        .iter()
        .find_map(|(known, content)| (*known == name).then_some(*content))
}
