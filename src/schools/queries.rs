//! A register that comes in, and the rows of authorities, postcodes and deprivation.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::gias::RegisteredSchool;
use crate::db::dialect::{self, NewDeprivation, NewPostcode};
use crate::db::schema::{deprivation, local_authority, postcode};
use crate::db::{Conn, Error};
use crate::records::school::{self, Put, School};
use programme::Urn;

/// What came of importing a register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Schools in the file.
    pub schools: usize,
    /// Of these, open.
    pub open: usize,
    /// Of these, in the statistics.
    pub in_statistics: usize,
    /// Not known before.
    pub new: usize,
    /// Known, and described differently.
    pub changed: usize,
}

fn described(school: &RegisteredSchool) -> School {
    let in_statistics = school.is_in_statistics();
    let school = school.clone();
    School {
        urn: school.urn,
        la_code: school.la_code,
        establishment_number: school.establishment_number,
        name: school.name,
        type_name: school.type_name,
        type_group: school.type_group,
        status: school.status,
        phase: school.phase,
        low_age: school.low_age,
        high_age: school.high_age,
        street: school.street,
        town: school.town,
        postcode: school.postcode,
        telephone: school.telephone,
        in_statistics,
    }
}

/// Takes a register in: new schools are added, known ones described as the
/// register does. Schools that are not in it stay.
pub fn import_register(
    tx: &mut Conn,
    schools: &[RegisteredSchool],
    now: NaiveDateTime,
) -> Result<Taken, Error> {
    put_authorities(tx, schools)?;
    let known: HashMap<Urn, School> = school::every(tx)?
        .into_iter()
        .map(|school| (school.urn, school))
        .collect();
    let mut taken = Taken::default();
    let mut seen = HashSet::new();
    for registered in schools {
        if !seen.insert(registered.urn) {
            continue;
        }
        taken.schools += 1;
        taken.open += usize::from(registered.status.is_open());
        taken.in_statistics += usize::from(registered.is_in_statistics());
        let known = known.get(&registered.urn);
        match school::put(tx, known, described(registered), now)? {
            Put::New => taken.new += 1,
            Put::Changed => taken.changed += 1,
            Put::Same => {}
        }
    }
    Ok(taken)
}

fn put_authorities(tx: &mut Conn, schools: &[RegisteredSchool]) -> Result<(), Error> {
    let known: HashMap<String, String> = local_authority::table
        .select((local_authority::code, local_authority::name))
        .load::<(String, String)>(tx)?
        .into_iter()
        .collect();
    let named: HashMap<&str, &str> = schools
        .iter()
        .map(|school| (school.la_code.as_str(), school.la_name.as_str()))
        .collect();
    for (code, name) in named {
        match known.get(code) {
            None => {
                diesel::insert_into(local_authority::table)
                    .values((
                        local_authority::code.eq(code),
                        local_authority::name.eq(name),
                    ))
                    .execute(tx)?;
            }
            Some(held) if held != name && !name.is_empty() => {
                diesel::update(local_authority::table.find(code))
                    .set(local_authority::name.eq(name))
                    .execute(tx)?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Forgets every postcode, before a new list of them comes in.
pub(super) fn forget_postcodes(tx: &mut Conn) -> Result<(), Error> {
    diesel::delete(postcode::table).execute(tx)?;
    Ok(())
}

pub(super) fn insert_postcodes(tx: &mut Conn, rows: Vec<NewPostcode>) -> Result<(), Error> {
    dialect::insert_postcodes(tx, rows)
}

/// Replaces the deciles of one year's index.
pub(super) fn put_deprivation(
    tx: &mut Conn,
    vintage: i32,
    rows: Vec<NewDeprivation>,
) -> Result<(), Error> {
    diesel::delete(deprivation::table.filter(deprivation::vintage.eq(vintage))).execute(tx)?;
    dialect::insert_deprivation(tx, rows)
}
