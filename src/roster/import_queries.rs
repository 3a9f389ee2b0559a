//! The rows of imports: how each stands, and its uploaded bytes.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::error::ImportError;
use super::state::{State, Step};
use super::stored_choices::StoredChoices;
use crate::access::Scope;
use crate::audit::Actor;
use crate::db::schema::{import, import_pupil, import_row};
use crate::db::{Conn, Error, dialect};
use crate::web::Asked;
use roster_reader::plan::Counts;

/// SQLite takes 32,766 values in a statement.
const VALUES_A_STATEMENT: usize = 10_000;

/// An import as it is listed.
#[derive(Debug, Clone, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = import)]
pub struct ImportRecord {
    /// Its number.
    pub id: i64,
    /// Academic year.
    pub year_label: String,
    /// The school it is for, when that was said.
    pub school_urn: Option<i32>,
    /// Where it stands.
    pub state: State,
    /// The layout's name, see `HeadingKey::layout`.
    pub layout: Option<String>,
    /// The choices made for its columns, as JSON.
    pub mapping: Option<String>,
    /// How many rows came to what, as JSON.
    pub counts: Option<String>,
    /// Name of who uploaded it, at that time.
    pub created_by: String,
    /// Account of who uploaded it; `None` for the command line.
    pub created_by_account: Option<i64>,
    /// When it was uploaded.
    pub created_at: NaiveDateTime,
    /// When it was applied.
    pub applied_at: Option<NaiveDateTime>,
    /// When its bytes and waiting rows go.
    pub expires_at: NaiveDateTime,
    /// When its bytes and waiting rows were erased.
    pub erased_at: Option<NaiveDateTime>,
}

impl ImportRecord {
    /// Whether it is in this state.
    pub fn is(&self, state: State) -> bool {
        self.state == state
    }

    /// Whether rows of it can still be decided, and all of it undone.
    pub fn is_open(&self) -> bool {
        self.is(State::Applied) && self.erased_at.is_none()
    }

    /// Whether an account uploaded it.
    pub fn is_of(&self, account: Option<i64>) -> bool {
        account.is_some() && self.created_by_account == account
    }

    /// What was chosen for its columns.
    pub(super) fn choices(&self) -> Result<Option<StoredChoices>, ImportError> {
        self.mapping
            .as_deref()
            .map(|json| from_json(self.id, "choice of columns", json))
            .transpose()
    }

    /// How many rows came to what.
    pub(super) fn counts(&self) -> Result<Option<Counts>, ImportError> {
        self.counts
            .as_deref()
            .map(|json| from_json(self.id, "counts", json))
            .transpose()
    }
}

fn from_json<T: serde::de::DeserializeOwned>(
    import: i64,
    what: &'static str,
    json: &str,
) -> Result<T, ImportError> {
    serde_json::from_str(json).map_err(|error| ImportError::DamagedImport {
        import,
        what,
        // Where it fails, and not what stands there.
        why: format!("line {}, column {}", error.line(), error.column()),
    })
}

/// Counts or choices as they are stored.
pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::Schema(format!("a value cannot be stored as JSON: {error}")))
}

/// A new import.
pub(super) struct NewImport<'a> {
    /// The number reserved for it, if one was.
    pub(super) number: Option<i64>,
    pub(super) year: &'a str,
    pub(super) school: Option<i32>,
    pub(super) state: State,
    pub(super) layout: Option<&'a str>,
    pub(super) counts: Option<&'a str>,
    pub(super) by: &'a Actor,
    pub(super) at: NaiveDateTime,
    pub(super) applied_at: Option<NaiveDateTime>,
    pub(super) expires_at: NaiveDateTime,
}

/// Inserts an import; returns its number.
pub(super) fn insert_import(tx: &mut Conn, new: &NewImport<'_>) -> Result<i64, Error> {
    let number = match new.number {
        Some(number) => number,
        None => dialect::reserve_import_number(tx)?,
    };
    diesel::insert_into(import::table)
        .values((
            import::id.eq(number),
            import::kind.eq("roster"),
            import::year_label.eq(new.year),
            import::school_urn.eq(new.school),
            import::state.eq(new.state),
            import::layout.eq(new.layout),
            import::counts.eq(new.counts),
            import::created_by.eq(&new.by.label),
            import::created_by_account.eq(new.by.id),
            import::created_at.eq(new.at),
            import::applied_at.eq(new.applied_at),
            import::expires_at.eq(new.expires_at),
        ))
        .execute(tx)?;
    Ok(number)
}

pub(super) fn set_upload(tx: &mut Conn, id: i64, sealed: &[u8]) -> Result<(), Error> {
    diesel::update(import::table.find(id))
        .set(import::sealed_upload.eq(sealed))
        .execute(tx)?;
    Ok(())
}

pub(super) fn upload(tx: &mut Conn, id: i64) -> Result<Option<Vec<u8>>, Error> {
    Ok(import::table
        .find(id)
        .select(import::sealed_upload)
        .first::<Option<Vec<u8>>>(tx)
        .optional()?
        .flatten())
}

pub(super) fn set_mapping(tx: &mut Conn, id: i64, mapping: &str) -> Result<(), Error> {
    diesel::update(import::table.find(id))
        .set(import::mapping.eq(mapping))
        .execute(tx)?;
    Ok(())
}

/// Makes a step with an import; false when it is in a state from which that
/// cannot be done.
pub(super) fn step(tx: &mut Conn, id: i64, step: Step) -> Result<bool, Error> {
    let changed = diesel::update(
        import::table
            .filter(import::id.eq(id))
            .filter(import::state.eq_any(step.from())),
    )
    .set(import::state.eq(step.to()))
    .execute(tx)?;
    Ok(changed == 1)
}

/// Notes that a staged import was applied; false when it was not staged.
pub(super) fn set_applied(
    tx: &mut Conn,
    id: i64,
    counts: &str,
    at: NaiveDateTime,
) -> Result<bool, Error> {
    if !step(tx, id, Step::Apply)? {
        return Ok(false);
    }
    diesel::update(import::table.find(id))
        .set((import::counts.eq(counts), import::applied_at.eq(at)))
        .execute(tx)?;
    Ok(true)
}

/// The imports of rosters, the newest first: those of the schools in scope, or
/// all; with `by`, those that one account uploaded; with `state`, those in that
/// state. A page of them and how many there are.
pub fn imports(
    tx: &mut Conn,
    scope: &Scope,
    by: Option<i64>,
    state: Option<State>,
    asked: Asked,
) -> Result<(Vec<ImportRecord>, i64), Error> {
    let filtered = || {
        let mut query = import::table.filter(import::kind.eq("roster")).into_boxed();
        if let Some(urns) = scope.urns() {
            query = query.filter(import::school_urn.eq_any(urns));
        }
        if let Some(by) = by {
            query = query.filter(import::created_by_account.eq(by));
        }
        if let Some(state) = state {
            query = query.filter(import::state.eq(state));
        }
        query
    };
    let rows = filtered()
        .order(import::id.desc())
        .offset(asked.offset())
        .limit(asked.size())
        .select(ImportRecord::as_select())
        .load(tx)?;
    Ok((rows, filtered().count().get_result(tx)?))
}

/// One import of a roster, when it is in scope.
pub fn import_in_scope(
    tx: &mut Conn,
    scope: &Scope,
    id: i64,
) -> Result<Option<ImportRecord>, Error> {
    let record = import::table
        .find(id)
        .filter(import::kind.eq("roster"))
        .select(ImportRecord::as_select())
        .first(tx)
        .optional()?;
    Ok(record.filter(|record| match record.school_urn {
        Some(urn) => scope.covers(urn),
        None => *scope == Scope::Everything,
    }))
}

/// Erases the uploaded bytes of an import.
pub(super) fn forget_upload(tx: &mut Conn, id: i64) -> Result<(), Error> {
    diesel::update(import::table.find(id))
        .set(import::sealed_upload.eq(None::<Vec<u8>>))
        .execute(tx)?;
    Ok(())
}

/// The imports whose time has come.
pub(super) fn imports_due(tx: &mut Conn, now: NaiveDateTime) -> Result<Vec<i64>, Error> {
    Ok(import::table
        .filter(import::expires_at.le(now))
        .filter(import::erased_at.is_null())
        .select(import::id)
        .load(tx)?)
}

/// Erases the bytes and waiting rows of imports whose time has come, and the
/// copies kept for undoing; returns how many imports that was.
pub(super) fn erase_expired(tx: &mut Conn, now: NaiveDateTime) -> Result<usize, Error> {
    let due = imports_due(tx, now)?;
    for chunk in due.chunks(VALUES_A_STATEMENT) {
        diesel::update(import_row::table.filter(import_row::import_id.eq_any(chunk)))
            .set(import_row::sealed.eq(None::<Vec<u8>>))
            .execute(tx)?;
        diesel::update(import_pupil::table.filter(import_pupil::import_id.eq_any(chunk)))
            .set(import_pupil::sealed_before.eq(None::<Vec<u8>>))
            .execute(tx)?;
        diesel::update(import::table.filter(import::id.eq_any(chunk)))
            .set(import::sealed_upload.eq(None::<Vec<u8>>))
            .execute(tx)?;
        note_erased(tx, chunk, now)?;
    }
    Ok(due.len())
}

/// Notes that what was sealed of some imports is erased. Those that still
/// waited to be confirmed have expired; what became of the others stays.
pub fn note_erased(tx: &mut Conn, imports: &[i64], now: NaiveDateTime) -> Result<(), Error> {
    diesel::update(
        import::table
            .filter(import::id.eq_any(imports))
            .filter(import::state.eq_any(Step::Expire.from())),
    )
    .set(import::state.eq(Step::Expire.to()))
    .execute(tx)?;
    diesel::update(
        import::table
            .filter(import::id.eq_any(imports))
            .filter(import::erased_at.is_null()),
    )
    .set(import::erased_at.eq(now))
    .execute(tx)?;
    Ok(())
}

/// How many uploaded rosters wait to be confirmed, of the schools in scope.
pub fn staged_imports(tx: &mut Conn, scope: &Scope) -> Result<i64, Error> {
    let (_, staged) = imports(tx, scope, None, Some(State::Staged), Asked::new(None, 1))?;
    Ok(staged)
}
