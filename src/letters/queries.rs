//! The rows of letters, and what eligibility asks of a child's record.

use std::collections::HashMap;

use chrono::{Duration, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use growth::{ClinicalCategory, Height, Scheme, Weight};
use programme::{ReasonNotMeasured, Sex};

use super::earlier_queries::earlier_letters;
use super::eligibility::{Child, Measured, Outcome};
use super::reason;
use super::state::{Kind, Letter, State};
use crate::access::Scope;
use crate::db::schema::{
    academic_year, letter, measurement, not_measured, outbox, pupil, school, warning,
};
use crate::db::{Conn, Error};

/// `SQLite` takes 32,766 values in a statement.
pub(super) const NUMBERS_A_STATEMENT: usize = 10_000;

/// How long after a year's end its letters still go.
const GRACE_DAYS: i64 = 60;

/// A letter as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = letter)]
pub(super) struct Stored {
    id: i64,
    pupil_id: i64,
    kind: Kind,
    version: i32,
    state: State,
    reasons: String,
    decided_by: Option<String>,
    decided_at: Option<NaiveDateTime>,
    sent_at: Option<NaiveDateTime>,
    send_after: Option<NaiveDateTime>,
    may_have_arrived: bool,
}

impl Stored {
    pub(super) fn into_letter(self) -> Result<Letter, Error> {
        let reasons = reason::from_column(&self.reasons).ok_or_else(|| {
            Error::Schema(format!(
                "letter {} has a reason that this program does not know",
                self.id
            ))
        })?;
        Ok(Letter {
            id: self.id,
            pupil: self.pupil_id,
            kind: self.kind,
            version: self.version,
            state: self.state,
            reasons,
            decided_by: self.decided_by,
            decided_at: self.decided_at,
            sent_at: self.sent_at,
            send_after: self.send_after,
            may_have_arrived: self.may_have_arrived,
        })
    }
}

/// The academic years whose letters may go today: the one in progress, and one that ended a short while ago.
pub(super) fn years_with_letters(tx: &mut Conn, today: NaiveDate) -> Result<Vec<String>, Error> {
    Ok(academic_year::table
        .filter(academic_year::starts_on.le(today))
        .filter(academic_year::ends_on.ge(today - Duration::days(GRACE_DAYS)))
        .filter(academic_year::key_state.eq("active"))
        .order(academic_year::label)
        .select(academic_year::label)
        .load(tx)?)
}

/// Children at schools in scope with an outcome that no letter has been made of.
pub(super) fn pupils_without_a_letter(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
) -> Result<Vec<i64>, Error> {
    let has_one = letter::table
        .filter(letter::pupil_id.eq(pupil::id))
        .filter(letter::version.eq(pupil::outcome_version));
    let mut query = pupil::table
        .filter(pupil::year_label.eq(year))
        .filter(pupil::outcome.ne("none"))
        .filter(pupil::name_removed_on.is_null())
        .filter(diesel::dsl::not(diesel::dsl::exists(has_one)))
        .order(pupil::id)
        .select(pupil::id)
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.load(tx)?)
}

/// Letters at schools in scope that have not gone and may have to change: each with whether it still tells the child's
/// latest outcome.
pub(super) fn letters_to_look_at_again(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
) -> Result<Vec<(Letter, bool)>, Error> {
    let mut query = letter::table
        .inner_join(pupil::table)
        .filter(pupil::year_label.eq(year))
        .filter(letter::state.eq_any([
            State::Held,
            State::NoContact,
            State::Ready,
            State::Queued,
            State::Failed,
            State::NotNeeded,
        ]))
        .order(letter::id)
        .select((Stored::as_select(), pupil::outcome_version))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    let rows: Vec<(Stored, i32)> = query.load(tx)?;
    rows.into_iter()
        .map(|(stored, current)| {
            let is_current = stored.version == current;
            Ok((stored.into_letter()?, is_current))
        })
        .collect()
}

/// Makes a letter; returns its number.
pub(super) fn insert(
    tx: &mut Conn,
    pupil: i64,
    kind: Kind,
    version: i32,
    now: NaiveDateTime,
) -> Result<i64, Error> {
    Ok(diesel::insert_into(letter::table)
        .values((
            letter::pupil_id.eq(pupil),
            letter::kind.eq(kind),
            letter::version.eq(version),
            letter::state.eq(State::Held),
            letter::created_at.eq(now),
            letter::updated_at.eq(now),
        ))
        .returning(letter::id)
        .get_result(tx)?)
}

/// Writes down a letter that was in the state `from`. False when it has moved on.
pub(super) fn store(
    tx: &mut Conn,
    from: State,
    to: &Letter,
    now: NaiveDateTime,
) -> Result<bool, Error> {
    let changed = diesel::update(letter::table)
        .filter(letter::id.eq(to.id))
        .filter(letter::state.eq(from))
        .set((
            letter::state.eq(to.state),
            letter::reasons.eq(reason::to_column(&to.reasons)),
            letter::decided_by.eq(to.decided_by.as_deref()),
            letter::decided_at.eq(to.decided_at),
            letter::sent_at.eq(to.sent_at),
            letter::send_after.eq(to.send_after),
            letter::may_have_arrived.eq(to.may_have_arrived),
            letter::updated_at.eq(now),
        ))
        .execute(tx)?;
    Ok(changed == 1)
}

/// A letter, wherever its child is.
pub(super) fn find(tx: &mut Conn, id: i64) -> Result<Option<Letter>, Error> {
    letter::table
        .find(id)
        .select(Stored::as_select())
        .first(tx)
        .optional()?
        .map(Stored::into_letter)
        .transpose()
}

/// The letters about a child.
pub(super) fn of_pupil(tx: &mut Conn, pupil: i64) -> Result<Vec<Letter>, Error> {
    let rows: Vec<Stored> = letter::table
        .filter(letter::pupil_id.eq(pupil))
        .order(letter::id)
        .select(Stored::as_select())
        .load(tx)?;
    rows.into_iter().map(Stored::into_letter).collect()
}

/// A letter whose child is at a school in scope.
pub(super) fn find_in_scope(
    tx: &mut Conn,
    id: i64,
    scope: &Scope,
) -> Result<Option<Letter>, Error> {
    let urn: Option<i32> = letter::table
        .inner_join(pupil::table)
        .filter(letter::id.eq(id))
        .select(pupil::school_urn)
        .first(tx)
        .optional()?;
    match urn {
        Some(urn) if scope.covers(urn) => find(tx, id),
        _ => Ok(None),
    }
}

/// How many letters stand in each state, at the schools in scope.
pub(super) fn counts(tx: &mut Conn, scope: &Scope) -> Result<HashMap<State, i64>, Error> {
    let mut query = letter::table
        .inner_join(pupil::table)
        .group_by(letter::state)
        .select((letter::state, diesel::dsl::count_star()))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.load::<(State, i64)>(tx)?.into_iter().collect())
}

/// How many measured children of a year have a result letter in one of these states, by school, at schools in scope.
pub fn children_with_result(
    tx: &mut Conn,
    scope: &Scope,
    year: &str,
    states: &[State],
) -> Result<Vec<(i32, i64)>, Error> {
    let mut query = pupil::table
        .group_by(pupil::school_urn)
        .select((pupil::school_urn, diesel::dsl::count_star()))
        .filter(pupil::year_label.eq(year.to_owned()))
        .filter(pupil::outcome.eq("measured"))
        .filter(diesel::dsl::exists(
            letter::table
                .filter(letter::pupil_id.eq(pupil::id))
                .filter(letter::kind.eq(Kind::Result))
                .filter(letter::state.eq_any(states.to_vec())),
        ))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.load(tx)?)
}

/// One line of the list of letters.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// The letter.
    pub letter: Letter,
    /// The school's name.
    pub school: String,
    /// Why the last try did not succeed.
    pub last_error: Option<String>,
}

/// A page of the letters in one state, at the schools in scope: their numbers, the oldest first.
pub(super) fn numbers_in_state(
    tx: &mut Conn,
    scope: &Scope,
    state: State,
    offset: i64,
    limit: i64,
) -> Result<Vec<i64>, Error> {
    let mut query = letter::table
        .inner_join(pupil::table)
        .filter(letter::state.eq(state))
        .order(letter::id)
        .offset(offset)
        .limit(limit)
        .select(letter::id)
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(pupil::school_urn.eq_any(urns));
    }
    Ok(query.load(tx)?)
}

/// Lines of the list for these letters, in the order of the numbers.
pub(super) fn list(tx: &mut Conn, numbers: &[i64]) -> Result<Vec<Listed>, Error> {
    let rows: Vec<(Stored, String, Option<String>)> = letter::table
        .inner_join(pupil::table.inner_join(school::table))
        .left_join(outbox::table)
        .filter(letter::id.eq_any(numbers))
        .select((
            Stored::as_select(),
            school::name,
            outbox::last_error.nullable(),
        ))
        .load(tx)?;
    let mut lines = rows
        .into_iter()
        .map(|(stored, school, last_error)| {
            Ok(Listed {
                letter: stored.into_letter()?,
                school,
                last_error,
            })
        })
        .collect::<Result<Vec<Listed>, Error>>()?;
    lines.sort_by_key(|line| numbers.iter().position(|id| *id == line.letter.id));
    Ok(lines)
}

/// A pupil's row as eligibility needs it.
type PupilRow = (i64, String, i32, String, String, bool, i32, String);

/// A measurement's row as eligibility needs it.
type MeasurementRow = (i64, NaiveDate, i32, i32, String, Option<String>);

/// What eligibility asks of these children's records.
pub(super) fn children(tx: &mut Conn, pupils: &[i64]) -> Result<HashMap<i64, Child>, Error> {
    let mut found = HashMap::with_capacity(pupils.len());
    for chunk in pupils.chunks(NUMBERS_A_STATEMENT) {
        let rows: Vec<PupilRow> = pupil::table
            .inner_join(school::table)
            .filter(pupil::id.eq_any(chunk))
            .select((
                pupil::id,
                pupil::year_label,
                pupil::school_urn,
                school::name,
                pupil::sex,
                pupil::opted_out,
                pupil::outcome_version,
                pupil::outcome,
            ))
            .load(tx)?;
        let measured = measurements(tx, chunk)?;
        let reasons = reasons_not_measured(tx, chunk)?;
        let warnings = unconfirmed_warnings(tx, chunk)?;
        let mut earlier = earlier_letters(tx, chunk)?;
        for row in rows {
            let (id, year, school_urn, school, sex, opted_out, version, outcome) = row;
            let sex = Sex::parse(&sex).map_err(|_| {
                Error::Schema(format!("pupil {id} has a sex that is neither F nor M"))
            })?;
            let outcome = match outcome.as_str() {
                "measured" => measured.get(&id).cloned().map(Outcome::Measured),
                "not_measured" => reasons.get(&id).map(|(reason, on)| Outcome::NotMeasured {
                    reason: *reason,
                    on: *on,
                }),
                _ => None,
            };
            found.insert(
                id,
                Child {
                    pupil: id,
                    year,
                    school_urn,
                    school,
                    sex,
                    opted_out,
                    version,
                    outcome: outcome.unwrap_or(Outcome::None),
                    unconfirmed_warnings: warnings.get(&id).copied().unwrap_or(0) as usize,
                    earlier_letter: earlier.remove(&id),
                },
            );
        }
    }
    Ok(found)
}

fn measurements(tx: &mut Conn, pupils: &[i64]) -> Result<HashMap<i64, Measured>, Error> {
    let rows: Vec<MeasurementRow> = measurement::table
        .inner_join(pupil::table)
        .filter(measurement::pupil_id.eq_any(pupils))
        .filter(measurement::version.eq(pupil::outcome_version))
        .select((
            measurement::pupil_id,
            measurement::measured_on,
            measurement::height_mm,
            measurement::weight_g,
            measurement::scheme,
            measurement::clinical_category,
        ))
        .load(tx)?;
    rows.into_iter()
        .map(|(pupil, on, height, weight, scheme, category)| {
            let unknown = |_| {
                Error::Schema(format!(
                    "the measurement of pupil {pupil} has an unknown code"
                ))
            };
            Ok((
                pupil,
                Measured {
                    on,
                    height: Height::from_millimetres(height.unsigned_abs()),
                    weight: Weight::from_grams(weight.unsigned_abs()),
                    scheme: Scheme::from_code(&scheme).map_err(unknown)?,
                    category: category
                        .map(|code| ClinicalCategory::from_code(&code))
                        .transpose()
                        .map_err(unknown)?,
                },
            ))
        })
        .collect()
}

fn reasons_not_measured(
    tx: &mut Conn,
    pupils: &[i64],
) -> Result<HashMap<i64, (ReasonNotMeasured, NaiveDate)>, Error> {
    let rows: Vec<(i64, String, NaiveDate)> = not_measured::table
        .inner_join(pupil::table)
        .filter(not_measured::pupil_id.eq_any(pupils))
        .filter(not_measured::version.eq(pupil::outcome_version))
        .select((
            not_measured::pupil_id,
            not_measured::reason,
            not_measured::noted_on,
        ))
        .load(tx)?;
    rows.into_iter()
        .map(|(pupil, code, on)| {
            let reason = ReasonNotMeasured::from_code(&code).ok_or_else(|| {
                Error::Schema(format!("pupil {pupil} has an unknown reason not measured"))
            })?;
            Ok((pupil, (reason, on)))
        })
        .collect()
}

fn unconfirmed_warnings(tx: &mut Conn, pupils: &[i64]) -> Result<HashMap<i64, i64>, Error> {
    let rows: Vec<(i64, i64)> = warning::table
        .inner_join(pupil::table)
        .filter(warning::pupil_id.eq_any(pupils))
        .filter(warning::version.eq(pupil::outcome_version))
        .filter(warning::confirmed_at.is_null())
        .group_by(warning::pupil_id)
        .select((warning::pupil_id, diesel::dsl::count_star()))
        .load(tx)?;
    Ok(rows.into_iter().collect())
}

/// A letter that has reached the parents, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// When it was sent, UTC; `None` where nobody knows whether it arrived.
    pub sent_at: Option<NaiveDateTime>,
}

/// The newest letter about one of these versions of a child's outcome that has gone, or may have.
pub fn gone_about(tx: &mut Conn, pupil: i64, versions: &[i32]) -> Result<Option<Gone>, Error> {
    let newest: Option<Option<NaiveDateTime>> = letter::table
        .filter(letter::pupil_id.eq(pupil))
        .filter(letter::version.eq_any(versions.to_vec()))
        .filter(letter::state.eq_any([State::Sent, State::InDoubt]))
        .order(letter::id.desc())
        .select(letter::sent_at)
        .first(tx)
        .optional()?;
    Ok(newest.map(|sent_at| Gone { sent_at }))
}
