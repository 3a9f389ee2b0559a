//! The rows around identities that are wiped with them: uploads, their rows, earlier states, letters, messages.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::schema::{import, import_pupil, import_row, letter, outbox};
use crate::db::{Conn, Error};

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

/// Wipes the uploads that mention these children, with every row that waits in them, and what the children's records
/// held before an import.
pub(super) fn wipe_imports_of(
    tx: &mut Conn,
    pupils: &[i64],
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
    wipe_imports(tx, &imports, wiped)?;
    let before = import_pupil::table
        .filter(import_pupil::pupil_id.eq_any(pupils))
        .filter(import_pupil::sealed_before.is_not_null());
    let sealed: Vec<Option<Vec<u8>>> = before.select(import_pupil::sealed_before).load(tx)?;
    wiped.import_befores += sealed.len();
    wiped.sealed.extend(sealed.into_iter().flatten());
    diesel::update(
        import_pupil::table
            .filter(import_pupil::pupil_id.eq_any(pupils))
            .filter(import_pupil::sealed_before.is_not_null()),
    )
    .set(import_pupil::sealed_before.eq(None::<Vec<u8>>))
    .execute(tx)?;
    Ok(())
}

/// Wipes what was uploaded in these imports and every row that waits in them; one that waited to be confirmed expires.
fn wipe_imports(tx: &mut Conn, imports: &[i64], wiped: &mut Wiped) -> Result<(), Error> {
    for imports in imports.chunks(1_000) {
        let rows: Vec<Option<Vec<u8>>> = import_row::table
            .filter(import_row::import_id.eq_any(imports))
            .filter(import_row::sealed.is_not_null())
            .select(import_row::sealed)
            .load(tx)?;
        wiped.import_rows += rows.len();
        wiped.sealed.extend(rows.into_iter().flatten());
        diesel::update(
            import_row::table
                .filter(import_row::import_id.eq_any(imports))
                .filter(import_row::sealed.is_not_null()),
        )
        .set(import_row::sealed.eq(None::<Vec<u8>>))
        .execute(tx)?;
        let uploads: Vec<Option<Vec<u8>>> = import::table
            .filter(import::id.eq_any(imports))
            .filter(import::sealed_upload.is_not_null())
            .select(import::sealed_upload)
            .load(tx)?;
        wiped.uploads += uploads.len();
        wiped.sealed.extend(uploads.into_iter().flatten());
        diesel::update(
            import::table
                .filter(import::id.eq_any(imports))
                .filter(import::sealed_upload.is_not_null()),
        )
        .set(import::sealed_upload.eq(None::<Vec<u8>>))
        .execute(tx)?;
        diesel::update(
            import::table
                .filter(import::id.eq_any(imports))
                .filter(import::state.eq("staged")),
        )
        .set(import::state.eq("expired"))
        .execute(tx)?;
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
    wipe_imports(tx, &holding, wiped)
}

/// Wipes the letters that wait to be sent to these children's parents and cancels them. One that a process is handing
/// over at this moment is left to that process, which finds nothing to send if it has to try again.
pub(super) fn wipe_letters_of(
    tx: &mut Conn,
    pupils: &[i64],
    now: NaiveDateTime,
    wiped: &mut Wiped,
) -> Result<(), Error> {
    let letters: Vec<i64> = letter::table
        .filter(letter::pupil_id.eq_any(pupils))
        .select(letter::id)
        .load(tx)?;
    wipe_messages(tx, &letters, now, wiped)?;
    for letters in letters.chunks(5_000) {
        let being_sent: Vec<Option<i64>> = outbox::table
            .filter(outbox::letter_id.eq_any(letters))
            .filter(outbox::state.eq("sending"))
            .select(outbox::letter_id)
            .load(tx)?;
        let idle: Vec<i64> = letters
            .iter()
            .copied()
            .filter(|letter| !being_sent.contains(&Some(*letter)))
            .collect();
        wiped.letters += diesel::update(
            letter::table
                .filter(letter::id.eq_any(&idle))
                .filter(letter::state.ne_all(["sent", "in_doubt", "cancelled"])),
        )
        .set((letter::state.eq("cancelled"), letter::updated_at.eq(now)))
        .execute(tx)?;
    }
    Ok(())
}

fn wipe_messages(
    tx: &mut Conn,
    letters: &[i64],
    now: NaiveDateTime,
    wiped: &mut Wiped,
) -> Result<(), Error> {
    for letters in letters.chunks(5_000) {
        let sealed: Vec<Option<Vec<u8>>> = outbox::table
            .filter(outbox::letter_id.eq_any(letters))
            .filter(outbox::sealed.is_not_null())
            .select(outbox::sealed)
            .load(tx)?;
        wiped.messages += sealed.len();
        wiped.sealed.extend(sealed.into_iter().flatten());
        diesel::update(
            outbox::table
                .filter(outbox::letter_id.eq_any(letters))
                .filter(outbox::sealed.is_not_null()),
        )
        .set(outbox::sealed.eq(None::<Vec<u8>>))
        .execute(tx)?;
        diesel::update(
            outbox::table
                .filter(outbox::letter_id.eq_any(letters))
                .filter(outbox::state.eq_any(["queued", "claimed", "failed"])),
        )
        .set((
            outbox::state.eq("cancelled"),
            outbox::lease_until.eq(None::<NaiveDateTime>),
            outbox::lease_owner.eq(None::<String>),
            outbox::finished_at.eq(now),
        ))
        .execute(tx)?;
    }
    Ok(())
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
    wipe_imports(tx, &imports, &mut wiped)?;
    for imports in imports.chunks(1_000) {
        wiped.import_befores += diesel::update(
            import_pupil::table
                .filter(import_pupil::import_id.eq_any(imports))
                .filter(import_pupil::sealed_before.is_not_null()),
        )
        .set(import_pupil::sealed_before.eq(None::<Vec<u8>>))
        .execute(tx)?;
    }
    wiped.messages += diesel::update(
        outbox::table
            .filter(outbox::year_label.eq(year))
            .filter(outbox::sealed.is_not_null()),
    )
    .set(outbox::sealed.eq(None::<Vec<u8>>))
    .execute(tx)?;
    diesel::update(
        outbox::table
            .filter(outbox::year_label.eq(year))
            .filter(outbox::state.eq_any(["queued", "claimed", "failed"])),
    )
    .set((
        outbox::state.eq("cancelled"),
        outbox::lease_until.eq(None::<NaiveDateTime>),
        outbox::lease_owner.eq(None::<String>),
        outbox::finished_at.eq(now),
    ))
    .execute(tx)?;
    Ok(wiped)
}
