//! What was ever shown: in the database, and in a book beside the keys that no restore takes back.
//!
//! A backup that is put back knows nothing of the releases shown since it was made, but their readers do. So each is
//! also a file in `shown`, a folder of the keyring's, written before the transaction that shows it ends. A file there
//! too many (the transaction was cut off) makes later audits stricter and does no other harm; one too few could expose
//! a child. The text is the sealed one of the database: it holds true counts, and no name.

use std::collections::BTreeSet;
use std::path::Path;

use disclosure::Release;
use programme::Audience;

use super::book::ShownBook;
use super::error::ReleaseError;
use super::queries::{self, ReleaseRow};
use super::shelf::Shelf;
use crate::db::Conn;
use crate::identity::Keyring;

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
