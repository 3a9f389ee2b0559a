//! The keyring: a folder with one file for each academic year's key.
//!
//! Keys live beside the database, never in it and never in its backups. Destroying a file is what makes every backup
//! of that year's names noise; therefore a key is looked for on disk at every use, and a copy in memory does not
//! outlive its file or a change of it.
//!
//! A keyring belongs to one database. The file `installation` in the folder names it ([`Mark`]); a keyring that is
//! used for another database neither makes nor destroys a key.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::hex::{hex, unhex};
use super::keyring_error::KeyringError;

/// 256 bits, wiped when dropped.
pub type Key = Arc<Zeroizing<[u8; 32]>>;

/// What seals releases and notices; not a year's key.
pub const SERVER_KEY: &str = "server";

/// The file that names the installation.
const MARK_FILE: &str = "installation";

/// The installation that a keyring belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// None is named: the keyring is new, or was made by an earlier version.
    #[default]
    None,
    /// The installation with this identity.
    Of(String),
    /// Setting up the installation with this identity was begun and not finished.
    Begun(String),
}

/// A key that was read, and the file it was read from: a file that was put in its place is read anew.
#[derive(Clone, Debug)]
struct Cached {
    file: FileStamp,
    key: Key,
}

/// What tells one state of a file from another: device, inode, length, and time of change.
type FileStamp = (u64, u64, u64, i64, i64);

fn stamp(file: &Metadata) -> FileStamp {
    (
        file.dev(),
        file.ino(),
        file.len(),
        file.ctime(),
        file.ctime_nsec(),
    )
}

/// The folder of keys, and those read so far.
#[derive(Clone, Debug)]
pub struct Keyring {
    folder: PathBuf,
    owner: Option<String>,
    server_fingerprint: Option<String>,
    read: Arc<RwLock<HashMap<String, Cached>>>,
}

impl Keyring {
    /// The keyring in `folder`, which may not exist yet.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            owner: None,
            server_fingerprint: None,
            read: Arc::default(),
        }
    }

    /// The same keyring, used for the installation `id`, whose server key has this fingerprint if one is known.
    #[must_use]
    pub fn used_for(mut self, id: String, server_fingerprint: Option<String>) -> Self {
        self.owner = Some(id);
        self.server_fingerprint = server_fingerprint;
        self
    }

    /// Creates the folder, readable by its owner only, when it is not there.
    pub fn create_folder(&self) -> Result<(), KeyringError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|source| self.unusable_folder(source))
    }

    /// Waits until no other process sets this keyring up; the lock is held until the file is dropped.
    pub fn lock(&self) -> Result<File, KeyringError> {
        File::open(&self.folder)
            .and_then(|folder| folder.lock().map(|()| folder))
            .map_err(|source| self.unusable_folder(source))
    }

    /// The installation that the keyring belongs to.
    pub fn mark(&self) -> Result<Mark, KeyringError> {
        match fs::read_to_string(self.folder.join(MARK_FILE)) {
            Ok(text) => Ok(match text.trim().strip_prefix("begun ") {
                Some(id) => Mark::Begun(id.to_owned()),
                None => Mark::Of(text.trim().to_owned()),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Mark::None),
            Err(error) => Err(self.unusable_folder(error)),
        }
    }

    /// Writes down which installation the keyring belongs to.
    pub fn put_mark(&self, mark: &Mark) -> Result<(), KeyringError> {
        let text = match mark {
            Mark::None => return Ok(()),
            Mark::Of(id) => format!("{id}\n"),
            Mark::Begun(id) => format!("begun {id}\n"),
        };
        let draft = self.write_draft(MARK_FILE, text.as_bytes())?;
        fs::rename(&draft, self.folder.join(MARK_FILE))
            .map_err(|source| self.unusable_folder(source))?;
        self.sync_folder(MARK_FILE)
    }

    /// The fingerprints of the keys in the folder, by name; empty for a file that is no key. None when there is no
    /// folder.
    pub fn fingerprints(&self) -> Result<BTreeMap<String, String>, KeyringError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(self.unusable_folder(error)),
        };
        let mut prints = BTreeMap::new();
        for entry in entries {
            let name = entry
                .map_err(|source| self.unusable_folder(source))?
                .file_name();
            let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".key")) else {
                continue;
            };
            let print = match self.key(name) {
                Ok(key) => Self::fingerprint(&key),
                Err(KeyringError::Damaged { .. }) => String::new(),
                // Destroyed between the two looks.
                Err(KeyringError::Missing { .. }) => continue,
                Err(error) => return Err(error),
            };
            prints.insert(name.to_owned(), print);
        }
        Ok(prints)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key of an academic year.
    pub fn year(&self, label: &str) -> Result<Key, KeyringError> {
        self.key(label)
    }

    /// The key that seals releases and notices. It is made when an installation is set up, and never again by itself.
    pub fn server(&self) -> Result<Key, KeyringError> {
        let key = self.key(SERVER_KEY)?;
        match &self.server_fingerprint {
            Some(known) if *known != Self::fingerprint(&key) => Err(KeyringError::Other {
                name: SERVER_KEY.to_owned(),
                folder: self.folder.clone(),
            }),
            _ => Ok(key),
        }
    }

    /// The key of this name, made when there is none yet.
    pub fn create_if_missing(&self, name: &str) -> Result<Key, KeyringError> {
        match self.key(name) {
            Err(KeyringError::Missing { .. }) => {}
            found => return found,
        }
        self.refuse_foreign()?;
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut())
            .map_err(|error| self.unusable(name, std::io::Error::other(error.to_string())))?;
        self.write_key(name, &bytes)?;
        self.key(name)
    }

    /// Puts a copy of a key of another keyring into this one. A key that is there already is left as it is.
    pub fn copy_from(&self, other: &Self, name: &str) -> Result<Key, KeyringError> {
        let key = other.key(name)?;
        self.refuse_foreign()?;
        self.write_key(name, &key)?;
        self.key(name)
    }

    /// Writes a new server key over the one that is there, which sealed nothing that is still stored.
    pub fn renew_server(&self) -> Result<Key, KeyringError> {
        self.refuse_foreign()?;
        self.remove(SERVER_KEY)?;
        self.create_if_missing(SERVER_KEY)
    }

    /// Puts a copy of another keyring's server key in the place of this one's.
    pub fn take_server_from(&self, other: &Self) -> Result<Key, KeyringError> {
        other.key(SERVER_KEY)?;
        self.refuse_foreign()?;
        self.remove(SERVER_KEY)?;
        self.copy_from(other, SERVER_KEY)
    }

    /// Others see a whole key or none, and the first one wins: the file is written aside and linked into place. Each
    /// draft has a name of its own, because one that is linked already is the key itself and must not be written again.
    fn write_key(&self, name: &str, bytes: &[u8; 32]) -> Result<(), KeyringError> {
        let text = Zeroizing::new(hex(bytes));
        let draft = self.write_draft(name, text.as_bytes())?;
        let linked = fs::hard_link(&draft, self.path(name));
        let removed = fs::remove_file(&draft);
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(self.unusable(name, error));
            }
            _ => removed.map_err(|error| self.unusable(name, error))?,
        }
        self.sync_folder(name)
    }

    /// A file of its own with these bytes, not yet in its place.
    fn write_draft(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, KeyringError> {
        let mut aside = [0_u8; 8];
        getrandom::fill(&mut aside)
            .map_err(|error| self.unusable(name, std::io::Error::other(error.to_string())))?;
        let draft = self.folder.join(format!(".{name}.{}", hex(&aside)));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            });
        if let Err(error) = written {
            drop(fs::remove_file(&draft));
            return Err(self.unusable(name, error));
        }
        Ok(draft)
    }

    /// A restore may have given the keyring to another database since this process began.
    fn refuse_foreign(&self) -> Result<(), KeyringError> {
        let on_disk = match self.mark()? {
            Mark::None => None,
            Mark::Of(id) | Mark::Begun(id) => Some(id),
        };
        if on_disk == self.owner {
            Ok(())
        } else {
            Err(KeyringError::NotOurs {
                folder: self.folder.clone(),
            })
        }
    }

    /// Whether the key's file is there.
    pub fn holds(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Overwrites and removes the year's key. True when there was one; a second call is harmless.
    pub fn destroy(&self, label: &str) -> Result<bool, KeyringError> {
        self.refuse_foreign()?;
        self.remove(label)
    }

    fn remove(&self, name: &str) -> Result<bool, KeyringError> {
        self.forget(name);
        let path = self.path(name);
        let mut file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(self.unusable(name, error)),
        };
        // What is written over it must not read as a key.
        file.write_all(&[b'-'; 64])
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::remove_file(&path))
            .map_err(|error| self.unusable(name, error))?;
        self.sync_folder(name)?;
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
        let file = match fs::metadata(&path) {
            Ok(found) => stamp(&found),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.forget(name);
                return Err(KeyringError::Missing {
                    name: name.to_owned(),
                    folder: self.folder.clone(),
                });
            }
            Err(error) => return Err(self.unusable(name, error)),
        };
        if let Some(cached) = self
            .read
            .read()
            .ok()
            .and_then(|read| read.get(name).cloned())
            .filter(|cached| cached.file == file)
        {
            return Ok(cached.key);
        }
        let mut text = Zeroizing::new(String::new());
        File::open(&path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map_err(|error| self.unusable(name, error))?;
        let bytes =
            unhex(text.trim()).ok_or_else(|| KeyringError::Damaged { path: path.clone() })?;
        let key: Key = Arc::new(Zeroizing::new(bytes));
        if let Ok(mut read) = self.read.write() {
            let cached = Cached {
                file,
                key: key.clone(),
            };
            read.insert(name.to_owned(), cached);
        }
        Ok(key)
    }

    fn forget(&self, name: &str) {
        if let Ok(mut read) = self.read.write() {
            read.remove(name);
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    fn sync_folder(&self, name: &str) -> Result<(), KeyringError> {
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| self.unusable(name, error))
    }

    fn unusable_folder(&self, source: std::io::Error) -> KeyringError {
        KeyringError::Unusable {
            path: self.folder.clone(),
            source,
        }
    }

    fn unusable(&self, name: &str, source: std::io::Error) -> KeyringError {
        KeyringError::Unusable {
            path: self.path(name),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_a_restart_and_not_its_destruction() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::at(folder.path());
        let key = keyring.create_if_missing("2026-27").unwrap();
        let again = Keyring::at(folder.path());
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
            let keyring = Keyring::at(folder.path());
            let keys: Vec<Result<Key, KeyringError>> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8)
                    .map(|_| scope.spawn(|| keyring.create_if_missing("server")))
                    .collect();
                threads.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let stays = Keyring::at(folder.path()).year("server").unwrap();
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
        let keyring = Keyring::at(folder.path());
        assert!(matches!(
            keyring.year("2026-27"),
            Err(KeyringError::Damaged { .. })
        ));
    }

    #[test]
    fn a_key_put_back_in_the_place_of_another_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::at(folder.path());
        let right = keyring.create_if_missing("2026-27").unwrap();
        let path = folder.path().join("2026-27.key");
        let kept = folder.path().join("kept");
        fs::rename(&path, &kept).unwrap();
        fs::write(&path, hex(&[7; 32])).unwrap();
        assert_ne!(keyring.year("2026-27").unwrap(), right);
        fs::rename(&kept, &path).unwrap();
        assert_eq!(keyring.year("2026-27").unwrap(), right);
    }

    #[test]
    fn a_keyring_of_another_installation_keeps_its_keys_and_gets_none() {
        let folder = tempfile::tempdir().unwrap();
        let ours = Keyring::at(folder.path()).used_for("a".to_owned(), None);
        ours.put_mark(&Mark::Of("a".to_owned())).unwrap();
        ours.create_if_missing("2026-27").unwrap();
        ours.put_mark(&Mark::Of("b".to_owned())).unwrap();
        assert!(matches!(
            ours.destroy("2026-27"),
            Err(KeyringError::NotOurs { .. })
        ));
        assert!(matches!(
            ours.create_if_missing("2027-28"),
            Err(KeyringError::NotOurs { .. })
        ));
        assert!(ours.holds("2026-27") && !ours.holds("2027-28"));
    }
}
