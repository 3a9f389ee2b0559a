//! The rows that retention reads, erases and coarsens, and the rows of its evidence.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::policy::Rule;
use crate::db::schema::{
    academic_year, account, identity, import, import_pupil, import_row, letter, measurement,
    outbox, pupil, retention_run,
};
use crate::db::{Conn, Error, dialect};

/// A year that names may be held for, with its rule.
#[derive(Clone, Debug)]
pub(super) struct RuledYear {
    pub(super) label: String,
    pub(super) rule: Rule,
    pub(super) instrument: String,
    pub(super) key_state: String,
    pub(super) key_destroyed_at: Option<NaiveDateTime>,
}

/// A row of evidence.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = retention_run)]
pub(super) struct StoredRun {
    pub(super) id: i64,
    pub(super) as_of: NaiveDate,
    pub(super) state: String,
    pub(super) rule: String,
    pub(super) counts: String,
    pub(super) scan: Option<String>,
    pub(super) identities_erased: i32,
    pub(super) keys_destroyed: String,
    pub(super) started_by: String,
    pub(super) started_at: NaiveDateTime,
    pub(super) finished_at: Option<NaiveDateTime>,
}

/// Every year with a rule, the oldest first.
pub(super) fn ruled_years(tx: &mut Conn) -> Result<Vec<RuledYear>, Error> {
    type Row = (
        String,
        NaiveDate,
        Option<i32>,
        Option<String>,
        String,
        Option<NaiveDateTime>,
    );
    let rows: Vec<Row> = academic_year::table
        .filter(academic_year::retention_days.is_not_null())
        .order(academic_year::starts_on)
        .select((
            academic_year::label,
            academic_year::ends_on,
            academic_year::retention_days,
            academic_year::instrument,
            academic_year::key_state,
            academic_year::key_destroyed_at,
        ))
        .load(tx)?;
    Ok(rows
        .into_iter()
        .map(
            |(label, ends_on, days, instrument, key_state, key_destroyed_at)| RuledYear {
                label,
                rule: Rule {
                    ends_on,
                    retention_days: days.unwrap_or_default(),
                },
                instrument: instrument.unwrap_or_default(),
                key_state,
                key_destroyed_at,
            },
        )
        .collect())
}

/// The measurement that stands for a child, if it was measured.
macro_rules! with_standing_measurement {
    ($year:expr) => {
        identity::table
            .inner_join(pupil::table)
            .left_join(
                measurement::table.on(measurement::pupil_id
                    .eq(pupil::id)
                    .and(measurement::version.eq(pupil::outcome_version))
                    .and(pupil::outcome.eq("measured"))),
            )
            .filter(identity::year_label.eq($year))
    };
}

/// How many names a year holds, by the date of the measurement that stands; `None` for children never measured.
pub(super) fn names_by_date_measured(
    tx: &mut Conn,
    year: &str,
) -> Result<Vec<(Option<NaiveDate>, i64)>, Error> {
    Ok(with_standing_measurement!(year)
        .group_by(measurement::measured_on)
        .select((measurement::measured_on.nullable(), count_star()))
        .load(tx)?)
}

/// Children whose name is due: those measured on `until` or before, and, if `never_measured_too`, those never
/// measured. With the sealed bytes, for their marks.
pub(super) fn names_due(
    tx: &mut Conn,
    year: &str,
    until: NaiveDate,
    never_measured_too: bool,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let measured = with_standing_measurement!(year)
        .filter(measurement::measured_on.le(until))
        .order(identity::pupil_id)
        .limit(limit)
        .select((identity::pupil_id, identity::sealed))
        .load::<(i64, Vec<u8>)>(tx)?;
    if !measured.is_empty() || !never_measured_too {
        return Ok(measured);
    }
    Ok(with_standing_measurement!(year)
        .filter(measurement::id.is_null())
        .order(identity::pupil_id)
        .limit(limit)
        .select((identity::pupil_id, identity::sealed))
        .load(tx)?)
}

/// How many names a year holds.
pub(super) fn names_held(tx: &mut Conn, year: &str) -> Result<i64, Error> {
    Ok(identity::table
        .filter(identity::year_label.eq(year))
        .count()
        .get_result(tx)?)
}

/// Deletes the sealed identities of these children; returns how many there were.
pub(super) fn delete_identities(tx: &mut Conn, pupils: &[i64]) -> Result<usize, Error> {
    Ok(diesel::delete(identity::table.filter(identity::pupil_id.eq_any(pupils))).execute(tx)?)
}

/// Coarsens what the records of these children still hold that could identify, and notes the day.
pub(super) fn coarsen(
    tx: &mut Conn,
    pupils: &[i64],
    today: NaiveDate,
    now: NaiveDateTime,
) -> Result<dialect::Coarsened, Error> {
    diesel::update(
        pupil::table
            .filter(pupil::id.eq_any(pupils))
            .filter(pupil::name_removed_on.is_null()),
    )
    .set((
        pupil::name_removed_on.eq(today),
        pupil::class_name.eq(None::<String>),
        pupil::lsoa.eq(None::<String>),
        pupil::lsoa_vintage.eq(None::<i32>),
        pupil::sensitive.eq(false),
        pupil::growth_condition.eq(false),
        pupil::updated_at.eq(now),
    ))
    .execute(tx)?;
    dialect::coarsen_dates(tx, pupils)
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

/// Children whose name is gone and whose record was touched since: an exact date of a measurement, a reason or a
/// confirmation, or a letter that waits.
pub(super) fn touched_after_removal(tx: &mut Conn) -> Result<Vec<i64>, Error> {
    let mut pupils: Vec<i64> = measurement::table
        .inner_join(pupil::table)
        .filter(measurement::month_only.eq(false))
        .filter(pupil::name_removed_on.is_not_null())
        .select(pupil::id)
        .distinct()
        .load(tx)?;
    pupils.extend(
        letter::table
            .inner_join(pupil::table)
            .filter(pupil::name_removed_on.is_not_null())
            .filter(letter::state.ne_all(["sent", "in_doubt", "cancelled"]))
            .select(pupil::id)
            .distinct()
            .load::<i64>(tx)?,
    );
    pupils.extend(dialect::noted_exactly_after_removal(tx)?);
    pupils.sort_unstable();
    pupils.dedup();
    Ok(pupils)
}

/// Children of a year whose record was not coarsened, because they never had a name.
pub(super) fn not_coarsened(tx: &mut Conn, year: &str) -> Result<Vec<i64>, Error> {
    Ok(pupil::table
        .filter(pupil::year_label.eq(year))
        .filter(pupil::name_removed_on.is_null())
        .select(pupil::id)
        .load(tx)?)
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

/// How many rows of children without a name still hold something sealed: none, unless something went wrong.
pub(super) fn sealed_without_a_name(tx: &mut Conn) -> Result<i64, Error> {
    let names: i64 = identity::table
        .inner_join(pupil::table)
        .filter(pupil::name_removed_on.is_not_null())
        .count()
        .get_result(tx)?;
    let rows: i64 = import_row::table
        .inner_join(pupil::table)
        .filter(pupil::name_removed_on.is_not_null())
        .filter(import_row::sealed.is_not_null())
        .count()
        .get_result(tx)?;
    let befores: i64 = import_pupil::table
        .inner_join(pupil::table)
        .filter(pupil::name_removed_on.is_not_null())
        .filter(import_pupil::sealed_before.is_not_null())
        .count()
        .get_result(tx)?;
    let messages: i64 = outbox::table
        .inner_join(letter::table.inner_join(pupil::table))
        .filter(pupil::name_removed_on.is_not_null())
        .filter(outbox::sealed.is_not_null())
        .count()
        .get_result(tx)?;
    Ok(names + rows + befores + messages)
}

/// Notes that a year takes no more names.
pub(super) fn close_year(tx: &mut Conn, year: &str) -> Result<(), Error> {
    diesel::update(academic_year::table.find(year))
        .set(academic_year::key_state.eq("destroyed"))
        .execute(tx)?;
    Ok(())
}

/// Notes when a year's key was destroyed.
pub(super) fn note_key_destroyed(
    tx: &mut Conn,
    year: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(academic_year::table.find(year))
        .set(academic_year::key_destroyed_at.eq(now))
        .execute(tx)?;
    Ok(())
}

/// Names and addresses of the people who sign in.
pub(super) fn staff_names(tx: &mut Conn) -> Result<Vec<String>, Error> {
    let rows: Vec<(String, String)> = account::table
        .select((account::name, account::email))
        .load(tx)?;
    Ok(rows
        .into_iter()
        .flat_map(|(name, email)| [name, email])
        .collect())
}

/// The run that was begun and not finished.
pub(super) fn unfinished_run(tx: &mut Conn) -> Result<Option<StoredRun>, Error> {
    Ok(retention_run::table
        .filter(retention_run::state.eq("running"))
        .order(retention_run::id)
        .select(StoredRun::as_select())
        .first(tx)
        .optional()?)
}

/// Begins a run; returns its number.
pub(super) fn begin_run(
    tx: &mut Conn,
    as_of: NaiveDate,
    rule: &str,
    counts: &str,
    by: &str,
    now: NaiveDateTime,
) -> Result<i64, Error> {
    Ok(diesel::insert_into(retention_run::table)
        .values((
            retention_run::as_of.eq(as_of),
            retention_run::state.eq("running"),
            retention_run::rule.eq(rule),
            retention_run::counts.eq(counts),
            retention_run::started_by.eq(by),
            retention_run::started_at.eq(now),
        ))
        .returning(retention_run::id)
        .get_result(tx)?)
}

/// Writes a run's date, rules and counts.
pub(super) fn update_run(
    tx: &mut Conn,
    id: i64,
    as_of: NaiveDate,
    rule: &str,
    counts: &str,
    erased: i64,
    keys_destroyed: &str,
) -> Result<(), Error> {
    diesel::update(retention_run::table.find(id))
        .set((
            retention_run::as_of.eq(as_of),
            retention_run::rule.eq(rule),
            retention_run::counts.eq(counts),
            retention_run::identities_erased.eq(erased as i32),
            retention_run::keys_destroyed.eq(keys_destroyed),
        ))
        .execute(tx)?;
    Ok(())
}

/// Ends a run with the result of its scan.
pub(super) fn finish_run(
    tx: &mut Conn,
    id: i64,
    scan: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    diesel::update(retention_run::table.find(id))
        .set((
            retention_run::state.eq("succeeded"),
            retention_run::scan.eq(scan),
            retention_run::finished_at.eq(now),
        ))
        .execute(tx)?;
    Ok(())
}

/// One run.
pub(super) fn run(tx: &mut Conn, id: i64) -> Result<Option<StoredRun>, Error> {
    Ok(retention_run::table
        .find(id)
        .select(StoredRun::as_select())
        .first(tx)
        .optional()?)
}

/// The latest runs, the newest first.
pub(super) fn runs(tx: &mut Conn, limit: i64) -> Result<Vec<StoredRun>, Error> {
    Ok(retention_run::table
        .order(retention_run::id.desc())
        .limit(limit)
        .select(StoredRun::as_select())
        .load(tx)?)
}
