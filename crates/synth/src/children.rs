//! The children of a school's year: families, twins, brothers and sisters, numbers that check.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use programme::Sex;

use crate::area::School;
use crate::names::{CLASSES, COMMUNITIES, Community, ROAD_KINDS, ROADS};
use crate::numbers::{Numbers, upn};
use crate::random::Chance;
use programme::{AcademicYear, YearGroup};

/// A parent or carer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Mr, Mrs …
    pub title: &'static str,
    /// Given and family name.
    pub name: String,
    /// Mother, Father …
    pub relationship: &'static str,
    /// Email address, at a domain kept for examples; may be empty.
    pub email: String,
    /// Telephone number, of those kept for drama; may be empty.
    pub phone: String,
    /// Preferred language.
    pub language: &'static str,
}

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

/// A family: what brothers, sisters and twins share.
#[derive(Clone)]
struct Family {
    community: &'static Community,
    ethnicity: &'static str,
    name: String,
    street: String,
    postcode: String,
    decile: u32,
    parents: Vec<Parent>,
}

/// A child's place in its year group, counted from 0.
#[derive(Clone, Copy)]
struct Place {
    at: u32,
    of: u32,
}

/// The children of one school in one year, Reception first; `numbers` gives each its own NHS number.
pub(super) fn children(
    seed: u64,
    school: &School,
    year: AcademicYear,
    numbers: &mut Numbers,
) -> Vec<Child> {
    let start_year = year.start_year();
    let mut chance = Chance::keyed(
        seed,
        2,
        u64::from(school.index),
        start_year.unsigned_abs().into(),
    );
    let mut all: Vec<Child> = Vec::new();
    let mut families: Vec<Family> = Vec::new();
    let mut taken = HashSet::new();
    for group in YearGroup::ALL {
        let size = school.size(group, &mut chance);
        let (first, last) = group.birth_window(start_year);
        let days = (last - first).num_days() as u32;
        let mut twin_of: Option<(Family, NaiveDate)> = None;
        for place in 0..size {
            let twin = twin_of.take();
            let is_twin = twin.is_some();
            let (family, born) = twin.unwrap_or_else(|| {
                // A tenth of Year 6 has a brother or sister in Reception.
                let family =
                    if group == YearGroup::Year6 && !families.is_empty() && chance.percent(10.0) {
                        families[chance.between(0, families.len() as u32 - 1) as usize].clone()
                    } else {
                        family(&mut chance, school)
                    };
                (family, first + Days::new(chance.between(0, days).into()))
            });
            let begins_twins = !is_twin && place + 1 < size && chance.percent(1.2);
            let child = child(
                &mut chance,
                school,
                start_year,
                group,
                Place {
                    of: size,
                    at: place,
                },
                &family,
                born,
                is_twin || begins_twins,
                &mut taken,
                numbers,
            );
            if begins_twins {
                twin_of = Some((family.clone(), born));
            }
            if group == YearGroup::Reception {
                families.push(family);
            }
            all.push(child);
        }
    }
    all
}

#[expect(
    clippy::too_many_arguments,
    reason = "all of it goes into the one child"
)]
fn child(
    chance: &mut Chance,
    school: &School,
    start_year: i32,
    group: YearGroup,
    place: Place,
    family: &Family,
    born: NaiveDate,
    one_of_twins: bool,
    taken: &mut HashSet<(String, String)>,
    numbers: &mut Numbers,
) -> Child {
    let sex = if chance.percent(51.2) {
        Sex::Male
    } else {
        Sex::Female
    };
    let given_names = match sex {
        Sex::Male => family.community.boys,
        Sex::Female => family.community.girls,
    };
    let mut given_name = chance.one(given_names).to_owned();
    // Two children of one name in one school would be told apart by nothing but their numbers.
    while !taken.insert((given_name.clone(), family.name.clone()))
        || !numbers.is_new(&given_name, &family.name, born)
    {
        given_name = format!("{} {}", chance.one(given_names), chance.one(given_names));
    }
    let preferred_name = match given_name.as_str() {
        "Thomas" => "Tom",
        "Benjamin" => "Ben",
        "Alexander" => "Alex",
        "Isabella" => "Bella",
        "Oluwaseun" => "Seun",
        "Xin Yi" => "Cindy",
        _ => "",
    };
    // Twins keep their numbers: two rows that agree in everything but a first name are for a person to decide.
    let nhs_number = if one_of_twins || chance.percent(92.0) {
        numbers.next_nhs()
    } else {
        String::new()
    };
    let entered = match group {
        YearGroup::Reception => start_year,
        YearGroup::Year6 => start_year - 6,
    };
    let serial = place.at + 1 + if group == YearGroup::Year6 { 500 } else { 0 };
    let upn = if one_of_twins || chance.percent(94.0) {
        upn(
            school.la_code,
            school.establishment,
            entered.rem_euclid(100).unsigned_abs(),
            serial,
        )
    } else {
        String::new()
    };
    let classes = CLASSES[usize::from(group == YearGroup::Year6)];
    let class_count = place.of.div_ceil(30).min(classes.len() as u32);
    Child {
        urn: school.urn,
        upn,
        nhs_number,
        given_name,
        family_name: family.name.clone(),
        preferred_name: preferred_name.to_owned(),
        date_of_birth: born,
        sex,
        year_group: group,
        class: classes[(place.at % class_count) as usize],
        ethnicity: family.ethnicity,
        street: family.street.clone(),
        town: if family.street.is_empty() {
            ""
        } else {
            school.town
        },
        postcode: family.postcode.clone(),
        decile: family.decile,
        parents: family.parents.clone(),
    }
}

fn family(chance: &mut Chance, school: &School) -> Family {
    let shares = COMMUNITIES.iter().flat_map(|community| {
        community
            .ethnicities
            .iter()
            .map(move |ethnicity| (community, *ethnicity))
    });
    let place = chance.weighted(shares.clone().map(|(_, (_, share))| share));
    let (community, ethnicity) = shares
        .clone()
        .nth(place)
        .map_or((&COMMUNITIES[0], "WBRI"), |(community, (code, _))| {
            (community, code)
        });
    let name = if chance.percent(2.0) {
        format!(
            "{}-{}",
            chance.one(community.families),
            chance.one(COMMUNITIES[0].families)
        )
    } else {
        chance.one(community.families).to_owned()
    };
    let has_address = chance.percent(98.0);
    let decile =
        (i64::from(school.decile) + i64::from(chance.between(0, 4)) - 2).clamp(1, 10) as u32;
    Family {
        community,
        ethnicity,
        street: if has_address {
            format!(
                "{} {} {}",
                chance.between(1, 180),
                chance.one(ROADS),
                chance.one(ROAD_KINDS)
            )
        } else {
            String::new()
        },
        postcode: if has_address {
            school.district.postcode(chance, decile)
        } else {
            String::new()
        },
        decile,
        parents: parents(chance, community, &name),
        name,
    }
}

/// Mostly two parents; a few families nobody can be reached in.
fn parents(chance: &mut Chance, community: &Community, family_name: &str) -> Vec<Parent> {
    if chance.percent(2.0) {
        return Vec::new();
    }
    let mut parents = vec![parent(chance, community, family_name, true)];
    if chance.percent(60.0) {
        parents.push(parent(chance, community, family_name, false));
    }
    parents
}

fn parent(chance: &mut Chance, community: &Community, family_name: &str, first: bool) -> Parent {
    let grandparent = first && chance.percent(2.0);
    let mother = if first {
        chance.percent(85.0)
    } else {
        chance.percent(8.0)
    };
    let (names, title, relationship) = match (grandparent, mother) {
        (true, _) => (community.girls, "Mrs", "Grandmother"),
        (false, true) => (
            community.girls,
            ["Mrs", "Miss", "Ms", "Dr"][chance.weighted([50, 25, 20, 5].into_iter())],
            "Mother",
        ),
        (false, false) => (
            community.boys,
            ["Mr", "Dr"][chance.weighted([96, 4].into_iter())],
            "Father",
        ),
    };
    let given = chance.one(names);
    let family = if chance.percent(80.0) {
        family_name.to_owned()
    } else {
        chance.one(community.families).to_owned()
    };
    let email = if chance.percent(if first { 94.0 } else { 70.0 }) {
        let domain = ["example.org", "mail.test", "family.test"][chance.between(0, 2) as usize];
        format!(
            "{}.{}{}@{domain}",
            plain(given),
            plain(&family),
            chance.between(1, 999)
        )
    } else {
        String::new()
    };
    let phone = match chance.between(0, 9) {
        0 => String::new(),
        1 => format!("01632 960{:03}", chance.between(0, 999)),
        2 | 3 => format!("07700 900{:03}", chance.between(0, 999)),
        _ => format!("07700900{:03}", chance.between(0, 999)),
    };
    let other = !community.languages.is_empty()
        && chance.percent(f64::from(community.prefers_other_language));
    Parent {
        title,
        name: format!("{given} {family}"),
        relationship,
        email,
        phone,
        language: if other {
            chance.one(community.languages)
        } else {
            "English"
        },
    }
}

/// A name in the small letters of an email address.
fn plain(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    name.nfd()
        .filter_map(|letter| match letter {
            'ł' | 'Ł' => Some('l'),
            'ı' => Some('i'),
            letter if letter.is_ascii_alphanumeric() => Some(letter.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}
