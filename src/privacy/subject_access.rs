//! Everything held about one child, for the parent who asks.
//!
//! A child is a row in each year it was in the programme, and only its identity says which rows belong together. So
//! the search opens the names of every year that still has them, for the machine to compare, and then the few that
//! fit, for the person who answers: both stand in the access log.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::queries::{
    self, AccessRow, DisclosureRow, ImportRow, LetterRow, MeasurementRow, NotMeasuredRow, PupilRow,
    WarningRow,
};
use super::third_parties::{Detail, LEFT_OUT, Ticked, details};
use crate::audit::{self, Actor, Disclosure};
use crate::db::Conn;
use crate::identity::{Identities, IdentityError, People, Purpose, Whose};
use programme::{EthnicGroup, Ethnicity, NhsNumber, Person, Upn, text::folded};

/// What is known of the child who is asked about.
#[derive(Clone)]
pub struct SearchFor {
    /// Any part of the names, in any order; empty when only the number is known.
    pub name: String,
    /// Date of birth.
    pub date_of_birth: Option<NaiveDate>,
    /// NHS number.
    pub nhs_number: Option<NhsNumber>,
}

impl SearchFor {
    /// Whether a person is the child: the NHS number is the same, or the date of birth is and every typed part of the
    /// name begins one of the names.
    fn fits(&self, person: &Person) -> bool {
        if self.nhs_number.is_some() && person.nhs_number == self.nhs_number {
            return true;
        }
        if self.date_of_birth != Some(person.date_of_birth) {
            return false;
        }
        let names: Vec<String> = [
            &person.given_name,
            &person.family_name,
            &person.preferred_name,
        ]
        .into_iter()
        .flat_map(|name| parts(name))
        .collect();
        parts(&self.name).all(|part| names.iter().any(|name| name.starts_with(&part)))
    }
}

/// The words of a name, each without accents, apostrophes and capitals.
fn parts(name: &str) -> impl Iterator<Item = String> {
    name.split([' ', '-'])
        .filter(|part| !part.is_empty())
        .map(folded)
}

/// A record that may be about the child.
#[derive(Serialize)]
pub struct Found {
    /// The record's number.
    pub pupil: i64,
    /// The child's name.
    pub name: String,
    /// Date of birth.
    pub date_of_birth: NaiveDate,
    /// Academic year.
    pub year: String,
    /// The school's name.
    pub school: String,
}

/// What a search came to.
#[derive(Serialize)]
pub struct Search {
    /// The records that may be about the child.
    pub found: Vec<Found>,
    /// Years that hold names and could not be searched, because their key is missing or is another one.
    pub not_searched: Vec<String>,
    /// Records that could not be searched, because they are damaged.
    pub damaged: Vec<DamagedRecord>,
}

/// A record that may be about the child and cannot be read.
#[derive(Serialize)]
pub struct DamagedRecord {
    /// The record's number.
    pub pupil: i64,
    /// Academic year.
    pub year: String,
    /// The school's name.
    pub school: String,
}

/// Everything held about a child.
#[derive(Serialize)]
pub struct ChildFile {
    /// When it was put together; UTC.
    pub made_at: NaiveDateTime,
    /// A part for each academic year.
    pub years: Vec<YearPart>,
}

/// Everything held about a child in one academic year.
#[derive(Serialize)]
pub struct YearPart {
    pupil: PupilRow,
    school: String,
    ethnicity: Option<&'static str>,
    ethnic_group: Option<&'static str>,
    details: Details,
    about_others: Vec<AboutOthers>,
    person: Option<ChildOnly>,
    measurements: Vec<MeasurementRow>,
    not_measured: Vec<NotMeasuredRow>,
    warnings: Vec<WarningRow>,
    letters: Vec<LetterRow>,
    imports: Vec<ImportRow>,
    accesses: Vec<(AccessRow, &'static str)>,
    disclosures: Vec<DisclosureRow>,
}

/// A detail about another person as the file shows it.
#[derive(Serialize)]
struct AboutOthers {
    label: String,
    shown: String,
}

/// Who the child is, and nobody else.
#[derive(Serialize)]
struct ChildOnly {
    given_name: String,
    family_name: String,
    preferred_name: String,
    date_of_birth: NaiveDate,
    nhs_number: Option<NhsNumber>,
    upn: Option<Upn>,
}

impl ChildOnly {
    fn of(person: &Person) -> Self {
        Self {
            given_name: person.given_name.clone(),
            family_name: person.family_name.clone(),
            preferred_name: person.preferred_name.clone(),
            date_of_birth: person.date_of_birth,
            nhs_number: person.nhs_number.clone(),
            upn: person.upn.clone(),
        }
    }
}

/// A chosen record with what it says of other people, to be decided on.
#[derive(Serialize)]
pub struct Record {
    /// The record's number.
    pub pupil: i64,
    /// Academic year.
    pub year: String,
    /// The school's name.
    pub school: String,
    /// The child's name; `None` when it is gone.
    pub name: Option<String>,
    /// Every detail about other people.
    pub details: Vec<Detail>,
}

/// The chosen records with every detail about other people, for the person who decides what goes into the file.
pub fn records(
    tx: &mut Conn,
    identities: &Identities,
    actor: &Actor,
    pupils: &[i64],
) -> Result<Vec<Record>, IdentityError> {
    let persons = all_of(tx, identities, actor, pupils)?;
    Ok(queries::pupils(tx, pupils)?
        .into_iter()
        .map(|(row, school)| {
            let person = persons.get(&row.id);
            Record {
                pupil: row.id,
                year: row.year_label,
                school,
                name: person.map(Person::full_name),
                details: person.map_or_else(Vec::new, |person| details(row.id, person)),
            }
        })
        .collect())
}

/// The people of the chosen records. A file that lacks a part of what is held would say that this is everything, so a
/// damaged record is an error.
fn all_of(
    tx: &mut Conn,
    identities: &Identities,
    actor: &Actor,
    pupils: &[i64],
) -> Result<People, IdentityError> {
    let mut opened = identities.open(tx, actor, Purpose::SubjectAccess, Whose::Pupils(pupils))?;
    if let Some(damaged) = opened.unreadable.first().map(|one| one.pupil) {
        opened.one(damaged)?;
    }
    Ok(opened.people)
}

/// The details that are sealed with the name; empty when it is gone.
#[derive(Default, Serialize)]
struct Details {
    class: String,
    lsoa: Option<String>,
    decile: Option<i32>,
    sensitive: bool,
    growth_condition: bool,
}

impl Details {
    fn of(person: &Person) -> Self {
        let particulars = &person.particulars;
        Self {
            class: particulars.class.clone(),
            lsoa: particulars.place.lsoa.clone(),
            decile: particulars.place.decile,
            sensitive: particulars.sensitive,
            growth_condition: particulars.growth_condition,
        }
    }
}

/// The records that may be about the child, over all years that still have names. A year whose key is missing does not
/// keep a parent from what is held of the others.
pub fn search(
    tx: &mut Conn,
    identities: &Identities,
    actor: &Actor,
    what: &SearchFor,
) -> Result<Search, IdentityError> {
    let (mut fitting, mut not_searched, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
    for year in queries::years_with_names(tx)? {
        let whose = Whose::WholeYear(&year);
        let opened = match identities.open(tx, actor, Purpose::SubjectAccess, whose) {
            Err(IdentityError::Keyring(_) | IdentityError::OtherKey(_)) => {
                not_searched.push(year);
                continue;
            }
            opened => opened?,
        };
        damaged.extend(opened.unreadable.iter().map(|one| one.pupil));
        fitting.extend(
            opened
                .people
                .into_iter()
                .filter(|(_, person)| what.fits(person))
                .map(|(pupil, _)| pupil),
        );
    }
    // Opened again by number: this time a person sees them, and the log says which ones.
    let mut shown = identities.open(tx, actor, Purpose::SubjectAccess, Whose::Pupils(&fitting))?;
    let found = queries::pupils(tx, &fitting)?
        .into_iter()
        .filter_map(|(row, school)| {
            let person = shown.people.remove(&row.id)?;
            Some(Found {
                pupil: row.id,
                name: person.full_name(),
                date_of_birth: person.date_of_birth,
                year: row.year_label,
                school,
            })
        })
        .collect();
    Ok(Search {
        found,
        not_searched,
        damaged: damaged_records(tx, &damaged)?,
    })
}

fn damaged_records(tx: &mut Conn, pupils: &[i64]) -> Result<Vec<DamagedRecord>, IdentityError> {
    Ok(queries::pupils(tx, pupils)?
        .into_iter()
        .map(|(row, school)| DamagedRecord {
            pupil: row.id,
            year: row.year_label,
            school,
        })
        .collect())
}

/// Puts together what is held under these records, which are one child's, and enters it in the disclosure ledger. Of
/// other people it holds what was ticked.
pub fn gather(
    tx: &mut Conn,
    identities: &Identities,
    actor: &Actor,
    now: NaiveDateTime,
    pupils: &[i64],
    ticked: &Ticked,
) -> Result<ChildFile, IdentityError> {
    let persons = all_of(tx, identities, actor, pupils)?;
    let all: Vec<Detail> = persons
        .iter()
        .flat_map(|(pupil, person)| details(*pupil, person))
        .collect();
    let fields = ticked.in_words(&all);
    audit::disclosed(
        tx,
        actor,
        now,
        Disclosure {
            recipient: "parent",
            purpose: Purpose::SubjectAccess.code(),
            fields: &fields,
            children: 1,
            pupils,
            reference: None,
        },
    )?;
    let years = queries::pupils(tx, pupils)?
        .into_iter()
        .map(|(row, school)| {
            let person = persons.get(&row.id);
            year_part(tx, row, school, person, ticked)
        })
        .collect::<Result<_, _>>()?;
    Ok(ChildFile {
        made_at: now,
        years,
    })
}

/// What is held under one record.
fn year_part(
    tx: &mut Conn,
    row: queries::PupilRow,
    school: String,
    person: Option<&Person>,
    ticked: &Ticked,
) -> Result<YearPart, IdentityError> {
    let id = row.id;
    Ok(YearPart {
        school,
        ethnicity: person
            .and_then(|person| person.particulars.ethnicity)
            .map(Ethnicity::label),
        details: person.map(Details::of).unwrap_or_default(),
        about_others: about_others(id, person, ticked),
        ethnic_group: row
            .ethnic_group
            .as_deref()
            .and_then(EthnicGroup::from_code)
            .map(EthnicGroup::label),
        person: person.map(ChildOnly::of),
        measurements: each(queries::measurements(tx, id)?, |row| {
            row.recorded_by = ticked.staff(&row.recorded_by);
            row.measured_by = row.measured_by.as_deref().map(|name| ticked.staff(name));
        }),
        not_measured: each(queries::reasons_not_measured(tx, id)?, |row| {
            row.recorded_by = ticked.staff(&row.recorded_by);
        }),
        warnings: each(queries::warnings(tx, id)?, |row| {
            row.confirmed_by = row.confirmed_by.as_deref().map(|name| ticked.staff(name));
        }),
        letters: queries::letters(tx, id)?,
        imports: each(queries::imports(tx, id)?, |row| {
            row.created_by = ticked.staff(&row.created_by);
        }),
        accesses: queries::accesses_to(tx, id)?
            .into_iter()
            .map(|mut access| {
                access.actor_label = ticked.staff(&access.actor_label);
                let why = Purpose::from_code(&access.purpose).map_or("", Purpose::explanation);
                (access, why)
            })
            .collect(),
        disclosures: queries::disclosures_of(tx, id)?,
        pupil: row,
    })
}

/// The details about other people as the file shows them.
fn about_others(pupil: i64, person: Option<&Person>, ticked: &Ticked) -> Vec<AboutOthers> {
    let Some(person) = person else {
        return Vec::new();
    };
    details(pupil, person)
        .into_iter()
        .map(|detail| AboutOthers {
            shown: if ticked.has(&detail.key) {
                detail.value
            } else {
                LEFT_OUT.to_owned()
            },
            label: detail.label,
        })
        .collect()
}

fn each<T>(mut rows: Vec<T>, change: impl FnMut(&mut T)) -> Vec<T> {
    rows.iter_mut().for_each(change);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Person {
        Person {
            nhs_number: NhsNumber::parse("9434765919").ok(),
            upn: None,
            given_name: "Zoë Ann".into(),
            family_name: "O’Neill-Smith".into(),
            preferred_name: String::new(),
            date_of_birth: NaiveDate::from_ymd_opt(2022, 1, 9).unwrap(),
            address_lines: Vec::new(),
            town: String::new(),
            postcode: None,
            contacts: Vec::new(),
            particulars: programme::Particulars::default(),
        }
    }

    fn by_name(name: &str, day: u32) -> SearchFor {
        SearchFor {
            name: name.into(),
            date_of_birth: NaiveDate::from_ymd_opt(2022, 1, day),
            nhs_number: None,
        }
    }

    #[test]
    fn parts_of_the_names_find_a_child_of_that_birthday_in_any_order() {
        assert!(by_name("zoe", 9).fits(&person()));
        assert!(by_name("O'Nei zo", 9).fits(&person()));
        assert!(!by_name("zoe jones", 9).fits(&person()));
        assert!(!by_name("zoe", 10).fits(&person()));
    }

    #[test]
    fn the_nhs_number_finds_a_child_whatever_else_was_typed() {
        let mut search = by_name("somebody else", 1);
        search.nhs_number = NhsNumber::parse("943 476 5919").ok();
        assert!(search.fits(&person()));
    }
}
