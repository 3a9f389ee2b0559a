//! Which child a row is about: the one of the year that fits everything it tells.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::file::Parsed;
use super::outcome::{Refusal, rejected};
use crate::identity::People;
use programme::{NhsNumber, Person, Upn, Urn, read_date, text};
use tabular::Row;

/// The children of a year, to be found by what a row tells of them.
pub(super) struct Children {
    pub(super) people: People,
    schools: HashMap<i64, i32>,
    by_nhs_number: HashMap<NhsNumber, Vec<i64>>,
    by_upn: HashMap<Upn, Vec<i64>>,
    by_birth: HashMap<NaiveDate, Vec<i64>>,
}

impl Children {
    pub(super) fn new(people: People, schools: HashMap<i64, i32>) -> Self {
        let mut children = Self {
            people: People::new(),
            schools,
            by_nhs_number: HashMap::new(),
            by_upn: HashMap::new(),
            by_birth: HashMap::new(),
        };
        for (id, person) in &people {
            if let Some(number) = &person.nhs_number {
                children
                    .by_nhs_number
                    .entry(number.clone())
                    .or_default()
                    .push(*id);
            }
            if let Some(upn) = &person.upn {
                children.by_upn.entry(upn.clone()).or_default().push(*id);
            }
            children
                .by_birth
                .entry(person.date_of_birth)
                .or_default()
                .push(*id);
        }
        children.people = people;
        children
    }

    /// The one child that fits everything a row tells.
    pub(super) fn find(&self, wanted: &Wanted) -> Result<i64, Refusal> {
        let none = Vec::new();
        let candidates: &Vec<i64> = if let Some(number) = &wanted.nhs_number {
            self.by_nhs_number.get(number).unwrap_or(&none)
        } else if let Some(upn) = &wanted.upn {
            self.by_upn.get(upn).unwrap_or(&none)
        } else if let Some(born) = wanted.date_of_birth {
            self.by_birth.get(&born).unwrap_or(&none)
        } else {
            return Err(rejected(
                "child_not_told",
                "The row does not tell the child: give the NHS number, the UPN, or names and date of birth.",
            ));
        };
        let fitting: Vec<i64> = candidates
            .iter()
            .copied()
            .filter(|id| {
                self.people
                    .get(id)
                    .is_some_and(|person| wanted.fits(person, self.schools.get(id).copied()))
            })
            .collect();
        match fitting.as_slice() {
            [one] => Ok(*one),
            [] if !candidates.is_empty() && wanted.has_number() => Err(rejected(
                "child_differs",
                "The number belongs to a child with another name, date of birth or school: check which child is meant.",
            )),
            [] => Err(rejected(
                "child_not_found",
                "No child on this year’s lists fits: check the particulars, or import the roster first.",
            )),
            _ => Err(rejected(
                "child_ambiguous",
                format!(
                    "{} children fit, perhaps twins: add the given name, the NHS number or the UPN.",
                    fitting.len()
                ),
            )),
        }
    }
}

/// What a row tells of its child.
#[derive(Default)]
pub(super) struct Wanted {
    urn: Option<i32>,
    upn: Option<Upn>,
    nhs_number: Option<NhsNumber>,
    given_name: String,
    family_name: String,
    date_of_birth: Option<NaiveDate>,
}

impl Wanted {
    pub(super) fn read(parsed: &Parsed, row: Row<'_>) -> Result<Self, Refusal> {
        let cell = |field: &str| parsed.cell(row, field);
        let told = |field: &str, what: &str| {
            let value = cell(field);
            (!value.is_empty()).then(|| (value, what.to_owned()))
        };
        let unreadable = |code: &str, value: &str, what: &str, right: &str| {
            rejected(
                code,
                format!("The {what} “{value}” cannot be read: {right}."),
            )
        };
        let mut wanted = Self {
            given_name: cell("given_name"),
            family_name: cell("family_name"),
            ..Self::default()
        };
        if let Some((value, what)) = told("urn", "URN") {
            let urn = Urn::parse(&value)
                .map_err(|_| unreadable("school_unknown", &value, &what, "it has six digits"))?;
            wanted.urn = Some(urn.number() as i32);
        }
        if let Some((value, what)) = told("upn", "UPN") {
            wanted.upn = Some(Upn::parse(&value).map_err(|_| {
                unreadable("upn_invalid", &value, &what, "it is a letter and 12 digits")
            })?);
        }
        if let Some((value, what)) = told("nhs_number", "NHS number") {
            wanted.nhs_number = Some(NhsNumber::parse(&value).map_err(|_| {
                unreadable(
                    "nhs_number_invalid",
                    &value,
                    &what,
                    "it has ten digits, the last of which checks the others",
                )
            })?);
        }
        if let Some((value, what)) = told("date_of_birth", "date of birth") {
            let date = read_date(&value).map_err(|_| {
                unreadable(
                    "date_of_birth_unreadable",
                    &value,
                    &what,
                    "write it as 2016-05-04",
                )
            })?;
            wanted.date_of_birth = Some(date.date);
        }
        if wanted.nhs_number.is_none() && wanted.upn.is_none() && wanted.family_name.is_empty() {
            // A date of birth alone is nobody.
            wanted.date_of_birth = None;
        }
        Ok(wanted)
    }

    fn has_number(&self) -> bool {
        self.nhs_number.is_some() || self.upn.is_some()
    }

    /// Whether nothing that is told contradicts what is held.
    fn fits(&self, person: &Person, school: Option<i32>) -> bool {
        let same_name =
            |told: &str, held: &str| told.is_empty() || text::folded(told) == text::folded(held);
        let given_fits = same_name(&self.given_name, &person.given_name)
            || text::folded(&self.given_name) == text::folded(&person.preferred_name)
            || text::first_word_folded(&self.given_name)
                == text::first_word_folded(&person.given_name);
        // With a number the school may be an old one; without, it tells children of one name apart.
        let school_fits = self.has_number() || self.urn.is_none() || self.urn == school;
        let other = |told: Option<bool>| told.unwrap_or(true);
        given_fits
            && same_name(&self.family_name, &person.family_name)
            && school_fits
            && self
                .date_of_birth
                .is_none_or(|born| born == person.date_of_birth)
            && other(
                self.nhs_number
                    .as_ref()
                    .zip(person.nhs_number.as_ref())
                    .map(|(told, held)| told == held),
            )
            && other(
                self.upn
                    .as_ref()
                    .zip(person.upn.as_ref())
                    .map(|(told, held)| told == held),
            )
    }
}
