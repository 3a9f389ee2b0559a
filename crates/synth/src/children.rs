//! The children of a school's year: names, twins, brothers and sisters, numbers that check.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use programme::{AcademicYear, Sex, YearGroup};

use crate::family::{Family, Parent, family};
use crate::names::CLASSES;
use crate::numbers::{Numbers, upn};
use crate::random::Chance;
use crate::school::School;

/// An invented child in one academic year.
#[derive(Clone, Debug)]
pub struct Child {
    /// Its school.
    pub urn: u32,
    /// Unique pupil number; may be empty.
    pub upn: String,
    /// NHS number; may be empty.
    pub nhs_number: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// The name it is called by; may be empty.
    pub preferred_name: String,
    /// Date of birth.
    pub date_of_birth: NaiveDate,
    /// Sex.
    pub sex: Sex,
    /// Year group.
    pub year_group: YearGroup,
    /// Class.
    pub class: &'static str,
    /// Code of the ethnic group as schools write it; may be empty.
    pub ethnicity: &'static str,
    /// Number and road; may be empty.
    pub street: String,
    /// Town.
    pub town: &'static str,
    /// Home postcode; may be empty.
    pub postcode: String,
    /// Deprivation of the home's streets, 1 (most deprived) to 10.
    pub decile: u32,
    /// Parents and carers.
    pub parents: Vec<Parent>,
}

/// The children of one school in one year, Reception first; `numbers` gives each its own NHS number.
pub(super) fn children(
    seed: u64,
    school: &School,
    year: AcademicYear,
    numbers: &mut Numbers,
) -> Vec<Child> {
    let start_year = year.start_year();
    let mut roster = Roster {
        school,
        start_year,
        chance: Chance::keyed(
            seed,
            2,
            u64::from(school.index),
            start_year.unsigned_abs().into(),
        ),
        numbers,
        taken: HashSet::new(),
        families: Vec::new(),
        children: Vec::new(),
    };
    for group in YearGroup::ALL {
        roster.add_year_group(group);
    }
    roster.children
}

/// The roster of one school and year while it is made.
struct Roster<'a> {
    school: &'a School,
    start_year: i32,
    chance: Chance,
    numbers: &'a mut Numbers,
    /// Given and family names of the children so far.
    taken: HashSet<(String, String)>,
    /// Families with a child in Reception.
    families: Vec<Family>,
    children: Vec<Child>,
}

/// What is known of a child before it has a name and numbers.
struct Place<'a> {
    group: YearGroup,
    /// The place in the year group, from 0.
    at: u32,
    /// Children of the year group.
    of: u32,
    family: &'a Family,
    born: NaiveDate,
    one_of_twins: bool,
}

impl Roster<'_> {
    fn add_year_group(&mut self, group: YearGroup) {
        let size = self.school.size(group, &mut self.chance);
        let (first, last) = group.birth_window(self.start_year);
        let days = (last - first).num_days() as u32;
        let mut twin_of: Option<(Family, NaiveDate)> = None;
        for at in 0..size {
            let twin = twin_of.take();
            let is_twin = twin.is_some();
            let (family, born) = twin.unwrap_or_else(|| {
                let family = self.family_of(group);
                (
                    family,
                    first + Days::new(self.chance.between(0, days).into()),
                )
            });
            let begins_twins = !is_twin && at + 1 < size && self.chance.percent(1.2);
            let child = self.child(&Place {
                group,
                at,
                of: size,
                family: &family,
                born,
                one_of_twins: is_twin || begins_twins,
            });
            self.children.push(child);
            if begins_twins {
                twin_of = Some((family.clone(), born));
            }
            if group == YearGroup::Reception {
                self.families.push(family);
            }
        }
    }

    /// A family of a child in this year group: a tenth of Year 6 has a brother or sister in
    /// Reception.
    fn family_of(&mut self, group: YearGroup) -> Family {
        if group == YearGroup::Year6 && !self.families.is_empty() && self.chance.percent(10.0) {
            let last = self.families.len() as u32 - 1;
            self.families[self.chance.between(0, last) as usize].clone()
        } else {
            family(&mut self.chance, self.school)
        }
    }

    fn child(&mut self, place: &Place<'_>) -> Child {
        let family = place.family;
        let sex = if self.chance.percent(51.2) {
            Sex::Male
        } else {
            Sex::Female
        };
        let given_name = self.given_name(sex, family, place.born);
        // Twins keep their numbers: two rows that agree in everything but a first name are for a
        // person to decide.
        let nhs_number = if place.one_of_twins || self.chance.percent(92.0) {
            self.numbers.next_nhs()
        } else {
            String::new()
        };
        let upn = if place.one_of_twins || self.chance.percent(94.0) {
            self.upn(place)
        } else {
            String::new()
        };
        let classes = CLASSES[usize::from(place.group == YearGroup::Year6)];
        let class_count = place.of.div_ceil(30).min(classes.len() as u32);
        Child {
            urn: self.school.urn,
            upn,
            nhs_number,
            preferred_name: preferred_name(&given_name).to_owned(),
            given_name,
            family_name: family.name.clone(),
            date_of_birth: place.born,
            sex,
            year_group: place.group,
            class: classes[(place.at % class_count) as usize],
            ethnicity: family.ethnicity,
            street: family.street.clone(),
            town: if family.street.is_empty() {
                ""
            } else {
                self.school.town
            },
            postcode: family.postcode.clone(),
            decile: family.decile,
            parents: family.parents.clone(),
        }
    }

    /// A given name that, with the family name, no other child of the school has: two such children
    /// would be told apart by nothing but their numbers.
    fn given_name(&mut self, sex: Sex, family: &Family, born: NaiveDate) -> String {
        let names = match sex {
            Sex::Male => family.community.boys,
            Sex::Female => family.community.girls,
        };
        let mut name = self.chance.one(names).to_owned();
        while !self.taken.insert((name.clone(), family.name.clone()))
            || !self.numbers.is_new(&name, &family.name, born)
        {
            name = format!("{} {}", self.chance.one(names), self.chance.one(names));
        }
        name
    }

    fn upn(&self, place: &Place<'_>) -> String {
        let (entered, first_serial) = match place.group {
            YearGroup::Reception => (self.start_year, 1),
            YearGroup::Year6 => (self.start_year - 6, 501),
        };
        upn(
            self.school.la_code,
            self.school.establishment,
            entered.rem_euclid(100).unsigned_abs(),
            first_serial + place.at,
        )
    }
}

/// The short form of some given names.
fn preferred_name(given_name: &str) -> &'static str {
    match given_name {
        "Thomas" => "Tom",
        "Benjamin" => "Ben",
        "Alexander" => "Alex",
        "Isabella" => "Bella",
        "Oluwaseun" => "Seun",
        "Xin Yi" => "Cindy",
        _ => "",
    }
}
