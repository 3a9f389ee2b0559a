//! An upload in the browser: kept sealed until somebody confirms what it would do.

use serde_json::json;
use zeroize::Zeroizing;

use super::commit::{self, Destination};
use super::import::{self, By, ImportError, Mode, Parsed, Prepared, Target};
use super::queries::{self, ImportRecord, NewImport};
use super::state::{State, Step as Change};
use super::stored_choices::{HeadingKey, StoredChoices};
use super::waiting;
use crate::audit;
use crate::db::{Conn, Db};
use programme::{AcademicYear, Urn};
use roster_reader::columns::{Choices, find_columns};
use roster_reader::progress::Step;
use tabular::Limits;

/// A staged import with what confirming it would do.
#[derive(Debug)]
pub struct Preview {
    /// The file.
    pub parsed: Parsed,
    /// The plan.
    pub prepared: Prepared,
}

/// Reads an upload that is to be staged. Refused when the file cannot be read or its columns leave no way to go on.
pub fn read(db: &Db, by: By<'_>, target: Target, bytes: &[u8]) -> Result<Parsed, ImportError> {
    parse(db, by, target, bytes, None)
}

/// Keeps an upload that was read, sealed, for somebody to look at; returns its number. Refused when names cannot come
/// in for the year.
pub fn stage(
    tx: &mut Conn,
    by: By<'_>,
    target: Target,
    parsed: &Parsed,
    bytes: &[u8],
) -> Result<i64, ImportError> {
    let year = target.year.to_string();
    let sealer = by.identities.sealer(tx, &year)?;
    let id = queries::insert_import(
        tx,
        &NewImport {
            number: None,
            year: &year,
            school: target.school.map(|urn| urn.number() as i32),
            state: State::Staged,
            layout: Some(&parsed.layout),
            counts: None,
            by: by.actor,
            at: by.now,
            applied_at: None,
            expires_at: by.expires_at(),
        },
    )?;
    queries::set_upload(tx, id, &sealer.seal(waiting::UPLOAD, id, bytes)?)?;
    audit::event(
        tx,
        by.actor,
        by.now,
        audit::Action::RosterUploaded,
        &format!("import:{id}"),
        &json!({"year": year}),
    )?;
    Ok(id)
}

/// What an import is for, from its record.
pub fn target_of(record: &ImportRecord) -> Result<Target, ImportError> {
    let damaged = |what| ImportError::DamagedImport {
        import: record.id,
        what,
        why: "it is none".to_owned(),
    };
    let year =
        AcademicYear::parse_label(&record.year_label).ok_or_else(|| damaged("academic year"))?;
    // Left out, a school's list would be taken for the whole programme's.
    let school = record.school_urn.map(Urn::try_from).transpose();
    Ok(Target {
        year,
        school: school.map_err(|_| damaged("school"))?,
    })
}

fn parse(
    db: &Db,
    by: By<'_>,
    target: Target,
    bytes: &[u8],
    choices: Option<StoredChoices>,
) -> Result<Parsed, ImportError> {
    let key = HeadingKey::of(by.identities)?;
    import::parse(
        bytes,
        &Limits::UPLOAD,
        target.year,
        &key,
        choices,
        |layout| db.read_now(|tx| queries::remembered_choices(tx, layout)),
    )
}

/// The uploaded bytes of an import.
pub fn uploaded_bytes(
    tx: &mut Conn,
    by: By<'_>,
    record: &ImportRecord,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let sealed = queries::upload(tx, record.id)?.ok_or(ImportError::NotWaiting)?;
    let sealer = by.identities.sealer(tx, &record.year_label)?;
    Ok(sealer.open(waiting::UPLOAD, record.id, &sealed)?)
}

/// The file of an import with its columns, and nothing checked yet.
pub fn reread(db: &Db, by: By<'_>, record: &ImportRecord) -> Result<Parsed, ImportError> {
    by.progress.begin(Step::Reading, 0);
    let bytes = db.read_now(|tx| uploaded_bytes(tx, by, record))?;
    parse(db, by, target_of(record)?, &bytes, record.choices()?)
}

/// What confirming a staged import would do at this moment.
pub fn preview(db: &Db, by: By<'_>, record: &ImportRecord) -> Result<Preview, ImportError> {
    let target = target_of(record)?;
    let schools = db.read_now(queries::schools)?;
    let parsed = reread(db, by, record)?;
    let checked = parsed.check(&schools, target, by.progress)?;
    let (prepared, _) = import::prepare(db, by, target.year, &parsed, checked)?;
    Ok(Preview { parsed, prepared })
}

/// Applies a staged import, worked out against the children held now.
pub fn confirm(db: &Db, by: By<'_>, record: &ImportRecord, mode: Mode) -> Result<(), ImportError> {
    let parsed = reread(db, by, record)?;
    let (prepared, applied) = commit::commit(
        db,
        by,
        target_of(record)?,
        &parsed,
        mode,
        Destination::Staged(record),
    )?;
    if applied.is_none() {
        let counts = prepared.counts();
        return Err(ImportError::Problems {
            rejected: counts.rejected,
            rows: counts.rows,
        });
    }
    Ok(())
}

/// Throws a staged import away.
pub fn discard(tx: &mut Conn, by: By<'_>, id: i64) -> Result<(), ImportError> {
    if !queries::step(tx, id, Change::Discard)? {
        return Err(ImportError::NotWaiting);
    }
    queries::forget_upload(tx, id)?;
    audit::event(
        tx,
        by.actor,
        by.now,
        audit::Action::RosterDiscarded,
        &format!("import:{id}"),
        &json!({}),
    )?;
    Ok(())
}

/// Notes what somebody said the columns are, for this import and for every
/// later file of the same layout.
pub fn choose_columns(
    db: &Db,
    by: By<'_>,
    record: &ImportRecord,
    choices: &Choices,
) -> Result<Parsed, ImportError> {
    let mut parsed = reread(db, by, record)?;
    let target = target_of(record)?;
    parsed.columns = find_columns(&parsed.table, choices, target.year.start_year())?;
    let stored = StoredChoices::of(choices, &HeadingKey::of(by.identities)?);
    db.write_now(|tx| -> Result<(), ImportError> {
        queries::set_mapping(tx, record.id, &queries::to_json(&stored)?)?;
        queries::remember_choices(tx, &parsed.layout, &stored, &by.actor.label, by.now)?;
        audit::event(
            tx,
            by.actor,
            by.now,
            audit::Action::RosterColumnsChosen,
            &format!("import:{}", record.id),
            &json!({}),
        )?;
        Ok(())
    })?;
    Ok(parsed)
}

/// How many imports' bytes are due to be erased.
pub fn imports_due(tx: &mut Conn, now: chrono::NaiveDateTime) -> Result<usize, crate::db::Error> {
    Ok(queries::imports_due(tx, now)?.len())
}

/// Erases uploaded bytes and waiting rows whose thirty days are over. The body
/// of a nightly job; returns how many imports that was.
pub fn erase_expired(tx: &mut Conn, by: By<'_>) -> Result<usize, ImportError> {
    let erased = queries::erase_expired(tx, by.now)?;
    if erased > 0 {
        audit::event(
            tx,
            by.actor,
            by.now,
            audit::Action::RosterUploadsErased,
            "imports",
            &json!({"imports": erased}),
        )?;
    }
    Ok(erased)
}
