//! The rows of schools, one query for each question.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::sql_types::Integer;
use serde::Serialize;

use crate::access::Scope;
use crate::db::schema::school;
use crate::db::{Conn, Error};
use programme::Urn;

/// Code of the status of a school that has closed. Those of 1 (open), 3 (open but proposed to close)
/// and 4 (proposed to open) take children.
const CLOSED: i32 = 2;

/// What the register says of whether children go to a school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Status(i32);

impl Status {
    /// The status with this code of the register.
    pub fn new(code: i32) -> Self {
        Self(code)
    }

    /// Whether children go there.
    pub fn is_open(self) -> bool {
        self.0 != CLOSED
    }
}

impl From<i32> for Status {
    fn from(code: i32) -> Self {
        Self(code)
    }
}

impl From<Status> for i32 {
    fn from(status: Status) -> Self {
        status.0
    }
}

/// A URN as it stands in the table, which a person may have changed by hand.
#[derive(FromSqlRow)]
pub struct StoredUrn(i32);

/// A number in the place of a URN.
#[derive(Debug, thiserror::Error)]
#[error("the register holds a school under the URN {0}, which is none")]
pub struct NotAUrn(i32);

impl<DB: Backend> FromSql<Integer, DB> for StoredUrn
where
    i32: FromSql<Integer, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i32::from_sql(bytes).map(Self)
    }
}

impl TryFrom<StoredUrn> for Urn {
    type Error = NotAUrn;

    fn try_from(StoredUrn(number): StoredUrn) -> Result<Self, NotAUrn> {
        Self::try_from(number).map_err(|_| NotAUrn(number))
    }
}

/// A school as the register describes it.
#[derive(
    Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = school, treat_none_as_null = true)]
pub struct School {
    /// Unique reference number.
    #[diesel(deserialize_as = StoredUrn, serialize_as = i32)]
    pub urn: Urn,
    /// Code of its authority, three digits.
    pub la_code: String,
    /// Number within its authority, four digits.
    pub establishment_number: String,
    /// Name.
    pub name: String,
    /// Kind of school, in words.
    pub type_name: String,
    /// Code of the group of kinds.
    pub type_group: i32,
    /// Whether children go there.
    #[diesel(deserialize_as = i32, serialize_as = i32)]
    pub status: Status,
    /// Phase, in words.
    pub phase: String,
    /// Youngest age taken.
    pub low_age: Option<i32>,
    /// Oldest age taken.
    pub high_age: Option<i32>,
    /// Street.
    pub street: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// Whether its children are in the statistics.
    pub in_statistics: bool,
}

impl School {
    /// Whether children go there.
    pub fn is_open(&self) -> bool {
        self.status.is_open()
    }
}

/// Every school, closed ones too, by URN.
pub fn every(tx: &mut Conn) -> Result<Vec<School>, Error> {
    Ok(school::table
        .order(school::urn)
        .select(School::as_select())
        .load(tx)?)
}

/// The schools in scope, closed ones too, by name.
pub fn in_scope(tx: &mut Conn, scope: &Scope) -> Result<Vec<School>, Error> {
    let mut query = school::table.select(School::as_select()).into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(school::urn.eq_any(urns));
    }
    let mut schools = query.load(tx)?;
    schools.sort_by(|a, b| a.name.cmp(&b.name).then(a.urn.cmp(&b.urn)));
    Ok(schools)
}

/// One school; `None` when it is unknown or out of scope.
pub fn one(tx: &mut Conn, scope: &Scope, urn: Urn) -> Result<Option<School>, Error> {
    if !scope.covers_urn(urn) {
        return Ok(None);
    }
    Ok(school::table
        .find(i32::from(urn))
        .select(School::as_select())
        .first(tx)
        .optional()?)
}

/// Names of the open schools in scope, by URN.
pub fn names(tx: &mut Conn, scope: &Scope) -> Result<BTreeMap<i32, String>, Error> {
    let mut query = school::table
        .filter(school::status.ne(CLOSED))
        .select((school::urn, school::name))
        .into_boxed();
    if let Some(urns) = scope.urns() {
        query = query.filter(school::urn.eq_any(urns));
    }
    Ok(query.load::<(i32, String)>(tx)?.into_iter().collect())
}

/// Names of these schools, closed or open, by URN.
pub fn names_of(tx: &mut Conn, urns: &[i32]) -> Result<BTreeMap<i32, String>, Error> {
    Ok(school::table
        .filter(school::urn.eq_any(urns))
        .select((school::urn, school::name))
        .load::<(i32, String)>(tx)?
        .into_iter()
        .collect())
}

/// A school's name; `None` when the register does not know it.
pub fn name(tx: &mut Conn, urn: i32) -> Result<Option<String>, Error> {
    Ok(school::table
        .find(urn)
        .select(school::name)
        .first(tx)
        .optional()?)
}

/// Whether the register says that a school has closed.
pub fn has_closed(tx: &mut Conn, urn: i32) -> Result<bool, Error> {
    let status: Option<i32> = school::table
        .find(urn)
        .select(school::status)
        .first(tx)
        .optional()?;
    Ok(status.is_some_and(|code| !Status::new(code).is_open()))
}

/// Whether the register knows a school.
pub fn is_known(tx: &mut Conn, urn: i32) -> Result<bool, Error> {
    let known: i64 = school::table.find(urn).count().get_result(tx)?;
    Ok(known > 0)
}

/// Number, name and contact's address of every open school, by name.
pub fn contacts(tx: &mut Conn) -> Result<Vec<(i32, String, Option<String>)>, Error> {
    Ok(school::table
        .filter(school::status.ne(CLOSED))
        .order((school::name, school::urn))
        .select((school::urn, school::name, school::contact_email))
        .load(tx)?)
}

/// Sets or forgets a school's contact address; returns whether there is such a school.
pub fn set_contact(tx: &mut Conn, urn: i32, email: Option<&str>) -> Result<bool, Error> {
    let changed = diesel::update(school::table.find(urn))
        .set(school::contact_email.eq(email))
        .execute(tx)?;
    Ok(changed == 1)
}

/// What putting a description of a school came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The school was not known before.
    New,
    /// It was described differently.
    Changed,
    /// Nothing was changed.
    Same,
}

/// Adds a school, or describes a known one anew. `known`: how it is described now. The address of its
/// contact stays.
pub fn put(
    tx: &mut Conn,
    known: Option<&School>,
    school: School,
    now: NaiveDateTime,
) -> Result<Put, Error> {
    match known {
        None => {
            diesel::insert_into(school::table)
                .values((school, school::updated_at.eq(now)))
                .execute(tx)?;
            Ok(Put::New)
        }
        Some(known) if *known != school => {
            diesel::update(school::table.find(i32::from(school.urn)))
                .set((school, school::updated_at.eq(now)))
                .execute(tx)?;
            Ok(Put::Changed)
        }
        Some(_) => Ok(Put::Same),
    }
}
