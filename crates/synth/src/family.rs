//! Families: the home, and the parents and carers.

use crate::names::{COMMUNITIES, Community, ROAD_KINDS, ROADS};
use crate::random::Chance;
use crate::school::School;

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

/// A family: what brothers, sisters and twins share.
#[derive(Clone)]
pub(super) struct Family {
    pub(super) community: &'static Community,
    pub(super) ethnicity: &'static str,
    pub(super) name: String,
    pub(super) street: String,
    pub(super) postcode: String,
    pub(super) decile: u32,
    pub(super) parents: Vec<Parent>,
}

/// Invents a family near a school.
pub(super) fn family(chance: &mut Chance, school: &School) -> Family {
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
