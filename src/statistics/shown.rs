//! What was ever shown: in the database, and in a book beside the keys that no restore takes back.
//!
//! A backup that is put back knows nothing of the releases shown since it was made, but their readers do. So each is
//! also a file in `shown`, a folder of the keyring's, written before the transaction that shows it ends. A file there
//! too many (the transaction was cut off) makes later audits stricter and does no other harm; one too few could expose
//! a child. The text is the sealed one of the database: it holds true counts, and no name.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use disclosure::Release;
use programme::Audience;
use sha2::{Digest, Sha256};

use super::queries::{self, ReleaseRow};
use super::release::{ReleaseError, Shelf};
use crate::db::Conn;
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
    fn entries(&self) -> Result<Vec<(i64, String)>, ReleaseError> {
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
    fn put(&self, number: i64, frozen: &str) -> Result<(), ReleaseError> {
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

/// The number of the next release: greater than any that was given, also to releases that a restore has forgotten.
pub(super) fn next_number(tx: &mut Conn, shelf: &Shelf) -> Result<i64, ReleaseError> {
    let in_book = shelf
        .book()
        .entries()?
        .last()
        .map_or(0, |(number, _)| *number);
    Ok(queries::last_number(tx)?.max(in_book) + 1)
}

/// Everything that was ever shown about places of an audience, by number.
pub(super) fn shown_about(
    tx: &mut Conn,
    shelf: &Shelf,
    audience: &Audience,
) -> Result<Vec<Release>, ReleaseError> {
    let mut texts: BTreeSet<(i64, String)> = shelf.book().entries()?.into_iter().collect();
    texts.extend(queries::shown_releases(tx)?);
    let mut shown = Vec::new();
    for (number, frozen) in texts {
        let release = shelf.restore(number, &frozen)?;
        if release.audience().shares_places_with(audience) {
            shown.push(release);
        }
    }
    Ok(shown)
}

/// Writes down that a release is being shown: in the book, with everything shown before the book was begun; and that
/// drafts made before it can be published no more.
pub(super) fn enter(tx: &mut Conn, shelf: &Shelf, row: &ReleaseRow) -> Result<(), ReleaseError> {
    for (number, frozen) in queries::shown_releases(tx)? {
        shelf.book().put(number, &frozen)?;
    }
    shelf.book().put(row.id, &row.frozen)?;
    supersede(tx, row.id, &row.audience.parse()?)
}

/// Ends the drafts made before release `number`, for an audience with places in common.
fn supersede(tx: &mut Conn, number: i64, audience: &Audience) -> Result<(), ReleaseError> {
    for (draft, other) in queries::drafts_before(tx, number)? {
        if other.parse::<Audience>()?.shares_places_with(audience) {
            queries::set_superseded(tx, draft)?;
        }
    }
    Ok(())
}

/// Whether what was shown can be read beside the keys; while it cannot, nothing is made or published.
pub fn shown_can_be_read(keyring: &Keyring) -> bool {
    ShownBook::beside(keyring).entries().is_ok()
}

/// After the database was put back to an earlier day: the numbers of releases that were shown since and that it does
/// not hold. They stay in every audit; drafts made before them can be published no more.
pub fn forgotten_releases(tx: &mut Conn, keyring: &Keyring) -> Result<Vec<i64>, ReleaseError> {
    let shelf = Shelf::open(keyring)?;
    let held: BTreeSet<(i64, String)> = queries::shown_releases(tx)?.into_iter().collect();
    let mut forgotten = Vec::new();
    for (number, frozen) in shelf.book().entries()? {
        let release = shelf.restore(number, &frozen)?;
        supersede(tx, number, release.audience())?;
        if !held.contains(&(number, frozen)) {
            forgotten.push(number);
        }
    }
    Ok(forgotten)
}

/// Enters the releases of another keyring's book into this one's: a restore that takes keys from there must not forget
/// what was shown there.
pub fn take_shown_from(from: &Path, keyring: &Keyring) -> Result<(), ReleaseError> {
    let book = ShownBook::beside(keyring);
    for (number, frozen) in ShownBook::beside(&Keyring::at(from)).entries()? {
        book.put(number, &frozen)?;
    }
    Ok(())
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
