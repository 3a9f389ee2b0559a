//! The rows around identities that are wiped with them: uploads, their rows, earlier states.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::schema::{import, import_pupil, import_row};
use crate::db::{Conn, Error};
use crate::letters::erase::Erased;
use crate::roster;

/// Empties a column of sealed bytes in some rows, and keeps what was in it for the search that follows.
macro_rules! wipe {
    ($tx:ident, $wiped:ident.$count:ident, $rows:expr, $column:expr) => {{
        let sealed: Vec<Option<Vec<u8>>> = $rows
            .filter($column.is_not_null())
            .select($column)
            .load($tx)?;
        $wiped.$count += sealed.len();
        $wiped.sealed.extend(sealed.into_iter().flatten());
        diesel::update($rows.filter($column.is_not_null()))
            .set($column.eq(None::<Vec<u8>>))
            .execute($tx)?;
    }};
}

/// Sealed values beside the identities that were wiped, and how many rows that was.
#[derive(Default)]
pub(super) struct Wiped {
    pub(super) sealed: Vec<Vec<u8>>,
    pub(super) uploads: usize,
    pub(super) import_rows: usize,
    pub(super) import_befores: usize,
    pub(super) messages: usize,
    pub(super) letters: usize,
}

impl Wiped {
    /// Adds what erasing letters came to.
    pub(super) fn take_letters(&mut self, erased: Erased) {
        self.messages += erased.sealed.len();
        self.letters += erased.letters;
        self.sealed.extend(erased.sealed);
    }
}

/// Wipes the uploads that mention these children, with every row that waits in them, and what the children's records
/// held before an import.
pub(super) fn wipe_imports_of(
    tx: &mut Conn,
    pupils: &[i64],
    now: NaiveDateTime,
    wiped: &mut Wiped,
) -> Result<(), Error> {
    let mut imports: Vec<i64> = import_pupil::table
        .filter(import_pupil::pupil_id.eq_any(pupils))
        .select(import_pupil::import_id)
        .distinct()
        .load(tx)?;
    imports.extend(
        import_row::table
            .filter(import_row::pupil_id.eq_any(pupils))
            .select(import_row::import_id)
            .distinct()
            .load::<i64>(tx)?,
    );
    imports.sort_unstable();
    imports.dedup();
    wipe_imports(tx, &imports, now, wiped)?;
    wipe!(
        tx,
        wiped.import_befores,
        import_pupil::table.filter(import_pupil::pupil_id.eq_any(pupils)),
        import_pupil::sealed_before
    );
    Ok(())
}

/// Wipes what was uploaded in these imports and every row that waits in them; one that waited to be confirmed expires.
fn wipe_imports(
    tx: &mut Conn,
    imports: &[i64],
    now: NaiveDateTime,
    wiped: &mut Wiped,
) -> Result<(), Error> {
    for imports in imports.chunks(1_000) {
        wipe!(
            tx,
            wiped.import_rows,
            import_row::table.filter(import_row::import_id.eq_any(imports)),
            import_row::sealed
        );
        wipe!(
            tx,
            wiped.uploads,
            import::table.filter(import::id.eq_any(imports)),
            import::sealed_upload
        );
        roster::note_erased(tx, imports, now)?;
    }
    Ok(())
}

/// Wipes imports whose own time is over.
pub(super) fn wipe_expired_imports(
    tx: &mut Conn,
    now: NaiveDateTime,
    wiped: &mut Wiped,
) -> Result<(), Error> {
    let holding: Vec<i64> = import::table
        .left_join(import_row::table)
        .filter(import::expires_at.le(now))
        .filter(
            import::sealed_upload
                .is_not_null()
                .or(import_row::sealed.is_not_null()),
        )
        .select(import::id)
        .distinct()
        .load(tx)?;
    wipe_imports(tx, &holding, now, wiped)
}

/// Wipes everything that is sealed with a year's key, wherever it lies.
pub(super) fn wipe_leftovers_of_year(
    tx: &mut Conn,
    year: &str,
    now: NaiveDateTime,
) -> Result<Wiped, Error> {
    let mut wiped = Wiped::default();
    let imports: Vec<i64> = import::table
        .filter(import::year_label.eq(year))
        .select(import::id)
        .load(tx)?;
    wipe_imports(tx, &imports, now, &mut wiped)?;
    for imports in imports.chunks(1_000) {
        wipe!(
            tx,
            wiped.import_befores,
            import_pupil::table.filter(import_pupil::import_id.eq_any(imports)),
            import_pupil::sealed_before
        );
    }
    Ok(wiped)
}
