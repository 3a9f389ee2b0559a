//! The keyring: a folder with one file for each academic year's key.
//!
//! Keys live beside the database, never in it and never in its backups. Destroying a file is what makes every backup
//! of that year's names noise; therefore a key is looked for on disk at every use, and a copy in memory does not
//! outlive its file.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// 256 bits, wiped when dropped.
pub type Key = Arc<Zeroizing<[u8; 32]>>;

/// What signs forms and sessions; not a year's key.
const SERVER_KEY: &str = "server";

/// A key that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file is not there.
    #[error(
        "the key of {name} is not in {folder}: what is sealed with it cannot be read; put the keyring back, or name it with --keyring"
    )]
    Missing {
        /// The academic year, or `server`.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The file is there but is no key.
    #[error("{path} is not a key file of Stature")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The folder or a file cannot be used.
    #[error("the keyring {path} cannot be used: {source}")]
    Unusable {
        /// The folder or the file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The folder of keys, and those read so far.
#[derive(Clone, Debug)]
pub struct Keyring {
    folder: PathBuf,
    read: Arc<RwLock<HashMap<String, Key>>>,
}

impl Keyring {
    /// The keyring in `folder`, created (readable by its owner only) when it is not there.
    pub fn open(folder: &Path) -> Result<Self, KeyringError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| KeyringError::Unusable {
                path: folder.to_owned(),
                source,
            })?;
        Ok(Self {
            folder: folder.to_owned(),
            read: Arc::default(),
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key of an academic year.
    pub fn year(&self, label: &str) -> Result<Key, KeyringError> {
        self.key(label)
    }

    /// The key that signs forms and sessions; made on first use.
    pub fn server(&self) -> Result<Key, KeyringError> {
        self.create_if_missing(SERVER_KEY)
    }

    /// The year's key, made when there is none yet.
    pub fn create_if_missing(&self, name: &str) -> Result<Key, KeyringError> {
        match self.key(name) {
            Err(KeyringError::Missing { .. }) => {}
            found => return found,
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut())
            .map_err(|error| self.unusable(name, std::io::Error::other(error.to_string())))?;
        let path = self.path(name);
        let mut aside = [0_u8; 8];
        getrandom::fill(&mut aside)
            .map_err(|error| self.unusable(name, std::io::Error::other(error.to_string())))?;
        // Written aside and linked into place: others see a whole key or none, and the first one wins. Each draft has a
        // name of its own, because one that is linked already is the key itself and must not be written again.
        let draft = self.folder.join(format!(".{name}.{}", hex(&aside)));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| {
                file.write_all(hex(bytes.as_ref()).as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::hard_link(&draft, &path));
        let removed = fs::remove_file(&draft);
        match written {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(self.unusable(name, error));
            }
            _ => removed.map_err(|error| self.unusable(name, error))?,
        }
        self.sync_folder(name)?;
        self.key(name)
    }

    /// Whether the key's file is there.
    pub fn holds(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Overwrites and removes the year's key. True when there was one; a second call is harmless.
    pub fn destroy(&self, label: &str) -> Result<bool, KeyringError> {
        if let Ok(mut read) = self.read.write() {
            read.remove(label);
        }
        let path = self.path(label);
        let mut file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(self.unusable(label, error)),
        };
        // What is written over it must not read as a key.
        file.write_all(&[b'-'; 64])
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::remove_file(&path))
            .map_err(|error| self.unusable(label, error))?;
        self.sync_folder(label)?;
        Ok(true)
    }

    /// A short mark that tells two keys apart without telling either.
    pub fn fingerprint(key: &Key) -> String {
        let mut digest = Sha256::new();
        digest.update(b"stature key fingerprint");
        let bytes: &[u8; 32] = key;
        digest.update(bytes);
        hex(&digest.finalize()[..8])
    }

    fn key(&self, name: &str) -> Result<Key, KeyringError> {
        let path = self.path(name);
        if !path.exists() {
            if let Ok(mut read) = self.read.write() {
                read.remove(name);
            }
            return Err(KeyringError::Missing {
                name: name.to_owned(),
                folder: self.folder.clone(),
            });
        }
        if let Some(key) = self
            .read
            .read()
            .ok()
            .and_then(|read| read.get(name).cloned())
        {
            return Ok(key);
        }
        let mut text = Zeroizing::new(String::new());
        File::open(&path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map_err(|error| self.unusable(name, error))?;
        let bytes =
            unhex(text.trim()).ok_or_else(|| KeyringError::Damaged { path: path.clone() })?;
        let key: Key = Arc::new(Zeroizing::new(bytes));
        if let Ok(mut read) = self.read.write() {
            read.insert(name.to_owned(), key.clone());
        }
        Ok(key)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    fn sync_folder(&self, name: &str) -> Result<(), KeyringError> {
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| self.unusable(name, error))
    }

    fn unusable(&self, name: &str, source: std::io::Error) -> KeyringError {
        KeyringError::Unusable {
            path: self.path(name),
            source,
        }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_a_restart_and_not_its_destruction() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(folder.path()).unwrap();
        let key = keyring.create_if_missing("2026-27").unwrap();
        let again = Keyring::open(folder.path()).unwrap();
        assert_eq!(again.year("2026-27").unwrap(), key);
        assert!(keyring.destroy("2026-27").unwrap());
        assert!(!keyring.destroy("2026-27").unwrap());
        assert!(
            matches!(again.year("2026-27"), Err(KeyringError::Missing { .. })),
            "a copy in memory outlived its file"
        );
    }

    #[test]
    fn of_many_who_make_a_key_at_once_all_get_the_one_that_stays() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            let keyring = Keyring::open(folder.path()).unwrap();
            let keys: Vec<Result<Key, KeyringError>> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8)
                    .map(|_| scope.spawn(|| keyring.create_if_missing("server")))
                    .collect();
                threads.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let stays = Keyring::open(folder.path())
                .unwrap()
                .year("server")
                .unwrap();
            for key in keys {
                assert_eq!(key.unwrap(), stays);
            }
            assert_eq!(
                fs::read_dir(folder.path()).unwrap().count(),
                1,
                "drafts were left"
            );
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("2026-27.key"), "not a key").unwrap();
        let keyring = Keyring::open(folder.path()).unwrap();
        assert!(matches!(
            keyring.year("2026-27"),
            Err(KeyringError::Damaged { .. })
        ));
    }
}
