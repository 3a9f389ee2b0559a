//! The book of what was shown: a folder beside the keys, which no restore of the database takes back.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::ReleaseError;
use crate::identity::{Keyring, hex};

/// The ending of a release's file.
const ENDING: &str = "release";

/// The book of releases that were shown: a folder beside the keys.
#[derive(Clone, Debug)]
pub(super) struct ShownBook(PathBuf);

impl ShownBook {
    /// The book beside the keys of a keyring.
    pub(super) fn beside(keyring: &Keyring) -> Self {
        Self(keyring.folder().join("shown"))
    }

    /// Every release in the book: its number and sealed text, by number.
    pub(super) fn entries(&self) -> Result<Vec<(i64, String)>, ReleaseError> {
        let listed = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.map_err(|source| Self::failed(&self.0, source))?,
        };
        let mut entries = Vec::new();
        for entry in listed {
            let path = entry
                .map_err(|source| Self::failed(&self.0, source))?
                .path();
            if let Some(number) = number_of(&path) {
                let text =
                    fs::read_to_string(&path).map_err(|source| Self::failed(&path, source))?;
                entries.push((number, text));
            }
        }
        entries.sort();
        Ok(entries)
    }

    /// Writes a release into the book, unless it is there.
    pub(super) fn put(&self, number: i64, frozen: &str) -> Result<(), ReleaseError> {
        let path = self.0.join(file_name(number, frozen));
        if path.exists() {
            return Ok(());
        }
        self.write(&path, frozen)
            .map_err(|source| Self::failed(&path, source))
    }

    /// Writes every entry anew with the text that `anew` makes of it; an entry for which it makes none stays.
    pub(super) fn rewrite(
        &self,
        anew: impl Fn(i64, &str) -> Result<Option<String>, ReleaseError>,
    ) -> Result<(), ReleaseError> {
        for (number, frozen) in self.entries()? {
            let Some(text) = anew(number, &frozen)?.filter(|text| *text != frozen) else {
                continue;
            };
            self.put(number, &text)?;
            let old = self.0.join(file_name(number, &frozen));
            fs::remove_file(&old).map_err(|source| Self::failed(&old, source))?;
        }
        Ok(())
    }

    /// Written aside and moved into place: whoever reads it finds all of it or nothing.
    fn write(&self, path: &Path, frozen: &str) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)?;
        let mut aside = [0_u8; 8];
        getrandom::fill(&mut aside).map_err(|error| io::Error::other(error.to_string()))?;
        let draft = self.0.join(format!(".{}", hex(&aside)));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(frozen.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(&self.0)?.sync_all()
    }

    fn failed(path: &Path, source: io::Error) -> ReleaseError {
        ReleaseError::Shown {
            path: path.to_owned(),
            source,
        }
    }
}

/// The name tells releases of one number apart: a database that was put back from a copy made by other means than
/// `stature restore` may have given a number again.
fn file_name(number: i64, frozen: &str) -> String {
    let digest = Sha256::digest(frozen.as_bytes());
    format!("{number:06}-{}.{ENDING}", hex(&digest[..8]))
}

fn number_of(path: &Path) -> Option<i64> {
    if path.extension()? != ENDING {
        return None;
    }
    path.file_stem()?.to_str()?.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_entered_twice_stands_in_the_book_once() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::at(folder.path());
        let book = ShownBook::beside(&keyring);
        assert_eq!(book.entries().unwrap(), []);
        book.put(12, "twelve").unwrap();
        book.put(12, "twelve").unwrap();
        book.put(3, "three").unwrap();
        book.put(3, "another three").unwrap();
        fs::write(folder.path().join("shown/.draft"), "half").unwrap();
        let entries = book.entries().unwrap();
        let numbers: Vec<i64> = entries.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [3, 3, 12]);
        assert_eq!(entries[2].1, "twelve");
    }

    #[test]
    fn a_book_that_cannot_be_written_refuses_what_would_be_shown() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::at(folder.path());
        fs::write(folder.path().join("shown"), "no folder").unwrap();
        let book = ShownBook::beside(&keyring);
        assert!(matches!(
            book.put(1, "one"),
            Err(ReleaseError::Shown { .. })
        ));
        assert!(matches!(book.entries(), Err(ReleaseError::Shown { .. })));
    }
}
