//! What an import asks of the database and leaves there.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::geography::Place;
use super::import::ImportError;
use super::state::{State, Step};
use super::stored_choices::StoredChoices;
use crate::access::Scope;
use crate::audit::Actor;
use crate::db::schema::{
    academic_year, column_mapping, deprivation, identity, import, import_pupil, import_row, letter,
    measurement, not_measured, postcode, pupil, school,
};
use crate::db::{Conn, Error, dialect};
use programme::{DfeNumber, Postcode, Urn};
use roster_reader::plan::Counts;
use roster_reader::schools::{School, Schools};

/// SQLite takes 32,766 values in a statement.
const VALUES_A_STATEMENT: usize = 10_000;

/// The statistical record of a child, as far as an import may change it.
#[derive(Debug, Clone, Hash, Queryable, Selectable)]
#[diesel(table_name = pupil)]
pub(super) struct PupilRow {
    pub(super) id: i64,
    pub(super) school_urn: i32,
    pub(super) year_group: String,
    pub(super) sex: String,
    pub(super) on_roll: bool,
    pub(super) name_removed_on: Option<NaiveDate>,
}

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
    /// The word of a [`State`].
    pub state: String,
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
        self.state == state.code()
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

/// A row that waits.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = import_row)]
pub(super) struct WaitingRecord {
    pub(super) id: i64,
    pub(super) import_id: i64,
    pub(super) row_number: i32,
    pub(super) outcome: String,
    pub(super) decision: Option<String>,
    pub(super) pupil_id: Option<i64>,
    pub(super) sealed: Option<Vec<u8>>,
}

/// Every school on the list.
pub fn schools(tx: &mut Conn) -> Result<Schools, Error> {
    let rows: Vec<(i32, String, String, String, i32)> = school::table
        .select((
            school::urn,
            school::la_code,
            school::establishment_number,
            school::name,
            school::status,
        ))
        .load(tx)?;
    let schools = rows
        .into_iter()
        .map(|(urn, authority, number, name, status)| {
            Ok(School {
                urn: Urn::try_from(urn).map_err(|_| {
                    Error::Schema(format!(
                        "the register holds a school under the URN {urn}, which is none"
                    ))
                })?,
                // Some kinds of school have none, and some registers hold other codes in its place.
                dfe_number: DfeNumber::from_parts(&authority, &number).ok(),
                name,
                open: status != 2,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Schools::new(schools))
}

/// The labels of the years that names may come into, the newest first.
pub fn open_years(tx: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(academic_year::table
        .filter(academic_year::retention_days.is_not_null())
        .filter(academic_year::key_state.eq("active"))
        .order(academic_year::starts_on.desc())
        .select(academic_year::label)
        .load(tx)?)
}

/// The children of a year.
pub(super) fn pupils_of_year(tx: &mut Conn, year: &str) -> Result<Vec<PupilRow>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .order(pupil::id)
        .select(PupilRow::as_select())
        .load(tx)?)
}

/// What was chosen for a layout before.
pub fn remembered_choices(tx: &mut Conn, layout: &str) -> Result<Option<StoredChoices>, Error> {
    let saved: Option<String> = column_mapping::table
        .find(layout)
        .select(column_mapping::mapping)
        .first(tx)
        .optional()?;
    saved
        .map(|json| {
            serde_json::from_str(&json).map_err(|error| {
                Error::Schema(format!(
                    "the columns remembered for layout {layout} cannot be understood (line {}, column {})",
                    error.line(),
                    error.column()
                ))
            })
        })
        .transpose()
}

/// Remembers what was chosen for a layout.
pub(super) fn remember_choices(
    tx: &mut Conn,
    layout: &str,
    choices: &StoredChoices,
    by: &str,
    at: NaiveDateTime,
) -> Result<(), Error> {
    dialect::put_column_mapping(tx, layout, &to_json(choices)?, by, at)
}

/// Whether postcodes were imported.
pub(super) fn any_postcodes(tx: &mut Conn) -> Result<bool, Error> {
    Ok(postcode::table
        .select(postcode::code)
        .first::<String>(tx)
        .optional()?
        .is_some())
}

/// Where postcodes lie. `None` when no postcodes have been imported at all.
pub(super) fn places(
    tx: &mut Conn,
    codes: &[&Postcode],
) -> Result<Option<HashMap<String, Place>>, Error> {
    if !any_postcodes(tx)? {
        return Ok(None);
    }
    let newest: Option<i32> = deprivation::table
        .select(diesel::dsl::max(deprivation::vintage))
        .first(tx)?;
    let mut places = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(VALUES_A_STATEMENT) {
        let codes: Vec<&str> = chunk.iter().map(|code| code.as_str()).collect();
        let rows: Vec<(String, Option<String>, Option<String>)> = postcode::table
            .filter(postcode::code.eq_any(codes))
            .select((postcode::code, postcode::lsoa11, postcode::lsoa21))
            .load(tx)?;
        for (code, lsoa11, lsoa21) in rows {
            places.insert(code, Place::new(lsoa11, lsoa21, newest));
        }
    }
    let areas: Vec<String> = places
        .values()
        .filter_map(|place| place.lsoa.clone())
        .collect();
    if let Some(vintage) = newest {
        let mut deciles: HashMap<String, i32> = HashMap::new();
        for chunk in areas.chunks(VALUES_A_STATEMENT) {
            deciles.extend(
                deprivation::table
                    .filter(deprivation::vintage.eq(vintage))
                    .filter(deprivation::lsoa.eq_any(chunk))
                    .select((deprivation::lsoa, deprivation::decile))
                    .load::<(String, i32)>(tx)?,
            );
        }
        for place in places.values_mut() {
            place.set_decile(
                vintage,
                place
                    .lsoa
                    .as_ref()
                    .and_then(|lsoa| deciles.get(lsoa))
                    .copied(),
            );
        }
    }
    Ok(Some(places))
}

/// The children of a year who have no deprivation quintile and may still have a
/// name.
pub(super) fn pupils_without_quintile(tx: &mut Conn, year: &str) -> Result<Vec<i64>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .filter(pupil::deprivation_quintile.is_null())
        .filter(pupil::name_removed_on.is_null())
        .order(pupil::id)
        .select(pupil::id)
        .load(tx)?)
}

/// Notes the deprivation quintile of a child's home.
pub(super) fn set_quintile(
    tx: &mut Conn,
    id: i64,
    place: &Place,
    at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(pupil::table.find(id))
        .set((
            pupil::deprivation_quintile.eq(place.quintile()),
            pupil::deprivation_vintage.eq(place.decile_vintage),
            pupil::updated_at.eq(at),
        ))
        .execute(tx)?;
    Ok(())
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
            import::state.eq(new.state.code()),
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
    .set(import::state.eq(step.to().code()))
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
    offset: i64,
    limit: i64,
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
            query = query.filter(import::state.eq(state.code()));
        }
        query
    };
    let rows = filtered()
        .order(import::id.desc())
        .offset(offset)
        .limit(limit)
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

/// Writes what a newer list changed in a child's statistical record.
pub(super) fn update_pupil(tx: &mut Conn, new: &dialect::NewPupil<'_>) -> Result<(), Error> {
    diesel::update(pupil::table.find(new.id))
        .set((
            pupil::school_urn.eq(new.school_urn),
            pupil::year_group.eq(new.year_group),
            pupil::sex.eq(new.sex),
            pupil::ethnic_group.eq(new.ethnic_group),
            pupil::deprivation_quintile.eq(new.deprivation_quintile),
            pupil::deprivation_vintage.eq(new.deprivation_vintage),
            pupil::on_roll.eq(true),
            pupil::updated_at.eq(new.updated_at.at()),
        ))
        .execute(tx)?;
    Ok(())
}

/// Puts a child on roll, or takes it off.
pub(super) fn set_on_roll(
    tx: &mut Conn,
    id: i64,
    on_roll: bool,
    at: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(pupil::table.find(id))
        .set((pupil::on_roll.eq(on_roll), pupil::updated_at.eq(at)))
        .execute(tx)?;
    Ok(())
}

/// The rows of an import that wait, or waited, in the order of the file.
pub(super) fn waiting_rows(
    tx: &mut Conn,
    import: i64,
    outcome: Option<&str>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<WaitingRecord>, i64), Error> {
    let filtered = || {
        let mut query = import_row::table
            .filter(import_row::import_id.eq(import))
            .into_boxed();
        if let Some(outcome) = outcome {
            query = query.filter(import_row::outcome.eq(outcome.to_owned()));
        }
        query
    };
    let rows = filtered()
        .order((import_row::decision.is_not_null(), import_row::row_number))
        .offset(offset)
        .limit(limit)
        .select(WaitingRecord::as_select())
        .load(tx)?;
    Ok((rows, filtered().count().get_result(tx)?))
}

/// One waiting row of an import.
pub(super) fn waiting_row(
    tx: &mut Conn,
    import: i64,
    row: i32,
) -> Result<Option<WaitingRecord>, Error> {
    Ok(import_row::table
        .filter(import_row::import_id.eq(import))
        .filter(import_row::row_number.eq(row))
        .select(WaitingRecord::as_select())
        .first(tx)
        .optional()?)
}

/// A row that still waits: its number in the table, its import, its row of the
/// file, its sealed text.
pub(super) type StillWaiting = (i64, i64, i32, Vec<u8>);

/// Every row of a year that still waits.
pub(super) fn rows_waiting_in_year(tx: &mut Conn, year: &str) -> Result<Vec<StillWaiting>, Error> {
    let rows: Vec<(i64, i64, i32, Option<Vec<u8>>)> = import_row::table
        .inner_join(import::table)
        .filter(import::year_label.eq(year))
        .filter(import::state.eq(State::Applied.code()))
        .filter(import::erased_at.is_null())
        .filter(import_row::decision.is_null())
        .filter(import_row::sealed.is_not_null())
        .select((
            import_row::id,
            import_row::import_id,
            import_row::row_number,
            import_row::sealed,
        ))
        .load(tx)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, import, row, sealed)| Some((id, import, row, sealed?)))
        .collect())
}

/// The children of a year for whom it is still to be decided whether they left.
pub(super) fn leavers_already_proposed(tx: &mut Conn, year: &str) -> Result<HashSet<i64>, Error> {
    Ok(import_row::table
        .inner_join(import::table)
        .filter(import::year_label.eq(year))
        .filter(import::state.eq(State::Applied.code()))
        .filter(import::erased_at.is_null())
        .filter(import_row::outcome.eq("leaver"))
        .filter(import_row::decision.is_null())
        .select(import_row::pupil_id)
        .load::<Option<i64>>(tx)?
        .into_iter()
        .flatten()
        .collect())
}

/// How many rows of each outcome still wait in an import.
pub(super) fn waiting_counts(tx: &mut Conn, import: i64) -> Result<HashMap<String, i64>, Error> {
    Ok(import_row::table
        .filter(import_row::import_id.eq(import))
        .filter(import_row::decision.is_null())
        .group_by(import_row::outcome)
        .select((import_row::outcome, diesel::dsl::count_star()))
        .load::<(String, i64)>(tx)?
        .into_iter()
        .collect())
}

/// Notes what was decided about a row; its text is no longer needed. False when
/// somebody decided before.
pub(super) fn decide_row(
    tx: &mut Conn,
    id: i64,
    decision: &str,
    child: Option<i64>,
) -> Result<bool, Error> {
    let changed = diesel::update(
        import_row::table
            .filter(import_row::id.eq(id))
            .filter(import_row::decision.is_null()),
    )
    .set((
        import_row::decision.eq(decision),
        import_row::sealed.eq(None::<Vec<u8>>),
        child.map(|child| import_row::pupil_id.eq(child)),
    ))
    .execute(tx)?;
    Ok(changed == 1)
}

/// What an import did to one child.
pub(super) fn action_of(tx: &mut Conn, import: i64, pupil: i64) -> Result<Option<String>, Error> {
    Ok(import_pupil::table
        .find((import, pupil))
        .select(import_pupil::action)
        .first(tx)
        .optional()?)
}

/// Notes that an import which had only seen a child changed it after all.
pub(super) fn note_changed(
    tx: &mut Conn,
    import: i64,
    pupil: i64,
    before: &[u8],
) -> Result<(), Error> {
    diesel::update(import_pupil::table.find((import, pupil)))
        .set((
            import_pupil::action.eq("changed"),
            import_pupil::sealed_before.eq(before),
        ))
        .execute(tx)?;
    Ok(())
}

/// The children somebody decided had left, on the proposal of an import.
pub(super) fn left_by_import(tx: &mut Conn, import: i64) -> Result<Vec<i64>, Error> {
    Ok(import_row::table
        .filter(import_row::import_id.eq(import))
        .filter(import_row::decision.eq("left"))
        .select(import_row::pupil_id)
        .load::<Option<i64>>(tx)?
        .into_iter()
        .flatten()
        .collect())
}

/// Erases the uploaded bytes of an import.
pub(super) fn forget_upload(tx: &mut Conn, id: i64) -> Result<(), Error> {
    diesel::update(import::table.find(id))
        .set(import::sealed_upload.eq(None::<Vec<u8>>))
        .execute(tx)?;
    Ok(())
}

/// A child, what an import did to it, and what it was before, sealed.
pub(super) type ImportedPupil = (i64, String, Option<Vec<u8>>);

/// What an import did to each child.
pub(super) fn import_pupils(tx: &mut Conn, import: i64) -> Result<Vec<ImportedPupil>, Error> {
    Ok(import_pupil::table
        .filter(import_pupil::import_id.eq(import))
        .select((
            import_pupil::pupil_id,
            import_pupil::action,
            import_pupil::sealed_before,
        ))
        .load(tx)?)
}

/// The children an import brought or changed on whom something was recorded
/// since, or whom a later import changed: what keeps it from being undone.
pub(super) fn reasons_against_undoing(tx: &mut Conn, import: i64) -> Result<(i64, i64), Error> {
    let touched = || {
        import_pupil::table
            .filter(import_pupil::import_id.eq(import))
            .filter(import_pupil::action.ne("seen"))
            .select(import_pupil::pupil_id)
    };
    let mut recorded: i64 = measurement::table
        .filter(measurement::pupil_id.eq_any(touched()))
        .count()
        .get_result(tx)?;
    recorded += not_measured::table
        .filter(not_measured::pupil_id.eq_any(touched()))
        .count()
        .get_result::<i64>(tx)?;
    recorded += letter::table
        .filter(letter::pupil_id.eq_any(touched()))
        .count()
        .get_result::<i64>(tx)?;
    let later = diesel::alias!(import_pupil as later);
    let later: i64 = later
        .filter(later.field(import_pupil::import_id).gt(import))
        .filter(later.field(import_pupil::action).ne("seen"))
        .filter(later.field(import_pupil::pupil_id).eq_any(touched()))
        .count()
        .get_result(tx)?;
    Ok((recorded, later))
}

/// Takes children away that an import had brought.
pub(super) fn delete_pupils(tx: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    for chunk in pupils.chunks(VALUES_A_STATEMENT) {
        diesel::update(import_row::table.filter(import_row::pupil_id.eq_any(chunk)))
            .set(import_row::pupil_id.eq(None::<i64>))
            .execute(tx)?;
        diesel::delete(identity::table.filter(identity::pupil_id.eq_any(chunk))).execute(tx)?;
        diesel::delete(pupil::table.filter(pupil::id.eq_any(chunk))).execute(tx)?;
    }
    Ok(())
}

/// Takes away what an import left waiting.
pub(super) fn delete_waiting_rows(tx: &mut Conn, import: i64) -> Result<(), Error> {
    diesel::delete(import_row::table.filter(import_row::import_id.eq(import))).execute(tx)?;
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
    .set(import::state.eq(Step::Expire.to().code()))
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
