//! An upload in the browser: kept sealed until somebody confirms what it would do.

use serde_json::json;
use zeroize::Zeroizing;

use super::commit::{self, Destination};
use super::error::ImportError;
use super::import::{self, Mode, Parsed, Prepared, Target};
use super::import_queries::{self, ImportRecord, NewImport};
use super::importing::Importing;
use super::state::{State, Step as Change};
use super::stored_choices::{HeadingKey, StoredChoices};
use super::{choice_queries, register, waiting};
use crate::audit;
use crate::db::Conn;
use crate::work::Work;
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
pub fn read(importing: Importing<'_>, target: Target, bytes: &[u8]) -> Result<Parsed, ImportError> {
    parse(importing, target, bytes, None)
}

/// Keeps an upload that was read, sealed, for somebody to look at; returns its number. Refused when names cannot come
/// in for the year.
pub fn stage(
    work: &mut Work<'_>,
    target: Target,
    parsed: &Parsed,
    bytes: &[u8],
) -> Result<i64, ImportError> {
    let year = target.year.to_string();
    let sealer = work.identities.sealer(work.tx, &year)?;
    let id = import_queries::insert_import(
        work.tx,
        &NewImport {
            number: None,
            year: &year,
            school: target.school.map(i32::from),
            state: State::Staged,
            layout: Some(&parsed.layout),
            counts: None,
            by: work.actor,
            at: work.now,
            applied_at: None,
            expires_at: import::expires_at(work.now),
        },
    )?;
    import_queries::set_upload(work.tx, id, &sealer.seal(waiting::UPLOAD, id, bytes)?)?;
    audit::event(
        work.tx,
        work.actor,
        work.now,
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
    importing: Importing<'_>,
    target: Target,
    bytes: &[u8],
    choices: Option<StoredChoices>,
) -> Result<Parsed, ImportError> {
    let key = HeadingKey::of(&importing.app.identities)?;
    import::parse(
        bytes,
        &Limits::UPLOAD,
        target.year,
        &key,
        choices,
        |layout| {
            importing
                .db()
                .read_now(|tx| choice_queries::remembered_choices(tx, layout))
        },
    )
}

/// The uploaded bytes of an import.
pub fn uploaded_bytes(
    work: &mut Work<'_>,
    record: &ImportRecord,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let sealed = import_queries::upload(work.tx, record.id)?.ok_or(ImportError::NotWaiting)?;
    let sealer = work.identities.sealer(work.tx, &record.year_label)?;
    Ok(sealer.open(waiting::UPLOAD, record.id, &sealed)?)
}

/// The file of an import with its columns, and nothing checked yet.
pub fn reread(importing: Importing<'_>, record: &ImportRecord) -> Result<Parsed, ImportError> {
    importing.progress.begin(Step::Reading, 0);
    let bytes = importing
        .db()
        .read_now(|tx| uploaded_bytes(&mut importing.work(tx), record))?;
    parse(importing, target_of(record)?, &bytes, record.choices()?)
}

/// What confirming a staged import would do at this moment.
pub fn preview(importing: Importing<'_>, record: &ImportRecord) -> Result<Preview, ImportError> {
    let target = target_of(record)?;
    let schools = importing.db().read_now(register::schools)?;
    let parsed = reread(importing, record)?;
    let checked = parsed.check(&schools, target, importing.progress)?;
    let (prepared, _) = import::prepare(importing, target.year, &parsed, checked)?;
    Ok(Preview { parsed, prepared })
}

/// Applies a staged import, worked out against the children held now.
pub fn confirm(
    importing: Importing<'_>,
    record: &ImportRecord,
    mode: Mode,
) -> Result<(), ImportError> {
    let parsed = reread(importing, record)?;
    let (prepared, applied) = commit::commit(
        importing,
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
pub fn discard(work: &mut Work<'_>, id: i64) -> Result<(), ImportError> {
    if !import_queries::step(work.tx, id, Change::Discard)? {
        return Err(ImportError::NotWaiting);
    }
    import_queries::forget_upload(work.tx, id)?;
    audit::event(
        work.tx,
        work.actor,
        work.now,
        audit::Action::RosterDiscarded,
        &format!("import:{id}"),
        &json!({}),
    )?;
    Ok(())
}

/// Notes what somebody said the columns are, for this import and for every
/// later file of the same layout.
pub fn choose_columns(
    importing: Importing<'_>,
    record: &ImportRecord,
    choices: &Choices,
) -> Result<Parsed, ImportError> {
    let mut parsed = reread(importing, record)?;
    let target = target_of(record)?;
    parsed.columns = find_columns(&parsed.table, choices, target.year.start_year())?;
    let stored = StoredChoices::of(choices, &HeadingKey::of(&importing.app.identities)?);
    importing.db().write_now(|tx| -> Result<(), ImportError> {
        let (actor, now) = (importing.actor, importing.now);
        import_queries::set_mapping(tx, record.id, &import_queries::to_json(&stored)?)?;
        choice_queries::remember_choices(tx, &parsed.layout, &stored, &actor.label, now)?;
        audit::event(
            tx,
            actor,
            now,
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
    Ok(import_queries::imports_due(tx, now)?.len())
}

/// Erases uploaded bytes and waiting rows whose thirty days are over. The body
/// of a nightly job; returns how many imports that was.
pub fn erase_expired(work: &mut Work<'_>) -> Result<usize, ImportError> {
    let erased = import_queries::erase_expired(work.tx, work.now)?;
    if erased > 0 {
        audit::event(
            work.tx,
            work.actor,
            work.now,
            audit::Action::RosterUploadsErased,
            "imports",
            &json!({"imports": erased}),
        )?;
    }
    Ok(erased)
}
